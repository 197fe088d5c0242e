"""Normalize, ChannelNorm and Axpy on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape

X = np.array([[[3.0, 0.0], [4.0, 2.0]]])


def test_image_is_divided_by_its_length() -> None:
    y = run_layer(make_layer("Normalize", "norm_param { eps: 0 }"), [X], [2]).tops[0]
    np.testing.assert_allclose(y, 2 * X / np.sqrt(29))


def test_pixel_is_divided_by_its_length_and_eps_is_inside_the_root() -> None:
    layer = make_layer("Normalize", "norm_param { across_spatial: false channel_shared: false eps: 11 }")
    y = run_layer(layer, [X], [[1, 10]]).tops[0]
    np.testing.assert_allclose(y, [[[3 / 6, 0], [40 / 6, 20 / np.sqrt(15)]]], rtol=1e-7)


@pytest.mark.parametrize(("fields", "shape"), [("", ()), ("channel_shared: false", (2,))])
def test_scale_begins_at_one(fields: str, shape: Shape) -> None:
    (scale,) = make_layer("Normalize", f"norm_param {{ {fields} }}").infer([(3, 2, 5)], 1).parameters
    assert (scale.shape, scale.filler.type, scale.filler.value) == (shape, "constant", 1)


def test_gradient_of_a_scale_of_zero_is_finite() -> None:
    result = run_layer(make_layer("Normalize", "norm_param { eps: 0 }"), [X], [0], [np.ones_like(X)])
    np.testing.assert_allclose(result.parameter_diffs[0], 9 / np.sqrt(29))
    np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros_like(X))


def test_other_fork_gives_lengths_and_learns_nothing() -> None:
    result = run_layer(make_layer("Normalize", "normalize_param { }", tops=2), [X], tops=2)
    assert result.signature.parameters == ()
    np.testing.assert_allclose(result.tops[1], [[[5, 2]]], rtol=1e-6)
    np.testing.assert_allclose(result.tops[0], X / [5, 2], rtol=1e-6)


def test_length_of_another_kind_is_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Normalize", 'normalize_param { normalize_type: "L1" }')
    assert caught.value.message == "normalize_type: L1 of Normalize is not supported"


@pytest.mark.parametrize(
    ("shape", "tops", "message"),
    [
        ((3,), 1, "Normalize needs a bottom of 2 axes or more (N x C ...), not 3"),
        ((3, 2), 2, "only Normalize with normalize_param has a second top"),
    ],
)
def test_normalize_refuses(shape: Shape, tops: int, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Normalize").infer([shape], tops)
    assert caught.value.message == message


def test_channel_norm_is_the_length_of_each_pixel() -> None:
    result = run_layer(make_layer("ChannelNorm"), [X], top_diffs=[[[[10, 10]]]])
    np.testing.assert_array_equal(result.tops[0], [[[5, 2]]])
    np.testing.assert_allclose(result.bottom_diffs[0], [[[6, 0], [8, 10]]])


def test_channel_norm_of_zero_has_gradient_zero() -> None:
    result = run_layer(make_layer("ChannelNorm"), [np.zeros((1, 2, 1))], top_diffs=[[[[1]]]])
    np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros((1, 2, 1)))


def test_axpy_scales_each_channel_and_adds() -> None:
    x, added = np.arange(6.0).reshape(1, 2, 3), np.full((1, 2, 3), 100.0)
    result = run_layer(make_layer("Axpy", bottoms=3), [[[2, -1]], x, added], top_diffs=[np.ones((1, 2, 3))])
    np.testing.assert_array_equal(result.tops[0], [[[100, 102, 104], [97, 96, 95]]])
    np.testing.assert_array_equal(result.bottom_diffs[0], [[3, 12]])
    np.testing.assert_array_equal(result.bottom_diffs[1], [[[2, 2, 2], [-1, -1, -1]]])
    np.testing.assert_array_equal(result.bottom_diffs[2], np.ones((1, 2, 3)))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            [(2, 3, 2, 1), (2, 3, 4), (2, 3, 4)],
            "bottom 0 of Axpy (2 x 3 x 2 x 1) must have one number for each channel of each image of bottom 1 "
            "(2 x 3 x 4)",
        ),
        ([(2, 3), (2, 3, 4), (2, 3, 5)], "bottoms 1 and 2 of Axpy must be of one shape, not 2 x 3 x 4 and 2 x 3 x 5"),
    ],
)
def test_axpy_refuses(shapes: list[Shape], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Axpy", bottoms=3).infer(shapes, 1)
    assert caught.value.message == message
