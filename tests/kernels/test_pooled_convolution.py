"""A convolution with the pooling behind it against the two, one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_convolution as plain
from helpers.pooled import KINDS, images_at_a_time, operands, pooling_behind

from netcc.kernels.convolution import ConvolutionKernel, Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pixel_blocks import PixelBlocks
from netcc.kernels.pooled_convolution import PooledConvolution
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.twins import use_target


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize("images", [1, 2, 5])
@pytest.mark.parametrize("relu", [None, 0.0, 0.5])
@pytest.mark.parametrize(("kind", "geometry", "kernel", "pad"), KINDS)
def test_some_images_at_a_time(
    kind: type[ConvolutionKernel],
    geometry: Geometry,
    kernel: int,
    pad: int,
    relu: float | None,
    images: int,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if target == "fast":
        pytest.importorskip("numba")
    images_at_a_time(images, geometry, monkeypatch)
    pooling = pooling_behind(geometry, kernel, pad)
    with use_target(target):
        both, alone = PooledConvolution(kind, geometry, pooling), MaxPooling(pooling)
    x, weights, draw = operands(geometry)
    bias = draw(geometry.outputs)
    assert both.prepared is not None
    prepared = np.empty(both.prepared)
    both.prepare(weights, prepared)
    found, expected = np.empty(pooling.y_shape), np.empty(pooling.y_shape)
    both.forward(x, prepared, bias, found, np.full(both.scratch, np.nan), relu=relu)
    before = plain.forward(geometry, x, weights) + bias
    if relu is not None:
        before = np.where(before > 0, before, relu * before)
    alone.forward(before, expected, None, np.full(alone.scratch, np.nan))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize(
    ("kind", "geometry"),
    [
        (Im2col, Geometry(21, 32, 32, 16, 32, kernel=(3, 3), pad=(1, 1))),
        (PixelBlocks, Geometry(32, 28, 28, 1, 20, kernel=(5, 5))),
    ],
)
def test_fewer_images_at_the_end_may_need_more_scratch(
    kind: type[ConvolutionKernel], geometry: Geometry, target: str
) -> None:
    if target == "fast":
        pytest.importorskip("numba")
    pooling = pooling_behind(geometry)
    with use_target(target):
        both, first, second = PooledConvolution(kind, geometry, pooling), kind(geometry), MaxPooling(pooling)
    x, weights, _ = operands(geometry)
    assert both.prepared is not None
    prepared = np.empty(both.prepared)
    both.prepare(weights, prepared)
    found, expected = np.empty(pooling.y_shape), np.empty(pooling.y_shape)
    both.forward(x, prepared, None, found, np.full(both.scratch, np.nan))
    before = np.empty((geometry.images, geometry.out_height, geometry.out_width, geometry.outputs))
    first.forward(x, prepared, None, before, np.full(first.scratch, np.nan))
    second.forward(before, expected, None, np.full(second.scratch, np.nan))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
