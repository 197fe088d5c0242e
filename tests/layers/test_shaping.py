"""Layers that pass numbers on: new shapes, joints and cuts."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import pass_on
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


def top_shape(kind: str, fields: str, *bottoms: Shape) -> Shape:
    return make_layer(kind, fields, bottoms=len(bottoms)).infer(bottoms, 1).tops[0]


def test_views_declare_themselves() -> None:
    assert [make_layer(kind).is_view for kind in ("Flatten", "Reshape", "Split", "ReLU")] == [True, True, True, False]


def test_pass_on_leaves_shared_memory_alone() -> None:
    array = np.arange(6.0)
    pass_on(array, array.reshape(2, 3))
    np.testing.assert_array_equal(array, np.arange(6.0))
    copy = np.empty((3, 2))
    pass_on(array, copy)
    np.testing.assert_array_equal(copy.reshape(-1), array)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", (2, 210)),
        ("axis: 0", (420,)),
        ("axis: 2", (2, 5, 42)),
        ("axis: 1 end_axis: 2", (2, 30, 7)),
        ("axis: -2 end_axis: -1", (2, 5, 42)),
        ("axis: 1 end_axis: 1", (2, 5, 6, 7)),
        ("axis: 2 end_axis: 1", (2, 5, 1, 6, 7)),
    ],
)
def test_flatten(fields: str, expected: Shape) -> None:
    assert top_shape("Flatten", f"flatten_param {{ {fields} }}", (2, 5, 6, 7)) == expected


def test_flatten_refuses_an_end_before_the_axis() -> None:
    with pytest.raises(ShapeError) as caught:
        top_shape("Flatten", "flatten_param { axis: 3 end_axis: 1 }", (2, 5, 6, 7))
    assert caught.value.message == "end_axis 1 lies before axis 3"


@pytest.mark.parametrize(
    ("fields", "bottom", "expected"),
    [
        ("shape { dim: 2 dim: 2 dim: 4 }", (2, 8), (2, 2, 4)),
        ("shape { dim: 0 dim: -1 dim: 4 }", (2, 8), (2, 2, 4)),
        ("shape { dim: 0 dim: 0 dim: -1 }", (2, 3, 4, 5), (2, 3, 20)),
        ("shape { dim: 0 } axis: 1 num_axes: 1", (2, 8), (2, 8)),
        ("shape { dim: 0 dim: -1 } axis: 1", (2, 3, 4, 5), (2, 3, 20)),
        ("shape { dim: 6 dim: 2 } axis: 1", (2, 3, 4), (2, 6, 2)),
        ("shape { dim: 3 dim: 1 } axis: 1 num_axes: 1", (2, 3, 4), (2, 3, 1, 4)),
        ("shape { dim: 1 } axis: 1 num_axes: 0", (2, 8), (2, 1, 8)),
        ("shape { dim: 1 } axis: -1 num_axes: 0", (2, 8), (2, 8, 1)),
        ("shape { dim: 4 dim: -1 } axis: -3", (2, 8), (4, 4)),
        ("shape { dim: -1 }", (), (1,)),
    ],
)
def test_reshape(fields: str, bottom: Shape, expected: Shape) -> None:
    assert top_shape("Reshape", f"reshape_param {{ {fields} }}", bottom) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("shape { dim: -1 dim: -1 }", "the new shape may have one -1 and no other negative size, not -1 x -1"),
        ("shape { dim: -2 }", "the new shape may have one -1 and no other negative size, not -2"),
        ("num_axes: -2", "num_axes must be -1 (all) or more"),
        ("shape { dim: -1 dim: 5 }", "-1 cannot be worked out: 16 numbers do not divide by 5"),
        ("shape { dim: 3 dim: 5 }", "2 x 8 cannot become 3 x 5: 16 and 15 numbers"),
        ("shape { dim: 2 dim: 8 dim: 0 }", "size 0 copies axis 2, which the bottom lacks"),
        ("axis: 3", "axis 3 is outside a blob of 2 axes"),
        ("axis: -4", "axis -4 is outside a blob of 2 axes"),
        ("axis: 1 num_axes: 2", "2 axes from axis 1 on are more than a blob of 2 axes has"),
    ],
)
def test_refused_reshapes(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        top_shape("Reshape", f"reshape_param {{ {fields} }}", (2, 8))
    assert caught.value.message == message
    assert caught.value.field[0] == "reshape_param"


def test_split_adds_gradients() -> None:
    x = np.array([1.0, 2.0])
    result = run_layer(make_layer("Split", tops=3), [x], top_diffs=[x, 10 * x, 100 * x], tops=3)
    for top in result.tops:
        np.testing.assert_array_equal(top, x)
    np.testing.assert_array_equal(result.bottom_diffs[0], [111, 222])


def test_silence_sends_zeros_back() -> None:
    result = run_layer(make_layer("Silence", bottoms=2, tops=0), [np.ones(2), np.ones(3)], top_diffs=[], tops=0)
    np.testing.assert_array_equal(result.bottom_diffs[0], [0, 0])
    np.testing.assert_array_equal(result.bottom_diffs[1], [0, 0, 0])


@pytest.mark.parametrize(
    ("fields", "axis"), [("", 1), ("axis: 2", 2), ("axis: -1", 2), ("concat_dim: 0", 0), ("concat_dim: 2", 2)]
)
def test_concat_and_its_gradient(fields: str, axis: int) -> None:
    random = np.random.default_rng(0)
    shape = [3, 4, 5]
    xs = []
    for size in (1, 3):
        shape[axis] = size
        xs.append(random.uniform(size=shape))
    whole = np.concatenate(xs, axis)
    layer = make_layer("Concat", f"concat_param {{ {fields} }}", bottoms=2)
    result = run_layer(layer, xs, top_diffs=[whole + 1])
    np.testing.assert_array_equal(result.tops[0], whole)
    for diff, x in zip(result.bottom_diffs, xs, strict=True):
        np.testing.assert_array_equal(diff, x + 1)


def test_refused_concats() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Concat", "concat_param { axis: 1 concat_dim: 1 }")
    assert caught.value.message == "axis and concat_dim exclude each other"
    with pytest.raises(ShapeError) as shape:
        top_shape("Concat", "", (2, 4, 6, 6), (2, 4, 6, 5))
    assert shape.value.message == (
        "bottoms to join on axis 1 must agree on all others: bottom 1 is 2 x 4 x 6 x 5, bottom 0 is 2 x 4 x 6 x 6"
    )
    with pytest.raises(ShapeError):
        top_shape("Concat", "", (2, 4), (2, 4, 1))


@pytest.mark.parametrize(
    ("fields", "tops", "sizes"),
    [
        ("", 3, [2, 2, 2]),
        ("slice_point: 1", 2, [1, 5]),
        ("slice_point: 1 slice_point: 4", 3, [1, 3, 2]),
        ("axis: -2 slice_point: 5", 2, [5, 1]),
        ("slice_dim: 1", 2, [3, 3]),
        ("slice_point: 6", 1, None),
        ("slice_point: 3 slice_point: 1", 3, None),
        ("slice_point: 1", 3, None),
        ("slice_point: 0", 2, None),
        ("slice_point: 6", 2, None),
        ("", 4, None),
    ],
)
def test_slice(fields: str, tops: int, sizes: list[int] | None) -> None:
    x = np.random.default_rng(1).uniform(size=(2, 6, 3))
    layer = make_layer("Slice", f"slice_param {{ {fields} }}", tops=tops)
    if sizes is None:
        with pytest.raises(ShapeError):
            layer.infer([x.shape], tops)
        return
    parts = np.split(x, np.cumsum(sizes)[:-1], axis=1)
    result = run_layer(layer, [x], top_diffs=[part + 1 for part in parts], tops=tops)
    for top, part in zip(result.tops, parts, strict=True):
        np.testing.assert_array_equal(top, part)
    np.testing.assert_array_equal(result.bottom_diffs[0], x + 1)


@pytest.mark.parametrize(
    ("fields", "tops", "message"),
    [
        ("", 4, "6 cannot be cut into 4 equal parts"),
        ("slice_point: 1", 3, "3 tops need 2 slice_points, not 1"),
        ("slice_point: 3 slice_point: 1", 3, "slice_points must rise from above 0 to below 6, not 3, 1"),
    ],
)
def test_messages_of_slice(fields: str, tops: int, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Slice", f"slice_param {{ {fields} }}").infer([(2, 6)], tops)
    assert caught.value.message == message
