"""Pooling kernels against the layer's own, which works plane by plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.gaps import planes, scratch, with_gaps

from netcc.kernels.pooling import AveragePooling, MaxPooling
from netcc.kernels.twins import use_target
from netcc.kernels.windows import PoolingGeometry
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

WINDOWS = [
    "kernel_size: 2 stride: 2",
    "kernel_size: 3 stride: 2",
    "kernel_size: 3 stride: 2 pad: 1",
    "kernel_size: 3 pad: 1",
    "kernel_size: 3 stride: 2 round_mode: FLOOR",
    "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 4",
    "kernel_h: 1 kernel_w: 2 stride_h: 3 stride_w: 1 pad_h: 0 pad_w: 1",
    "kernel_size: 2 stride: 3",
    "kernel_size: 1 stride: 2",
    "kernel_size: 5 pad: 2",
    "kernel_size: 7 stride: 2",
    "kernel_size: 2 stride: 3 pad: 1",
    "kernel_size: 5 stride: 4",
    "global_pooling: true",
]
SHAPES: list[Shape] = [(2, 3, 7, 6), (1, 8, 8, 9), (3, 5, 9, 7)]


def case(
    method: str, window: str, shape: Shape, dtype: type, seed: int = 0, levels: int | None = None
) -> tuple[Any, Array, Array, PoolingGeometry]:
    """The layer's own result for random numbers, of `levels` different values if that is given, and the geometry."""
    random = np.random.default_rng(seed)
    layer: Any = make_layer("Pooling", f"pooling_param {{ pool: {method} {window} }}")
    x = random.uniform(-1, 1, shape) if levels is None else random.integers(levels, size=shape)
    top = layer.infer([shape], 1).tops[0]
    dy = random.uniform(-1, 1, top)
    result = run_layer(layer, [x], top_diffs=[dy], dtype=dtype)
    return (
        result,
        x.astype(dtype),
        dy.astype(dtype),
        PoolingGeometry.of(shape, layer.fields.window(shape[2:]), floor=layer.floor),
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("block", [1, 100, 1 << 16])
def test_max(window: str, shape: Shape, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BLOCK", "TRAINING_BLOCK", "GRADIENT_BLOCK"):
        monkeypatch.setattr(f"netcc.kernels.pooling.{name}", block)
    result, x, dy, geometry = case("MAX", window, shape, np.float32, levels=4)
    with use_target("numpy"):
        kernel = MaxPooling(geometry)
    for saved in (None, np.full(geometry.y_shape, 251, np.uint8)):
        y = with_gaps(np.full_like(result.tops[0], np.nan))
        kernel.forward(
            with_gaps(x), y, saved, scratch(kernel.scratch if saved is None else kernel.scratch_training, np.float32)
        )
        np.testing.assert_array_equal(planes(y), result.tops[0])
    dx = with_gaps(np.full_like(x, np.nan))
    assert saved is not None
    kernel.backward(with_gaps(dy), saved, dx, scratch(kernel.scratch_backward, np.float32))
    np.testing.assert_allclose(planes(dx), result.bottom_diffs[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("number", [np.nan, -np.inf, np.inf, float(np.finfo(np.float32).min)])
@pytest.mark.parametrize("window", ["kernel_size: 2 stride: 2", "kernel_size: 3 pad: 1"])
def test_max_of_what_is_hardly_a_number(number: float, window: str) -> None:
    _, x, dy, geometry = case("MAX", window, (2, 3, 6, 6), np.float64)
    chosen = np.random.default_rng(1).random(x.shape)
    x[chosen < 0.7] = number
    x[:, 0] = number
    layer = make_layer("Pooling", f"pooling_param {{ {window} }}")
    result = run_layer(layer, [x], top_diffs=[dy])
    with use_target("numpy"):
        kernel = MaxPooling(geometry)
    y, dx = with_gaps(np.zeros_like(result.tops[0])), with_gaps(x)
    saved = np.zeros(geometry.y_shape, np.uint8)
    kernel.forward(with_gaps(x), y, saved, scratch(kernel.scratch_training, np.float64))
    kernel.backward(with_gaps(dy), saved, dx, scratch(kernel.scratch_backward, np.float64))
    np.testing.assert_array_equal(planes(y), result.tops[0])
    np.testing.assert_allclose(planes(dx), result.bottom_diffs[0], rtol=1e-12, atol=1e-12)
    kernel.forward(with_gaps(x), y, None, scratch(kernel.scratch, np.float64))
    np.testing.assert_array_equal(planes(y), result.tops[0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [*WINDOWS, "kernel_size: 3 pad: 1 stride: 2 avg_include_pad: false"])
def test_average(window: str, shape: Shape, dtype: type) -> None:
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for block in (1, 100, 1 << 16):
        with pytest.MonkeyPatch.context() as patch, use_target("numpy"):
            patch.setattr("netcc.kernels.pooling.BLOCK", block)
            result, x, dy, geometry = case("AVE", window, shape, dtype)
            kernel = AveragePooling(geometry, include_pad="avg_include_pad" not in window)
        y, dx = with_gaps(np.full_like(result.tops[0], np.nan)), with_gaps(np.full_like(x, np.nan))
        kernel.forward(with_gaps(x), y, scratch(kernel.scratch, dtype))
        kernel.backward(with_gaps(dy), dx, scratch(kernel.scratch_backward, dtype))
        np.testing.assert_allclose(planes(y), result.tops[0], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(planes(dx), result.bottom_diffs[0], rtol=tolerance, atol=tolerance)
