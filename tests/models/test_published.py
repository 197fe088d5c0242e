"""Published models give what Caffe gave for them. The files are too large to keep here: they lie in ../shared/models
where somebody has put them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netcc

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "models"
NAMES = ("lenet_eth", "mtcnn_det1", "mtcnn_det2")


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no published models in {FOLDER}")
@pytest.mark.parametrize(("exact", "tolerance"), [(True, 2e-6), (False, 1e-5)])
@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_caffe(name: str, keep_all: bool, exact: bool, tolerance: float) -> None:
    reference = np.load(FOLDER / f"{name}.npz")
    net = netcc.Net(
        FOLDER / f"{name}.prototxt", netcc.TEST, FOLDER / f"{name}.caffemodel", keep_all=keep_all, exact=exact
    )
    random = np.random.RandomState(int(reference["seed"]))
    inputs = {
        blob: (random.uniform(-1, 1, reference[f"inshape:{blob}"]) * reference["scale"]).astype(np.float32)
        for blob in net.inputs
    }
    outputs = net.forward(**inputs)
    assert set(outputs) == {key.removeprefix("out:") for key in reference.files if key.startswith("out:")}
    for blob, found in outputs.items():
        expected = reference[f"out:{blob}"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())
