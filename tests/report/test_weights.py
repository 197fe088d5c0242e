"""What is in a weights file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.errors import WeightsError
from netcc.report.weights import CHUNK, statistics, weights_table

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "weights"


@pytest.mark.parametrize("size", [1, 5, CHUNK + 3])
def test_statistics_are_those_of_numpy_in_double_precision(size: int) -> None:
    numbers = np.random.default_rng(size).normal(3, 2, size).astype(np.float32)
    numbers[::4] = 0
    found, wide = statistics(numbers), numbers.astype(np.float64)
    assert (found.least, found.greatest, found.not_finite) == (wide.min(), wide.max(), 0)
    assert found.mean == pytest.approx(wide.mean(), rel=1e-12)
    assert found.deviation == pytest.approx(wide.std(), rel=1e-9)
    assert found.zeros == pytest.approx(np.mean(numbers == 0))


def test_numbers_that_are_not_finite_are_counted_and_left_out() -> None:
    found = statistics(np.array([[1, np.nan], [np.inf, 3]], np.float32))
    assert (found.least, found.greatest, found.mean, found.deviation, found.not_finite) == (1, 3, 2, 1, 2)
    nothing = statistics(np.full(3, np.nan))
    assert (nothing.least, nothing.greatest, nothing.mean, nothing.deviation) == (None,) * 4
    assert (nothing.not_finite, nothing.zeros) == (3, 0)
    assert statistics(np.zeros((0, 4))).zeros == 0


@pytest.mark.parametrize(
    ("name", "kind", "types", "last"),
    [
        ("oldweights_v0.caffemodel", "protobuf, V0 layers", ["conv", "innerproduct"], (1, 1, 1, 3)),
        ("oldweights_v1.caffemodel", "protobuf, V1 layers", ["CONVOLUTION", "INNER_PRODUCT"], (1, 1, 1, 3)),
        ("oldweights_v2.caffemodel", "protobuf, layers of today", ["Convolution", "InnerProduct"], (3,)),
        ("oldweights_hdf5.caffemodel.h5", "HDF5", ["", ""], (3,)),
    ],
)
def test_every_generation(name: str, kind: str, types: list[str], last: tuple[int, ...]) -> None:
    table = weights_table(GOLDEN / name)
    filled = [layer for layer in table.layers if layer.blobs]
    assert (table.format, [layer.type for layer in filled], table.parameter_count) == (kind, types, 187)
    assert filled[-1].blobs[-1].shape == last
    expected = np.load(GOLDEN / "oldweights.npz")
    assert filled[0].blobs[0].statistics is not None
    assert filled[0].blobs[0].statistics.mean == pytest.approx(np.mean(expected[expected.files[0]]), abs=0.2)


def test_a_type_in_capitals_is_not_taken_for_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "w.caffemodel"
    netcc.Net(input_layer("x", 1, 2) + layer("e", "ELU", "x", "e") + inner_product("f", "e", "y", 2), 1).save(path)
    assert weights_table(path).format == "protobuf, layers of today"


def test_json_has_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "w.caffemodel"
    net = netcc.Net(input_layer("x", 1, 2) + inner_product("f", "x", "y", 2), netcc.TEST)
    net.params["f"][0].data[...] = [[1, 0], [np.nan, 3]]
    net.params["f"][1].data[...] = 0
    net.save(path)
    answer = json.loads(json.dumps(weights_table(path).as_json()))
    assert answer["layers"][1]["blobs"][0] == {
        "shape": [2, 2], "count": 4, "dtype": "float32", "least": 0, "greatest": 3, "mean": pytest.approx(4 / 3),
        "deviation": pytest.approx(np.std([0, 1, 3])), "zeros": 0.25, "not_finite": 1,
    }  # fmt: skip
    assert answer["totals"] == {"parameters": 6, "not_finite": 1, "bytes": path.stat().st_size}
    assert answer["layers"][0] == {"name": "x", "type": "Input", "blobs": []}


def test_what_is_no_weights_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot read .*: there is no such file"):
        weights_table(tmp_path / "none")
