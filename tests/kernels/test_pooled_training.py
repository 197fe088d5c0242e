"""A convolution with the pooling behind it, and their gradients, against the two, one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_convolution as plain

from netcc.kernels import pooled_training
from netcc.kernels.calls import make
from netcc.kernels.convolution import ConvolutionKernel, Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pixel_blocks import PixelBlocks
from netcc.kernels.pooled_training import PooledTraining
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.twins import use_target
from netcc.kernels.windows import PoolingGeometry
from netcc.kernels.winograd import Winograd

FEW = Geometry(5, 12, 12, 1, 6, kernel=(5, 5))
SQUARE = Geometry(5, 9, 8, 3, 4, kernel=(3, 3), pad=(1, 1))


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize("images", [1, 2, 5])
@pytest.mark.parametrize(
    ("kind", "geometry", "kernel", "pad"),
    [(PixelBlocks, FEW, 2, 0), (Im2col, SQUARE, 3, 1), (Winograd, SQUARE, 2, 0)],
)
def test_some_images_at_a_time(
    kind: type[ConvolutionKernel],
    geometry: Geometry,
    kernel: int,
    pad: int,
    images: int,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if target == "fast":
        pytest.importorskip("numba")
    size = (geometry.out_height, geometry.out_width, geometry.outputs)
    monkeypatch.setattr(pooled_training, "strip_bytes", lambda: 8 * images * int(np.prod(size)))
    pooled = [-(-(length + 2 * pad - kernel) // 2) + 1 for length in size[:2]]
    pooling = PoolingGeometry(geometry.images, *size, *pooled, (kernel, kernel), (2, 2), (pad, pad))
    with use_target(target):
        both, alone = PooledTraining(kind, geometry, pooling), MaxPooling(pooling)
    random = np.random.default_rng(2)
    x = random.standard_normal((geometry.images, geometry.height, geometry.width, geometry.channels))
    weights = random.standard_normal((geometry.outputs, geometry.channels, *geometry.kernel))
    bias, dy = random.standard_normal(geometry.outputs), random.standard_normal(pooling.y_shape)
    forward, back = np.empty(both.first.prepared), np.empty(both.first.prepared_backward)
    both.first.prepare(weights, forward)
    both.first.prepare_backward(weights, back)

    found, saved = np.empty(pooling.y_shape), np.empty(pooling.y_shape, np.uint8)
    make(both.forward_calls(x, forward, bias, found, saved, np.full(both.scratch, np.nan)))
    dw, dx = np.full_like(weights, np.nan), np.full_like(x, np.nan)
    make(both.backward_calls(x, dy, saved, back, dw, dx, np.full(both.scratch_backward, np.nan)))

    before = plain.forward(geometry, x, weights) + bias
    expected, places, gradient = np.empty_like(found), np.empty_like(saved), np.empty_like(before)
    alone.forward(before, expected, places, np.full(alone.scratch_training, np.nan))
    alone.backward(dy, places, gradient, np.full(alone.scratch_backward, np.nan))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    np.testing.assert_array_equal(saved, places)
    for ours, theirs in (
        (dw, plain.weights_gradient(geometry, x, gradient)),
        (dx, plain.image_gradient(geometry, weights, gradient)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11 * np.abs(theirs).max())


def test_gradients_that_nobody_wants() -> None:
    size = (SQUARE.out_height, SQUARE.out_width, SQUARE.outputs)
    pooling = PoolingGeometry(SQUARE.images, *size, size[0] // 2, size[1] // 2, (2, 2), (2, 2))
    both = PooledTraining(Im2col, SQUARE, pooling)
    x, dy = np.ones((5, 9, 8, 3)), np.ones(pooling.y_shape)
    saved, scratch = np.ones(pooling.y_shape, np.uint8), np.zeros(both.scratch_backward)
    weights = np.ones((4, 3, 3, 3))
    assert [*both.backward_calls(x, dy, saved, weights, None, None, scratch)][1:] == []
    wanted = np.zeros_like(weights)
    make(both.backward_calls(x, dy, saved, weights, wanted, None, scratch))
    assert wanted[0, 0, 1, 1] == dy[..., 0].sum()
