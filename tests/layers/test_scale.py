"""Where Scale and Bias lay their smaller blob, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape

KINDS = [("Scale", "scale_param", 1), ("Bias", "bias_param", 0)]


@pytest.mark.parametrize(("type_name", "message", "start"), KINDS)
@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ("", (3,)),
        ("axis: 0 num_axes: 2", (2, 3)),
        ("num_axes: -1", (3, 4, 5)),
        ("axis: -2 num_axes: -1", (4, 5)),
        ("num_axes: 0", ()),
        ("axis: -1", (5,)),
    ],
)
def test_learnt_blob_takes_its_shape_from_the_bottom(
    type_name: str, message: str, start: int, fields: str, shape: Shape
) -> None:
    layer = make_layer(type_name, f"{message} {{ {fields} }}")
    (parameter,) = layer.infer([(2, 3, 4, 5)], 1).parameters
    assert (parameter.shape, parameter.filler.type, parameter.filler.value) == (shape, "constant", start)


def test_scale_multiplies_then_adds() -> None:
    x = np.arange(6.0).reshape(1, 2, 3)
    layer = make_layer("Scale", "scale_param { bias_term: true }")
    np.testing.assert_array_equal(run_layer(layer, [x], [[2, 3], [1, -1]]).tops[0], [[[1, 3, 5], [8, 11, 14]]])


def test_second_bottom_lies_on_the_first_from_the_axis_on() -> None:
    x, other = np.ones((2, 3, 2)), np.arange(6.0).reshape(2, 3)
    layer = make_layer("Scale", "scale_param { axis: 0 }", bottoms=2)
    result = run_layer(layer, [x, other], top_diffs=[2 * x])
    np.testing.assert_array_equal(result.tops[0], np.stack([other, other], axis=2))
    np.testing.assert_array_equal(result.bottom_diffs[1], np.full((2, 3), 4))
    np.testing.assert_array_equal(result.bottom_diffs[0], 2 * np.stack([other, other], axis=2))


def test_scalar_second_bottom_fits_whatever_the_axis() -> None:
    layer = make_layer("Bias", "bias_param { axis: 7 }", bottoms=2)
    result = run_layer(layer, [np.zeros((2, 3)), np.array(5.0)], top_diffs=[np.ones((2, 3))])
    np.testing.assert_array_equal(result.tops[0], np.full((2, 3), 5))
    assert result.bottom_diffs[1] == 6


def test_scale_from_a_bottom_may_have_a_learnt_bias() -> None:
    layer = make_layer("Scale", "scale_param { bias_term: true }", bottoms=2)
    (bias,) = layer.infer([(2, 3, 4), (3, 4)], 1).parameters
    assert (bias.name, bias.shape) == ("bias", (3, 4))


@pytest.mark.parametrize(("type_name", "message", "start"), KINDS)
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("axis: 4", "axis 4 is outside a blob of 3 axes (allowed: -3 to 2)"),
        ("num_axes: -2", "num_axes must be 0 or more, or -1 for all, not -2"),
        ("axis: 2 num_axes: 2", "2 axes from axis 2 on reach past the end of 2 x 3 x 4"),
    ],
)
def test_axes_outside(type_name: str, message: str, start: int, fields: str, text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer(type_name, f"{message} {{ {fields} }}").infer([(2, 3, 4)], 1)
    assert caught.value.message == text
    assert caught.value.field == (message, fields.split(":")[0] if "num" not in fields else "num_axes")


@pytest.mark.parametrize(("type_name", "message", "start"), KINDS)
@pytest.mark.parametrize(
    ("other", "text"),
    [
        ((3,), "bottom 1 (3) does not fit on bottom 0 (3 x 4) from axis 1 on"),
        ((4, 1), "bottom 1 (4 x 1) does not fit on bottom 0 (3 x 4) from axis 1 on"),
    ],
)
def test_second_bottom_that_does_not_fit(type_name: str, message: str, start: int, other: Shape, text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer(type_name, bottoms=2).infer([(3, 4), other], 1)
    assert caught.value.message == text


def test_bounds_of_another_fork_are_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Scale", "scale_param { min_value: 0 }")
    assert caught.value.message == "min_value of Scale is not supported"
