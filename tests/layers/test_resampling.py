"""Resample and Downsample against their sums written out pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

X = np.random.default_rng(1).uniform(-1, 1, (1, 1, 6, 8))


def resized(kind: str, fields: str, x: Array) -> Array:
    return run_layer(make_layer(kind, fields), [x]).tops[0][0, 0]


def nearest(place: float) -> int:
    """Half goes away from zero."""
    return math.floor(abs(place) + 0.5) * (1 if place >= 0 else -1)


def kernel(cubic: bool, distance: float) -> float:
    t = abs(distance)
    if not cubic:
        return max(0.0, 1 - t)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def resampled(plane: Array, size: tuple[int, int], cubic: bool, antialias: bool) -> Array:
    step_y, step_x = plane.shape[0] / size[0], plane.shape[1] / size[1]
    smooth = antialias and max(step_x, step_y) > 1
    top = np.zeros(size)
    for row, column in np.ndindex(size):
        x, y = column * step_x + step_y / 2 - 0.5, row * step_y + step_x / 2 - 0.5
        scale_x, scale_y = (1 / step_x, 1 / step_y) if smooth else (1, 1)
        taps = 4 if cubic else 2
        reach_x = 2 if step_x < 1 else math.ceil(taps / scale_x)
        reach_y = 2 if step_y < 1 else math.ceil(taps / scale_y)
        total = weight_sum = 0.0
        for v in range(nearest(y) - reach_y, nearest(y) + reach_y + 1):
            for u in range(nearest(x) - reach_x, nearest(x) + reach_x + 1):
                if 0 <= v < plane.shape[0] and 0 <= u < plane.shape[1]:
                    weight = kernel(cubic, scale_x * (x - u)) * kernel(cubic, scale_y * (y - v))
                    total += weight * plane[v, u]
                    weight_sum += weight
        top[row, column] = total / weight_sum if weight_sum else 0
    return top


@pytest.mark.parametrize("size", [(3, 4), (12, 16), (5, 5), (9, 3), (6, 4)])
@pytest.mark.parametrize("kind", ["LINEAR", "CUBIC"])
@pytest.mark.parametrize("antialias", [True, False])
def test_resample(size: tuple[int, int], kind: str, antialias: bool) -> None:
    fields = f"height: {size[0]} width: {size[1]} type: {kind} antialias: {str(antialias).lower()}"
    found = resized("Resample", f"resample_param {{ {fields} }}", X)
    np.testing.assert_allclose(found, resampled(X[0, 0], size, kind == "CUBIC", antialias), atol=1e-5)


def test_nearest_pixel() -> None:
    found = resized("Resample", "resample_param { height: 12 width: 16 type: NEAREST }", X)
    np.testing.assert_array_equal(found, X[0, 0].repeat(2, axis=0).repeat(2, axis=1))


def test_the_second_bottom_gives_the_size() -> None:
    layer = make_layer("Resample", "resample_param { height: 2 width: 2 }", bottoms=2)
    assert layer.infer([(2, 3, 6, 8), (9, 9, 4, 5)], 1).tops == ((2, 3, 4, 5),)


def downsampled(plane: Array, size: tuple[int, int]) -> Array:
    height, width = plane.shape
    step_y, step_x = (height - 1) / (size[0] - 1), (width - 1) / (size[1] - 1)
    top = np.zeros(size)
    for row, column in np.ndindex(size):
        y, x = row * step_y, column * step_x
        total = known = unknown = 0.0
        for v, u in np.ndindex(plane.shape):
            weight = max(0.0, 1 - abs(u - x) / step_x) * max(0.0, 1 - abs(v - y) / step_y)
            if math.isnan(plane[v, u]):
                unknown += weight
            else:
                known += weight
                total += weight * plane[v, u]
        top[row, column] = math.nan if known == 0 or unknown / known > 0.5 else total / known
    return top


@pytest.mark.parametrize("size", [(3, 4), (6, 4), (2, 2), (9, 5)])
def test_downsample(size: tuple[int, int]) -> None:
    fields = f"downsample_param {{ top_height: {size[0]} top_width: {size[1]} }}"
    np.testing.assert_allclose(resized("Downsample", fields, X), downsampled(X[0, 0], size), atol=1e-5)


def test_what_is_not_known_is_left_out_of_the_mean() -> None:
    x = X.copy()
    x[0, 0, 0:3, 0:2] = x[0, 0, 4, 6] = np.nan
    found = resized("Downsample", "downsample_param { top_height: 3 top_width: 4 }", x)
    expected = downsampled(x[0, 0], (3, 4))
    assert np.isnan(expected).any()
    assert not np.isnan(expected).all()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_same_size_is_a_copy() -> None:
    x = X.copy()
    x[0, 0, 1, 1] = np.nan
    np.testing.assert_array_equal(resized("Downsample", "downsample_param { top_height: 6 top_width: 8 }", x), x[0, 0])


@pytest.mark.parametrize(
    ("kind", "fields", "bottom", "message"),
    [
        ("Resample", "", (1, 1, 4, 4), "Resample needs the size of its top"),
        ("Resample", "resample_param { type: AREA }", (1, 1, 4, 4), "Resample has no type AREA"),
        ("Downsample", "downsample_param { top_width: 2 }", (1, 1, 4, 4), "Downsample needs the size of its top"),
        (
            "Downsample",
            "downsample_param { top_width: 1 top_height: 3 }",
            (1, 1, 4, 4),
            "Downsample cannot go from 4 x 4 to 3 x 1: each size must be at least 2",
        ),
        ("Downsample", "", (4, 4), "Downsample needs bottoms of 4 axes (N x C x H x W), not 4 x 4"),
    ],
)
def test_refused(kind: str, fields: str, bottom: Shape, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(kind, fields).infer([bottom], 1)
    assert caught.value.message == message


def test_size_of_the_second_bottom_is_checked() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Resample", bottoms=2).infer([(1, 1, 4, 4), (3, 3)], 1)
    assert caught.value.message == "Resample needs bottoms of 4 axes (N x C x H x W), not 3 x 3"
