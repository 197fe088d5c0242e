"""Permute, Transpose, Flip, ShuffleChannel, Reorg: where every number goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)


def moved(kind: str, fields: str, x: Array) -> Array:
    return run_layer(make_layer(kind, fields), [x]).tops[0]


def test_permute_appends_the_axes_it_does_not_name() -> None:
    np.testing.assert_array_equal(moved("Permute", "permute_param { order: 2 }", X), X.transpose(2, 0, 1, 3))
    np.testing.assert_array_equal(
        moved("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", X), X.transpose(0, 2, 3, 1)
    )
    np.testing.assert_array_equal(moved("Permute", "", X), X)


def test_transpose() -> None:
    np.testing.assert_array_equal(
        moved("Transpose", "transpose_param { dim: [3, 0, 2, 1] }", X), X.transpose(3, 0, 2, 1)
    )


@given(st.permutations(range(4)))
def test_gradients_go_back_to_where_the_numbers_came_from(order: list[int]) -> None:
    for kind, fields in (
        ("Permute", f"permute_param {{ order: {order} }}"),
        ("Transpose", f"transpose_param {{ dim: {order} }}"),
    ):
        result = run_layer(make_layer(kind, fields), [X], top_diffs=[X.transpose(order)])
        np.testing.assert_array_equal(result.bottom_diffs[0], X)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", X[..., ::-1]),
        ("flip_height: true", X[..., ::-1, ::-1]),
        ("flip_width: false flip_height: true", X[..., ::-1, :]),
        ("flip_width: false", X),
    ],
)
def test_flip(fields: str, expected: Array) -> None:
    np.testing.assert_array_equal(moved("Flip", f"flip_param {{ {fields} }}", X), expected)


def test_shuffled_channels() -> None:
    x = np.arange(6.0).reshape(1, 6, 1, 1)
    # Groups 0 1 2 and 3 4 5: the first of each, then the second of each.
    np.testing.assert_array_equal(
        moved("ShuffleChannel", "shuffle_channel_param { group: 2 }", x).reshape(-1), [0, 3, 1, 4, 2, 5]
    )


def reorganised(x: Array, step: int, reverse: bool) -> Array:
    """Darknet's walk over the numbers, one by one."""
    items, channels, height, width = x.shape
    planes = channels // step**2
    top = np.empty(x.size)
    flat = x.reshape(-1)
    for n, c, h, w in np.ndindex(x.shape):
        column, row = w * step + c // planes % step, h * step + c // planes // step
        big = column + width * step * (row + height * step * (c % planes + planes * n))
        small = w + width * (h + height * (c + channels * n))
        if reverse:
            top[big] = flat[small]
        else:
            top[small] = flat[big]
    if reverse:
        return top.reshape(items, planes, height * step, width * step)
    return top.reshape(items, channels * step**2, height // step, width // step)


@pytest.mark.parametrize(("step", "shape"), [(2, (2, 4, 4, 6)), (2, (1, 8, 2, 2)), (3, (1, 9, 3, 6))])
@pytest.mark.parametrize("reverse", [False, True])
def test_reorg_follows_darknet(step: int, shape: Shape, reverse: bool) -> None:
    x = np.arange(np.prod(shape, dtype=float)).reshape(shape)
    fields = f"reorg_param {{ stride: {step} reverse: {str(reverse).lower()} }}"
    np.testing.assert_array_equal(moved("Reorg", fields, x), reorganised(x, step, reverse))


@pytest.mark.parametrize(
    ("kind", "fields", "bottom", "message"),
    [
        ("Permute", "permute_param { order: 1 order: 1 }", (2, 3), "axis 1 is named twice"),
        ("Permute", "permute_param { order: 2 }", (2, 3), "axis 2 is outside a blob of 2 axes (allowed: 0 to 1)"),
        ("Transpose", "", (2, 3), "Transpose needs dim: the axes in their new order"),
        ("Transpose", "transpose_param { dim: [0, 0] }", (2, 3), "axis 0 is named twice"),
        ("Transpose", "transpose_param { dim: [1, 0] }", (2, 3, 4), "dim names 2 axes, but the bottom has 3"),
        ("Flip", "", (2, 3, 4), "Flip needs a bottom of 4 axes (N x C x H x W), not 2 x 3 x 4"),
        ("ShuffleChannel", "shuffle_channel_param { group: 0 }", (1, 6), "group must be positive"),
        ("ShuffleChannel", "shuffle_channel_param { group: 4 }", (1, 6), "6 channels cannot be split into 4 groups"),
        ("ShuffleChannel", "", (6,), "ShuffleChannel needs a bottom with channels, not 6"),
        ("Reorg", "", (1, 4, 2, 2), "Reorg needs a positive stride"),
        ("Reorg", "reorg_param { stride: 2 }", (1, 4, 3, 2), "3 x 2 pixels cannot be cut by 2"),
        (
            "Reorg",
            "reorg_param { stride: 2 reverse: true }",
            (1, 6, 3, 2),
            "6 channels are not a multiple of stride x stride = 4",
        ),
    ],
)
def test_refused(kind: str, fields: str, bottom: Shape, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(kind, fields).infer([bottom], 1)
    assert caught.value.message == message


def test_fields_of_refusals() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Permute", "permute_param { order: 2 }").infer([(2, 3)], 1)
    assert caught.value.field == ("permute_param", "order")
