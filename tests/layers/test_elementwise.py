"""Elementwise layers at their corners, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.layers.powers import raise_power
from netcc.layers.registry import layer_class
from netcc.schema import caffe_pb2
from netcc.testing import make_layer, run_layer
from netcc.types import TRAIN, Array


def values(type_name: str, x: list[float], fields: str = "", **options: object) -> Array:
    return run_layer(make_layer(type_name, fields), [np.array(x)], **options).tops[0]  # type: ignore[arg-type]


def slopes(type_name: str, x: list[float], fields: str = "") -> Array:
    result = run_layer(make_layer(type_name, fields), [np.array(x)], top_diffs=[np.ones(len(x))])
    assert result.bottom_diffs[0] is not None
    return result.bottom_diffs[0]


def test_absolute_value_has_no_slope_at_zero() -> None:
    np.testing.assert_array_equal(slopes("AbsVal", [-2, 0, 3]), [-1, 0, 1])


def test_absolute_value_refuses_to_run_in_place() -> None:
    message = caffe_pb2.LayerParameter(type="AbsVal", bottom=["x"], top=["x"])
    with pytest.raises(LayerError) as caught:
        layer_class("AbsVal").from_message(message, TRAIN)
    assert caught.value.message == "AbsVal cannot run in place"
    assert caught.value.field == ("top", "0")


def test_clip_passes_the_gradient_at_both_ends() -> None:
    fields = "clip_param { min: -1 max: 2 }"
    np.testing.assert_array_equal(values("Clip", [-3, -1, 0, 2, 5], fields), [-1, -1, 0, 2, 2])
    np.testing.assert_array_equal(slopes("Clip", [-3, -1, 0, 2, 5], fields), [0, 1, 1, 1, 0])


def test_clip_with_min_above_max_is_min() -> None:
    np.testing.assert_array_equal(values("Clip", [-3, 0, 3], "clip_param { min: 1 max: -1 }"), [1, 1, 1])


def test_clip_needs_both_ends() -> None:
    with pytest.raises(LayerError) as caught:
        layer_class("Clip").from_message(caffe_pb2.LayerParameter(clip_param={"min": 1}), TRAIN)
    assert caught.value.message == "Clip needs max"
    assert caught.value.field == ("clip_param", "max")


def test_threshold_is_strict() -> None:
    np.testing.assert_array_equal(values("Threshold", [0.4, 0.5, 0.6], "threshold_param { threshold: 0.5 }"), [0, 0, 1])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("power: 0 shift: 0", 1),
        ("power: 0 scale: 0 shift: 5", 1),
        ("power: 3 scale: 0 shift: 2", 8),
        ("power: -1 scale: 0", math.inf),
        ("power: 0.5 scale: 0 shift: -1", math.nan),
        ("power: 2000 scale: 0 shift: 2", math.inf),
    ],
)
def test_power_is_constant_where_power_or_scale_is_zero(fields: str, expected: float) -> None:
    np.testing.assert_array_equal(values("Power", [0, -1, 7], f"power_param {{ {fields} }}"), [expected] * 3)
    np.testing.assert_array_equal(slopes("Power", [0, -1, 7], f"power_param {{ {fields} }}"), [0, 0, 0])


def test_power_raises_what_is_shifted_and_scaled() -> None:
    fields = "power_param { power: 2 scale: 3 shift: -1 }"
    np.testing.assert_array_equal(values("Power", [0, 1, 2], fields), [1, 4, 25])
    np.testing.assert_array_equal(slopes("Power", [0, 1, 2], fields), [-6, 12, 30])


def test_power_of_zero_has_its_true_slope() -> None:
    np.testing.assert_array_equal(slopes("Power", [0, 2], "power_param { power: 3 }"), [0, 12])


@pytest.mark.parametrize("exponent", [0.25, 0.5, 0.75, 1, 2, -0.25, -0.5, -0.75, -1, -2, 3, 1.7, -1.7])
def test_powers_by_square_roots_are_those_of_numpy(exponent: float) -> None:
    base = np.array([1e-3, 0.3, 1.0, 2.5, 1e4])
    out, scratch = np.empty_like(base), np.empty_like(base)
    raise_power(base, exponent, out, scratch)
    np.testing.assert_allclose(out, base**exponent, rtol=1e-14)
    raise_power(base, exponent, base, scratch)
    np.testing.assert_array_equal(base, out)


def test_exponential_and_logarithm_to_a_base() -> None:
    np.testing.assert_allclose(values("Exp", [0, 3], "exp_param { base: 2 scale: 2 shift: 1 }"), [2, 128])
    np.testing.assert_allclose(values("Exp", [0, 1], "exp_param { shift: 1 }"), [math.e, math.e**2])
    np.testing.assert_allclose(values("Log", [0, 7], "log_param { base: 2 scale: 1 shift: 1 }"), [0, 3], atol=1e-15)
    np.testing.assert_allclose(values("Log", [1, math.e]), [0, 1])


def test_logarithm_of_what_has_none() -> None:
    np.testing.assert_array_equal(values("Log", [0, -1]), [-math.inf, math.nan])


@pytest.mark.parametrize(
    ("type_name", "base", "message"),
    [
        ("Exp", "-2", "base must be above 0, or -1 for e, not -2"),
        ("Exp", "0", "base must be above 0, or -1 for e, not 0"),
        ("Log", "0", "base must be above 0, or -1 for e, not 0"),
        ("Log", "inf", "base must be above 0, or -1 for e, not inf"),
        ("Log", "1", "base must not be 1, whose logarithm is 0"),
    ],
)
def test_base_that_makes_no_sense(type_name: str, base: str, message: str) -> None:
    field = f"{type_name.lower()}_param"
    with pytest.raises(LayerError) as caught:
        make_layer(type_name, f"{field} {{ base: {base} }}")
    assert caught.value.message == message
    assert caught.value.field == (field, "base")


def test_softplus_does_not_overflow() -> None:
    x = [-1000.0, -20.0, 0.0, 20.0, 1000.0]
    expected = [0, math.log1p(math.exp(-20)), math.log(2), 20 + math.log1p(math.exp(-20)), 1000]
    np.testing.assert_allclose(values("BNLL", x, dtype=np.float32), expected, rtol=1e-6)


def test_elu_slope_comes_from_the_top() -> None:
    np.testing.assert_allclose(values("ELU", [-1, 0, 2], "elu_param { alpha: 0.5 }"), [(1 / math.e - 1) / 2, 0, 2])
    np.testing.assert_allclose(slopes("ELU", [-1, 0, 2], "elu_param { alpha: 0.5 }"), [0.5 / math.e, 0.5, 1])


def test_selu_constants() -> None:
    expected = [1.050701 * 1.6732632 * (math.exp(-1) - 1), 2 * 1.050701]
    for type_name in ("SeLU", "SeLu", "SELU"):
        np.testing.assert_allclose(values(type_name, [-1, 2]), expected, rtol=1e-6)


def test_swish_of_beta() -> None:
    x = np.array([-3.0, 0.5, 4.0])
    expected = x / (1 + np.exp(-2 * x))
    np.testing.assert_allclose(values("Swish", list(x), "swish_param { beta: 2 }"), expected)


def test_mish_is_identity_far_right_and_vanishes_far_left() -> None:
    x = [-100.0, -1.0, 0.0, 30.0, 1e30]
    expected = [-100 * math.exp(-100), -math.tanh(math.log1p(math.exp(-1))), 0, 30, 1e30]
    np.testing.assert_allclose(values("Mish", x), expected, rtol=1e-12)
    np.testing.assert_allclose(values("Mish", x[1:], dtype=np.float32), expected[1:], rtol=1e-6)
    np.testing.assert_allclose(slopes("Mish", [0.0, 30.0]), [0.6, 1], rtol=1e-12)


def test_relu6_ends_at_six() -> None:
    np.testing.assert_array_equal(values("ReLU6", [-1, 3, 6, 9]), [0, 3, 6, 6])
    np.testing.assert_array_equal(slopes("ReLU6", [-1, 0, 3, 6, 9]), [0, 0, 1, 0, 0])
    np.testing.assert_array_equal(slopes("ReLU6", [-1, 3], "relu6_param { negative_slope: 0.5 }"), [0.5, 1])


def test_hard_sigmoids_and_swishes() -> None:
    x = [-4.0, -3.0, 0.0, 1.5, 3.0, 4.0]
    np.testing.assert_allclose(values("HSigmoid", x), [0, 0, 0.5, 0.75, 1, 1], atol=1e-15)
    np.testing.assert_allclose(slopes("HSigmoid", [-4, 0, 1.5, 4]), [0, 1 / 6, 1 / 6, 0])
    np.testing.assert_allclose(values("HardSigmoid", [-3, 0, 1, 3]), [0, 0.5, 0.7, 1], rtol=1e-7)
    np.testing.assert_allclose(slopes("HardSigmoid", [-3, 0, 1, 3]), [0, 0.2, 0.2, 0], rtol=1e-7)
    for type_name in ("HSwish", "HardSwish"):
        np.testing.assert_allclose(values(type_name, x), [0, 0, 0, 1.125, 3, 4], atol=1e-15)
        np.testing.assert_allclose(slopes(type_name, x), [0, 0, 0.5, 1, 1, 1], atol=1e-15)


def test_prelu_has_a_slope_for_each_channel() -> None:
    x = np.array([[[-1.0, 2.0], [-3.0, 0.0]]])
    layer = make_layer("PReLU")
    result = run_layer(layer, [x], [[0.1, 0.5]], [np.ones_like(x)])
    np.testing.assert_allclose(result.tops[0], [[[-0.1, 2], [-1.5, 0]]])
    np.testing.assert_allclose(result.bottom_diffs[0], [[[0.1, 1], [0.5, 0.5]]])
    np.testing.assert_allclose(result.parameter_diffs[0], [-1, -3])


@pytest.mark.parametrize(("fields", "shape"), [("", (3,)), ("prelu_param { channel_shared: true }", ())])
def test_prelu_begins_at_a_quarter(fields: str, shape: tuple[int, ...]) -> None:
    (slope,) = make_layer("PReLU", fields).infer([(2, 3, 4)], 1).parameters
    assert (slope.shape, slope.filler.type, slope.filler.value) == (shape, "constant", 0.25)


def test_prelu_needs_channels() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("PReLU").infer([(3,)], 1)
    assert caught.value.message == "PReLU needs a bottom of 2 axes or more (N x C ...), not 3"
