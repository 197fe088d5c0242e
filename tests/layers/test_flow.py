"""Correlation, Correlation1D and FlowWarp."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array


def maps(seed: int = 0, shape: tuple[int, ...] = (2, 3, 5, 6)) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, shape), random.uniform(-1, 1, shape)


def correlate(
    a: Array, b: Array, *, kernel: int, furthest: int, pad: int, stride: int, step: int, subtract: bool
) -> Array:
    """Pixel by pixel, as the definition says."""
    radius, border = furthest // step, furthest + (kernel - 1) // 2
    around = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    a, b = np.pad(a, around), np.pad(b, around)
    height, width = (math.ceil((size - 2 * border) / stride) for size in a.shape[2:])
    shifts = [step * i for i in range(-radius, radius + 1)]
    top = np.empty((len(a), len(shifts) ** 2, height, width))
    for channel, (down, across) in enumerate((d, c) for d in shifts for c in shifts):
        for y, x in np.ndindex(height, width):
            row, column = y * stride + furthest, x * stride + furthest
            one = a[:, :, row : row + kernel, column : column + kernel]
            two = b[:, :, row + down : row + down + kernel, column + across : column + across + kernel]
            each = np.abs(one - two) if subtract else one * two
            top[:, channel, y, x] = each.mean(axis=(1, 2, 3))
    return top


@pytest.mark.parametrize(
    ("kernel", "furthest", "pad", "stride", "step"),
    [(1, 2, 2, 1, 1), (1, 3, 3, 2, 2), (3, 1, 2, 1, 1), (3, 2, 3, 2, 1), (1, 0, 0, 1, 1)],
)
@pytest.mark.parametrize("subtract", [False, True])
def test_correlation_against_plain_loops(
    kernel: int, furthest: int, pad: int, stride: int, step: int, subtract: bool
) -> None:
    a, b = maps()
    fields = (
        f"kernel_size: {kernel} max_displacement: {furthest} pad: {pad} stride_1: {stride} stride_2: {step} "
        f"correlation_type: {'SUBTRACT' if subtract else 'MULTIPLY'}"
    )
    top = run_layer(make_layer("Correlation", f"correlation_param {{ {fields} }}", bottoms=2), [a, b]).tops[0]
    expected = correlate(a, b, kernel=kernel, furthest=furthest, pad=pad, stride=stride, step=step, subtract=subtract)
    np.testing.assert_allclose(top, expected, rtol=1e-12, atol=1e-12)


def correlate_rows(fields: str, a: Array, b: Array) -> Array:
    fields = f"correlation_param {{ kernel_size: 1 max_displacement: 2 pad: 2 {fields} }}"
    return run_layer(make_layer("Correlation1D", fields, bottoms=2), [a, b]).tops[0]


@pytest.mark.parametrize(("direction", "shifts"), [(0, [-2, -1, 0, 1, 2]), (1, [0, 1, 2]), (-1, [-3, -2, -1])])
def test_shifts_across_only(direction: int, shifts: list[int]) -> None:
    a, b = maps(1)
    top = correlate_rows(f"single_direction: {direction}", a, b)
    wide = np.pad(b, ((0, 0), (0, 0), (0, 0), (3, 3)))
    expected = [(a * wide[..., 3 + shift : 9 + shift]).mean(axis=1) for shift in shifts]
    np.testing.assert_allclose(top, np.stack(expected, axis=1), rtol=1e-12, atol=1e-12)


def test_rows_of_whole_shifts_are_those_of_the_middle_row() -> None:
    a, b = maps(2)
    fields = "correlation_param { kernel_size: 1 max_displacement: 2 pad: 2 }"
    whole = run_layer(make_layer("Correlation", fields, bottoms=2), [a, b]).tops[0]
    np.testing.assert_allclose(correlate_rows("", a, b), whole[:, 10:15], rtol=1e-12)


def test_gradient_of_equal_pixels_is_that_of_the_greater() -> None:
    layer = make_layer(
        "Correlation",
        "correlation_param { kernel_size: 1 max_displacement: 0 correlation_type: SUBTRACT }",
        bottoms=2,
    )
    ones = np.ones((1, 1, 1, 1))
    result = run_layer(layer, [ones, ones], top_diffs=[3 * ones])
    np.testing.assert_array_equal(np.ravel(result.bottom_diffs), [3, -3])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("max_displacement: 1", "Correlation needs a kernel_size"),
        ("kernel_size: 1", "Correlation needs a max_displacement"),
        ("kernel_size: 2 max_displacement: 1", "kernel_size must be odd, not 2"),
        ("kernel_size: 1 max_displacement: 1 stride_2: 0", "stride_2 must be positive"),
        (
            "kernel_size: 1 max_displacement: 1 single_direction: 2",
            "single_direction is -1 (left), 0 (both) or 1 (right), not 2",
        ),
    ],
)
def test_refused_fields(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Correlation", f"correlation_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message


def test_refused_shapes() -> None:
    layer = make_layer("Correlation", "correlation_param { kernel_size: 1 max_displacement: 3 pad: 1 }", bottoms=2)
    with pytest.raises(ShapeError) as caught:
        layer.infer([(1, 2, 4, 9), (1, 2, 4, 9)], 1)
    assert caught.value.message == "patches and shifts do not fit into 4 x 9 extended by pad 1"
    with pytest.raises(ShapeError) as caught:
        layer.infer([(1, 2, 4, 9), (1, 2, 4, 8)], 1)
    assert caught.value.message == (
        "Correlation needs two bottoms of the same 4 axes, not 1 x 2 x 4 x 9 and 1 x 2 x 4 x 8"
    )
    with pytest.raises(ShapeError) as caught:
        make_layer("FlowWarp", bottoms=2).infer([(1, 3, 4, 9), (1, 3, 4, 9)], 1)
    assert caught.value.message == "the flow of 1 x 3 x 4 x 9 is 1 x 2 x 4 x 9, not 1 x 3 x 4 x 9"


def warp(across: float, down: float, fields: str = "") -> Array:
    """A plane of 3 x 4 numbers, 10 * row + column, read with the same flow everywhere."""
    plane = (10.0 * np.arange(3)[:, None] + np.arange(4)).reshape(1, 1, 3, 4)
    flow = np.stack([np.full((3, 4), across), np.full((3, 4), down)])[None]
    return run_layer(make_layer("FlowWarp", fields, bottoms=2), [plane, flow]).tops[0][0, 0]


def test_flow_of_whole_and_of_parts_of_pixels() -> None:
    np.testing.assert_allclose(warp(1, -1), [[0, 0, 0, 0], [1, 2, 3, 0], [11, 12, 13, 0]])
    np.testing.assert_allclose(warp(0.25, 0.5)[:2, :3], [[5.25, 6.25, 7.25], [15.25, 16.25, 17.25]])


def test_less_than_a_pixel_past_the_last_reads_the_last() -> None:
    np.testing.assert_allclose(warp(0.5, 0)[:, 3], [3, 13, 23])
    np.testing.assert_allclose(warp(0, 0.9)[2], [20, 21, 22, 23])
    np.testing.assert_allclose(warp(-0.1, 0)[:, 0], [0, 0, 0])


def test_outside_may_be_marked() -> None:
    top = warp(2, 0, "flow_warp_param { fill_value: NOT_A_NUMBER }")
    np.testing.assert_array_equal(np.isnan(top), [[False, False, True, True]] * 3)


def test_gradient_of_a_flow_that_points_outside_is_0() -> None:
    flow = np.full((1, 2, 2, 2), 9.0)
    flow[0, :, 0, 0] = 0.5
    image = np.array([[[[1.0, 2], [4, 8]]]])
    result = run_layer(make_layer("FlowWarp", bottoms=2), [image, flow], top_diffs=[np.ones((1, 1, 2, 2))])
    np.testing.assert_allclose(result.bottom_diffs[0], np.full((1, 1, 2, 2), 0.25))
    np.testing.assert_allclose(result.bottom_diffs[1][0], [[[2.5, 0], [0, 0]], [[4.5, 0], [0, 0]]])
