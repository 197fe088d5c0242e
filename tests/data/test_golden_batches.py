"""Batches equal to those of real Caffe, from databases that Caffe's tools wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from data.records import opened
from google.protobuf import text_format

from netcc.data.mean import read_mean
from netcc.data.readers.memory import MemorySource
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.types import TEST, Phase

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
CASES = json.loads((GOLDEN / "meta.json").read_text())["cases"]


def layer_of(name: str) -> caffe_pb2.LayerParameter:
    text = (GOLDEN / f"{name}.prototxt").read_text()
    return text_format.Parse(text, caffe_pb2.NetParameter()).layer[0]


@pytest.fixture(params=["opencv", "pillow"])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are decoded and resized with OpenCV, or as where it is not installed."""
    if request.param == "pillow":
        monkeypatch.setitem(sys.modules, "cv2", None)


@pytest.mark.usefixtures("decoder")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_three_batches(case: dict, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    layer = layer_of(case["name"])
    source = opened(layer, Phase[case["phase"]])
    # The reference computed in float32: in float64 its own rounding shows.
    rounding = 0 if dtype == np.float32 else 1e-5
    with np.load(GOLDEN / f"{case['name']}.npz") as expected:
        for number in range(3):
            tops = [np.full(shape, np.nan, dtype) for shape in source.shapes(len(layer.top))]
            source.read(tops)
            for name, top in zip(layer.top, tops, strict=True):
                reference = expected[f"batch{number}:{name}"]
                assert top.shape == reference.shape
                np.testing.assert_allclose(top, reference, rtol=0, atol=case["within"] + rounding)
    source.close()


@pytest.mark.parametrize("name", ["image_sizes", "dummy_zero", "dummy_two", "dummy_legacy", "h5_all", "leveldb_log"])
def test_whole_nets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same batches as blobs of a net, which follows where the sizes of images change."""
    monkeypatch.chdir(GOLDEN)
    with np.load(GOLDEN / f"{name}.npz") as expected, Net(Path(f"{name}.prototxt"), TEST) as net:
        for number in range(3):
            net.forward()
            for top, blob in net.blobs.items():
                np.testing.assert_array_equal(blob.data, expected[f"batch{number}:{top}"])


def test_memory_batches() -> None:
    layer = layer_of("memory")
    source = opened(layer)
    assert isinstance(source, MemorySource)
    with np.load(GOLDEN / "memory.npz") as expected:
        source.set_arrays(expected["array:data"], expected["array:label"])
        for number in range(4):
            # Caffe gives the labels these four axes during the forward pass, one axis before it.
            tops = [np.empty((2, 2, 3, 4), np.float32), np.empty((2, 1, 1, 1), np.float32)]
            source.read(tops)
            np.testing.assert_array_equal(tops[0], expected[f"batch{number}:data"])
            np.testing.assert_array_equal(tops[1], expected[f"batch{number}:label"])


@pytest.mark.parametrize("name", ["gray_mean.binaryproto", "png_mean.binaryproto", "resized_mean.binaryproto"])
def test_mean_files(name: str) -> None:
    with np.load(GOLDEN / "means.npz") as expected:
        np.testing.assert_array_equal(read_mean(GOLDEN / name)[np.newaxis], expected[name])
