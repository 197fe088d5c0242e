"""Pooling against windows written out, and the corners where others go wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.errors import LayerError, ShapeError
from netcc.layers import pooling_plan
from netcc.testing import make_layer, run_layer
from netcc.types import TEST, Array

LOWEST = np.finfo(np.float32).min


def pool(x: Array, fields: str, tops: int = 1, top_diff: Array | None = None) -> tuple[Array, ...]:
    """The tops and, with a `top_diff`, the bottom diff."""
    layer = make_layer("Pooling", f"pooling_param {{ {fields} }}", tops=tops)
    diffs = None if top_diff is None else [top_diff, *[np.zeros(top_diff.shape)] * (tops - 1)]
    result = run_layer(layer, [x], top_diffs=diffs, tops=tops)
    return (*result.tops, *(diff for diff in result.bottom_diffs if diff is not None))


def plane(*rows: list[float]) -> Array:
    return np.array([[rows]], float)


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.sampled_from(["CEIL", "FLOOR"]),
)
@settings(max_examples=80, deadline=None)
def test_equals_windows_written_out(
    size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int], rounding: str
) -> None:
    pad = (min(pad[0], kernel[0] - 1), min(pad[1], kernel[1] - 1))
    names = [("kernel", kernel), ("stride", stride), ("pad", pad)]
    fields = " ".join(f"{name}_h: {h} {name}_w: {w}" for name, (h, w) in names) + f" round_mode: {rounding}"
    x = np.random.default_rng(3).permutation(size[0] * size[1]).reshape(1, 1, *size).astype(float) + 1
    try:
        largest, mask = pool(x, fields, 2)
    except ShapeError:
        return
    (mean,) = pool(x, f"{fields} pool: AVE")
    for row, column in np.ndindex(largest.shape[2:]):
        top, left = row * stride[0] - pad[0], column * stride[1] - pad[1]
        bottom, right = min(top + kernel[0], size[0] + pad[0]), min(left + kernel[1], size[1] + pad[1])
        window = x[0, 0, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        place = (0, 0, row, column)
        assert largest[place] == window.max(initial=LOWEST)
        if window.size:
            assert x.reshape(-1)[int(mask[place])] == largest[place]
            assert mean[place] == pytest.approx(window.sum() / ((bottom - top) * (right - left)))
        else:
            assert mask[place] == -1


def test_first_of_equal_maxima_wins_and_gets_the_gradient() -> None:
    x = plane([1, 5, 5], [5, 0, 5])
    top, mask, diff = pool(x, "kernel_h: 2 kernel_w: 3", 2, plane([7]))
    assert top.item() == 5
    assert mask.item() == 1
    np.testing.assert_array_equal(diff, plane([0, 7, 0], [0, 0, 0]))


def test_gradients_of_overlapping_windows_add_up() -> None:
    x = plane([0, 9, 0])
    _, diff = pool(x, "kernel_h: 1 kernel_w: 2", 1, plane([2, 3]))
    np.testing.assert_array_equal(diff, plane([0, 5, 0]))


def test_mask_is_the_position_in_each_plane() -> None:
    x = np.zeros((2, 2, 3, 3))
    x[0, 1, 2, 1] = x[1, 0, 0, 2] = 1
    _, mask = pool(x, "kernel_size: 3", 2)
    np.testing.assert_array_equal(mask.reshape(2, 2), [[0, 7], [2, 0]])


def test_mask_of_a_kernel_of_more_than_254_taps() -> None:
    x = np.zeros((1, 1, 17, 17))
    x[0, 0, 16, 3] = 1
    _, mask = pool(x, "global_pooling: true", 2)
    assert mask.item() == 16 * 17 + 3


def test_window_outside_the_image_without_padding() -> None:
    x = plane([1, 2, 3])
    top, mask, diff = pool(x, "kernel_size: 1 stride: 3", 2, plane([1, 1]))
    np.testing.assert_array_equal(top, plane([1, LOWEST]))
    np.testing.assert_array_equal(mask, plane([0, -1]))
    np.testing.assert_array_equal(diff, plane([1, 0, 0]))
    (mean,) = pool(x, "kernel_size: 1 stride: 3 pool: AVE")
    assert mean[0, 0, 0, 0] == 1
    assert np.isnan(mean[0, 0, 0, 1])  # 0 / 0, as Caffe


def test_nan_never_wins() -> None:
    top, mask = pool(plane([np.nan, 1, np.nan]), "kernel_h: 1 kernel_w: 3", 2)
    assert (top.item(), mask.item()) == (1, 1)
    top, mask = pool(plane([np.nan, np.nan]), "kernel_h: 1 kernel_w: 2", 2)
    assert (top.item(), mask.item()) == (LOWEST, -1)


def test_mean_counts_padding_but_nothing_beyond_it() -> None:
    # Windows of 3 start at -1, 1, 3 on 5 pixels with padding 1: the last reaches its end exactly at the far padding.
    (mean,) = pool(np.ones((1, 1, 5, 1)), "kernel_h: 3 kernel_w: 1 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0 pool: AVE")
    np.testing.assert_allclose(mean.reshape(-1), [2 / 3, 1, 2 / 3])
    # On 4 pixels the last window (3, 4, 5) is cut at 5: divisor 2, and one pixel inside.
    (mean,) = pool(np.ones((1, 1, 4, 1)), "kernel_h: 3 kernel_w: 1 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0 pool: AVE")
    np.testing.assert_allclose(mean.reshape(-1), [2 / 3, 1, 1 / 2])


def test_global_pooling_follows_the_size() -> None:
    layer = make_layer("Pooling", "pooling_param { pool: AVE global_pooling: true }")
    for size in ((2, 3), (5, 4)):
        x = np.random.default_rng(4).uniform(size=(2, 3, *size))
        result = run_layer(layer, [x]).tops[0]
        np.testing.assert_allclose(result, x.mean(axis=(2, 3), keepdims=True))


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_tiles_change_nothing(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(5).uniform(size=(3, 5, 7, 7))
    fields, dy = f"pool: {method} kernel_size: 3 stride: 2", np.random.default_rng(6).uniform(size=(3, 5, 3, 3))
    whole = pool(x, fields, 1, dy)
    monkeypatch.setattr(pooling_plan, "_TILE_NUMBERS", 20)
    pooling_plan.pooled.cache_clear()
    tiled = pool(x, fields, 1, dy)
    pooling_plan.pooled.cache_clear()
    for one, other in zip(whole, tiled, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("pool: STOCHASTIC kernel_size: 2 pad: 1", "STOCHASTIC pooling takes no padding"),
        ("pool: DEF kernel_size: 2", "Pooling has no method DEF"),
        ("kernel_size: 2 torch_pooling: true", "torch_pooling is not supported"),
        ("kernel_size: 2 axis: 2", "Pooling works with channels on axis 1 only"),
    ],
)
def test_refused_fields(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Pooling", f"pooling_param {{ {fields} }}")
    assert caught.value.message == message


def test_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Pooling", "pooling_param { kernel_size: 2 }").infer([(2, 3, 4)], 1)
    assert caught.value.message == "Pooling needs a bottom of at least 4 axes (N x C x H x W), not 2 x 3 x 4"
    with pytest.raises(ShapeError) as caught:
        make_layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 }").infer([(2, 3, 4, 4)], 2)
    assert caught.value.message == "only MAX pooling has a second top"


def windows_of(volume: Array, kernel: int, stride: int) -> list[Array]:
    sizes = [-(-(n - kernel) // stride) + 1 for n in volume.shape]
    return [volume[tuple(slice(i * stride, i * stride + kernel) for i in place)] for place in np.ndindex(*sizes)]


def test_volumes_against_windows_written_out() -> None:
    x = np.random.default_rng(7).permutation(5 * 4 * 6).reshape(1, 1, 5, 4, 6).astype(float)
    largest, mask = pool(x, "kernel_size: 3 stride: 2", 2)
    assert largest.shape == (1, 1, 2, 2, 3)
    windows = windows_of(x[0, 0], 3, 2)
    np.testing.assert_array_equal(largest.reshape(-1), [window.max() for window in windows])
    np.testing.assert_array_equal(x.reshape(-1)[mask.reshape(-1).astype(int)], largest.reshape(-1))
    (mean,) = pool(x, "kernel_size: 3 stride: 2 pool: AVE")
    # The divisor counts the window up to the edge: nothing is padded here.
    np.testing.assert_allclose(mean.reshape(-1), [window.mean() for window in windows])


def test_kernel_for_each_axis_of_a_volume() -> None:
    x = np.arange(24.0).reshape(1, 1, 2, 3, 4)
    (top,) = pool(x, "kernel_size_3d: [2, 1, 4]")
    np.testing.assert_array_equal(top.reshape(-1), [15, 19, 23])


def test_ceil_mode_false_is_round_mode_floor_and_round_mode_wins() -> None:
    x = np.zeros((1, 1, 6, 6))
    sizes = [
        pool(x, f"kernel_size: 3 stride: 2 {fields}")[0].shape[2]
        for fields in ("", "ceil_mode: true", "ceil_mode: false", "ceil_mode: false round_mode: CEIL")
    ]
    assert sizes == [3, 3, 2, 3]


def test_mean_over_pixels_alone() -> None:
    x = np.ones((1, 1, 4, 4))
    (mean,) = pool(x, "kernel_size: 3 stride: 2 pad: 1 pool: AVE avg_include_pad: false")
    np.testing.assert_array_equal(mean, np.ones((1, 1, 3, 3)))


def test_drawn_numbers_follow_their_share_of_the_sum() -> None:
    x = np.tile(plane([1, 0], [2, 5]), (4, 2500, 1, 1))
    (top,) = pool(x, "pool: STOCHASTIC kernel_size: 2")
    shares = [float(np.mean(top == number)) for number in (0, 1, 2, 5)]
    np.testing.assert_allclose(shares, [0, 1 / 8, 2 / 8, 5 / 8], atol=0.02)


def test_the_gradient_goes_to_the_drawn_number() -> None:
    x = np.random.default_rng(8).uniform(1, 2, (2, 3, 4, 4))
    top, diff = pool(x, "pool: STOCHASTIC kernel_size: 2 stride: 2", 1, np.full((2, 3, 2, 2), 3.0))
    assert np.count_nonzero(diff) == top.size
    np.testing.assert_array_equal(np.sort(x[diff == 3]), np.sort(top.reshape(-1)))


def test_nothing_is_drawn_from_zeros() -> None:
    top, diff = pool(plane([0, 0, 0]), "pool: STOCHASTIC kernel_h: 1 kernel_w: 3", 1, plane([7]))
    assert top.item() == 0
    np.testing.assert_array_equal(diff, plane([7, 0, 0]))  # the first reaches the sum, as in Caffe


def test_weighted_mean_in_the_test_phase() -> None:
    layer = make_layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_h: 1 kernel_w: 2 stride: 2 }", phase=TEST)
    result = run_layer(layer, [plane([1, 3, 0, 0, -1, 0.5])])
    np.testing.assert_allclose(result.tops[0], plane([10 / 4, 0, 0]))
