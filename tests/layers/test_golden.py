"""Whole passes through small nets give what real Caffe gave: see tests/golden/layers/README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import netcc
from netcc.layers.registry import layer_types
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "layers"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "meta.json").read_text())["cases"]


def runnable(case: dict[str, Any]) -> bool:
    """Whether netcc knows every layer type of the case: all such cases run, and no others are left out."""
    net = text_format.Parse((FOLDER / f"{case['name']}.prototxt").read_text(), caffe_pb2.NetParameter())
    return {layer.type for layer in net.layer} <= set(layer_types())


RUN = [case for case in CASES if runnable(case)]


def test_every_case_here_runs() -> None:
    assert len(RUN) == len(CASES) == len(list(FOLDER.glob("*.prototxt")))


class Reference:
    """The arrays of one case, by kind and name."""

    def __init__(self, name: str) -> None:
        with np.load(FOLDER / f"{name}.npz") as file:
            self._arrays = {key: file[key] for key in file.files}

    def blobs(self, kind: str) -> dict[str, Array]:
        """`out:conv1` and the like, by blob."""
        return {key.partition(":")[2]: array for key, array in self._arrays.items() if key.startswith(f"{kind}:")}

    def parameters(self, kind: str) -> dict[tuple[str, int], Array]:
        """`param:conv1:0` and the like, by layer and index."""
        split = {key.rpartition(":"): array for key, array in self.blobs(kind).items()}
        return {(layer, int(index)): array for (layer, _, index), array in split.items()}


def assert_near(found: Array, expected: Array, tolerance: list[float], what: str) -> None:
    assert found.shape == expected.shape, what
    relative, absolute = tolerance
    scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute * scale, err_msg=what)


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["name"])
def test_golden(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)  # files that nets name are beside them
    reference = Reference(case["name"])
    net = netcc.Net(FOLDER / f"{case['name']}.prototxt", Phase[case["phase"]])
    for (layer, index), array in reference.parameters("param").items():
        if case["params_from_filler"]:
            np.testing.assert_array_equal(net.params[layer][index].data, array)
        net.params[layer][index].data[...] = array
    for _ in range(case["repeat"]):
        for blob, array in reference.blobs("in").items():
            net.blobs[blob].data[...] = array
        net.forward()
    for blob, array in reference.blobs("out").items():
        assert_near(net.blobs[blob].data, array, case["tolerance"]["forward"], blob)
    for (layer, index), array in reference.parameters("pafter").items():
        assert_near(net.params[layer][index].data, array, case["tolerance"]["forward"], f"{layer} {index}")
    if case["backward"]:
        check_backward(net, reference, case["tolerance"]["backward"])


def check_backward(net: netcc.Net, reference: Reference, tolerance: list[float]) -> None:
    for blob, array in reference.blobs("seed").items():
        net.blobs[blob].diff[...] = array
    net.backward()
    for blob, array in reference.blobs("grad").items():
        assert_near(net.blobs[blob].diff, array, tolerance, blob)
    for (layer, index), array in reference.parameters("pgrad").items():
        assert_near(net.params[layer][index].diff, array, tolerance, f"{layer} {index}")
