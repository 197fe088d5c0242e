"""Pooling bound to its arrays against the same kernel's calls, which are tested against the layer's own."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.gaps import planes, with_gaps

from netcc.kernels.pooling import MaxPooling
from netcc.kernels.pooling_apart import is_apart
from netcc.kernels.twins import use_target
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array

APART = [
    PoolingGeometry(3, 8, 6, 5, 4, 3, (2, 2), (2, 2)),
    PoolingGeometry(2, 6, 9, 4, 3, 3, (2, 3), (2, 3)),
    PoolingGeometry(2, 9, 8, 2, 3, 2, (3, 4), (3, 4)),
    PoolingGeometry(2, 4, 4, 130, 2, 2, (2, 2), (2, 2)),
    PoolingGeometry(1, 8, 9, 130, 2, 3, (4, 3), (4, 3)),
]
NEARLY = [
    PoolingGeometry(2, 7, 6, 5, 4, 3, (2, 2), (2, 2)),
    PoolingGeometry(2, 8, 8, 5, 4, 4, (2, 2), (2, 2), (1, 1)),
    PoolingGeometry(2, 9, 9, 5, 4, 4, (3, 3), (2, 2)),
    PoolingGeometry(2, 6, 6, 5, 3, 6, (2, 1), (2, 1)),
]


def pooled(kernel: MaxPooling, x: Array, dy: Array, *, bound: bool) -> list[Array]:
    """y, the saved places, and dx, where scratch has any contents."""
    geometry = kernel.geometry
    y, saved = np.full(geometry.y_shape, np.nan, x.dtype), np.full(geometry.y_shape, 251, np.uint8)
    dx, scratch = (
        np.full_like(x, np.nan),
        np.full(max(kernel.scratch_training, kernel.scratch_backward), np.nan, x.dtype),
    )
    if bound:
        forward, backward = kernel.bound_forward(x, y, saved, scratch), kernel.bound_backward(dy, saved, dx, scratch)
        for _ in range(2):
            forward()
            backward()
    else:
        kernel.forward(x, y, saved, scratch)
        kernel.backward(dy, saved, dx, scratch)
    return [y, saved, dx]


@pytest.mark.parametrize("number", [None, np.nan, -np.inf, np.inf, float(np.finfo(np.float32).min)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("block", [1, 60, 1 << 16])
@pytest.mark.parametrize("geometry", [*APART, *NEARLY])
def test_bound_pooling_gives_the_same(
    geometry: PoolingGeometry, block: int, dtype: type, number: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netcc.kernels.pooling.BLOCK", block)
    random = np.random.default_rng(0)
    x, dy = (
        random.integers(-2, 2, geometry.x_shape).astype(dtype),
        random.standard_normal(geometry.y_shape).astype(dtype),
    )
    if number is not None:
        x[random.random(x.shape) < 0.7] = number
    with use_target("numpy"):
        kernel = MaxPooling(geometry)
    expected, found = (pooled(kernel, x, dy, bound=bound) for bound in (False, True))
    for one, two in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("geometry", APART)
def test_gaps_are_left_alone(geometry: PoolingGeometry) -> None:
    random = np.random.default_rng(0)
    x, dy = random.standard_normal(geometry.x_shape), random.standard_normal(geometry.y_shape)
    with use_target("numpy"):
        kernel = MaxPooling(geometry)
    y, places, dx = pooled(kernel, x, dy, bound=False)
    wide = with_gaps(np.zeros_like(planes(y)))
    saved, scratch = np.zeros(geometry.y_shape, np.uint8), np.zeros(kernel.scratch_training + kernel.scratch_backward)
    kernel.bound_forward(x, wide, saved, scratch)()
    np.testing.assert_array_equal(wide, y)
    np.testing.assert_array_equal(saved, places)
    wide = with_gaps(np.zeros_like(planes(dx)))
    kernel.bound_backward(dy, saved, wide, scratch)()
    np.testing.assert_array_equal(wide, dx)


def test_only_windows_that_cover_the_image_are_apart() -> None:
    assert all(map(is_apart, APART))
    assert not any(map(is_apart, NEARLY))
