"""Fillers: their distributions against those of real Caffe, their seeds, their refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from netcc.errors import LayerError
from netcc.fillers import fill
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape

FOLDER = Path(__file__).resolve().parent / "golden" / "fillers"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "meta.json").read_text())["cases"]


def filled(shape: Shape, text: str = "", seed: int = 0, dtype: type = np.float32) -> Array:
    array = np.full(shape, np.nan, dtype)
    fill(array, text_format.Parse(text, caffe_pb2.FillerParameter()), np.random.default_rng(seed))
    return array


def filler_of(case: dict[str, Any]) -> caffe_pb2.FillerParameter:
    net = text_format.Parse((FOLDER / f"{case['name']}.prototxt").read_text(), caffe_pb2.NetParameter())
    fields = {
        "Convolution": lambda layer: layer.convolution_param,
        "InnerProduct": lambda layer: layer.inner_product_param,
        "Embed": lambda layer: layer.embed_param,
    }
    filler: caffe_pb2.FillerParameter = fields[case["layer"]](net.layer[1]).weight_filler
    return filler


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_statistics_are_those_of_caffe(case: dict[str, Any]) -> None:
    random, filler = np.random.default_rng(0), filler_of(case)
    draws = np.full((8, *case["shape"]), np.nan, np.float32)
    for draw in draws:
        fill(draw, filler, random)
    numbers = draws.astype(float).reshape(-1)
    deviation, extent = case["std"], case["max"] - case["min"]
    # Two independent samples: six standard errors of their difference.
    assert numbers.mean() == pytest.approx(case["mean"], abs=6 * deviation * np.sqrt(2 / numbers.size) + 1e-6)
    assert numbers.std() == pytest.approx(deviation, rel=0.02)
    assert np.mean(numbers == 0) == pytest.approx(case["zero_fraction"], abs=0.01)
    assert numbers.min() == pytest.approx(case["min"], abs=0.15 * extent + 1e-7)
    assert numbers.max() == pytest.approx(case["max"], abs=0.15 * extent + 1e-7)
    if deviation:
        kurtosis = np.mean(((numbers - numbers.mean()) / numbers.std()) ** 4)
        assert kurtosis == pytest.approx(case["abs_kurtosis"], rel=0.08)
    if filler.type in ("constant", "uniform", "xavier"):  # sharp bounds
        assert numbers.min() >= case["min"] - 1e-3 * extent - 1e-7
        assert numbers.max() <= case["max"] + 1e-3 * extent + 1e-7
    assert (draws == draws[0]).all() == case["same_each_time"]


def test_seeds_give_the_same_numbers_in_both_precisions() -> None:
    for text in ('type: "uniform"', 'type: "gaussian" sparse: 2', 'type: "xavier"', 'type: "positive_unitball"'):
        single = filled((5, 7), text, seed=3)
        np.testing.assert_array_equal(single, filled((5, 7), text, seed=3, dtype=np.float64))
        assert (single != filled((5, 7), text, seed=4)).any()


def test_an_array_with_gaps_is_filled_too() -> None:
    array = np.full((4, 6), np.nan, np.float32)
    fill(array[:, ::2], caffe_pb2.FillerParameter(type="constant", value=2), np.random.default_rng(0))
    assert (array[:, ::2] == 2).all()
    assert np.isnan(array[:, 1::2]).all()


def test_defaults() -> None:
    assert (filled((3,)) == 0).all()
    uniform = filled((1000,), 'type: "uniform"')
    assert 0 <= uniform.min() < 0.01
    assert 0.99 < uniform.max() <= 1


@pytest.mark.parametrize(("norm", "fan"), [("FAN_IN", 600), ("FAN_OUT", 1000), ("AVERAGE", 800)])
def test_fans_count_raw_axes(norm: str, fan: int) -> None:
    shape = (500, 300, 1, 2)
    bound = filled(shape, f'type: "xavier" variance_norm: {norm}').max()
    assert bound == pytest.approx(np.sqrt(3 / fan), rel=1e-3)
    deviation = filled(shape, f'type: "msra" variance_norm: {norm}').std()
    assert deviation == pytest.approx(np.sqrt(2 / fan), rel=1e-2)


def test_positive_unitball_slices_sum_to_one() -> None:
    array = filled((4, 3, 5), 'type: "positive_unitball"')
    assert array.min() > 0
    np.testing.assert_allclose(array.sum(axis=(1, 2)), 1, rtol=1e-6)


def test_sparse_keeps_that_many_of_each_column_on_average() -> None:
    array = filled((100, 1000), 'type: "gaussian" sparse: 15')
    assert np.mean(array != 0) == pytest.approx(0.15, abs=0.005)
    assert (filled((10, 10), 'type: "gaussian" sparse: 0') == 0).all()


def test_bilinear_is_the_same_for_every_pair() -> None:
    array = filled((2, 3, 4, 4), 'type: "bilinear"')
    ramp = [0.25, 0.75, 0.75, 0.25]
    np.testing.assert_array_equal(array, np.broadcast_to(np.outer(ramp, ramp), (2, 3, 4, 4)))
    np.testing.assert_allclose(filled((1, 1, 3, 3), 'type: "bilinear"')[0, 0, 1], [0.5, 1, 0.5])


@pytest.mark.parametrize(
    ("text", "shape", "field", "message"),
    [
        ('type: "Xavier2"', (2, 2), "type", "unknown filler type 'Xavier2'"),
        ('type: "uniform" min: 2 max: 1', (2,), "min", "filler 'uniform' needs min <= max, not 2 and 1"),
        ('type: "gaussian" std: 0', (2,), "std", "filler 'gaussian' needs a positive std, not 0"),
        ('type: "xavier" sparse: 3', (2,), "sparse", "sparse: 3 does not go with filler 'xavier'"),
        ('type: "gaussian" sparse: -2', (2,), "sparse", "sparse: -2 does not go with filler 'gaussian'"),
        ('type: "gaussian" sparse: 3', (2, 5), "sparse", "sparse: 3 is more than the 2 outputs of 2 x 5"),
        ('type: "xavier"', (), "type", "filler 'xavier' cannot fill a blob of shape scalar"),
        ('type: "bilinear"', (2, 2, 3, 4), "type", "filler 'bilinear' fills n x c x k x k, not 2 x 2 x 3 x 4"),
        ('type: "bilinear"', (3, 3), "type", "filler 'bilinear' fills n x c x k x k, not 3 x 3"),
    ],
)
def test_refused(text: str, shape: Shape, field: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        filled(shape, text)
    assert caught.value.message == message
    assert caught.value.field == (field,)


def test_unknown_filler_lists_all_and_names_the_nearest() -> None:
    with pytest.raises(LayerError) as caught:
        filled((2,), 'type: "gausian"')
    assert str(caught.value) == (
        "error: unknown filler type 'gausian'\n"
        "  fillers: bilinear, constant, gaussian, msra, positive_unitball, uniform, xavier\n"
        "  did you mean 'gaussian'?"
    )
