"""Batches equal to those of real Caffe, from databases that Caffe's tools wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data.records import opened
from google.protobuf import text_format

from netcc.data.mean import read_mean
from netcc.data.readers.memory import MemorySource
from netcc.schema import caffe_pb2
from netcc.types import Phase

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
CASES = json.loads((GOLDEN / "meta.json").read_text())["cases"]


def layer_of(name: str) -> caffe_pb2.LayerParameter:
    text = (GOLDEN / f"{name}.prototxt").read_text()
    return text_format.Parse(text, caffe_pb2.NetParameter()).layer[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_three_batches(case: dict, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    layer = layer_of(case["name"])
    source = opened(layer, Phase[case["phase"]])
    tops = [np.full(shape, np.nan, dtype) for shape in source.shapes(len(layer.top))]
    # The reference computed in float32: in float64 its own rounding shows.
    rounding = 0 if dtype == np.float32 else 1e-5
    with np.load(GOLDEN / f"{case['name']}.npz") as expected:
        for number in range(3):
            source.read(tops)
            for name, top in zip(layer.top, tops, strict=True):
                reference = expected[f"batch{number}:{name}"]
                assert top.shape == reference.shape
                np.testing.assert_allclose(top, reference, rtol=0, atol=case["within"] + rounding)
    source.close()


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
