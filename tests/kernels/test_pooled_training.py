"""A convolution with the pooling behind it, and their gradients, against the two, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import plain_convolution as plain
from helpers.pooled import KINDS, SQUARE, images_at_a_time, operands, pooling_behind

from netcc.kernels.calls import make
from netcc.kernels.convolution import ConvolutionKernel, Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pooled_training import PooledTraining
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.twins import use_target


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize("images", [1, 2, 5])
@pytest.mark.parametrize(("kind", "geometry", "kernel", "pad"), KINDS)
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
    images_at_a_time(images, geometry, monkeypatch)
    pooling = pooling_behind(geometry, kernel, pad)
    with use_target(target):
        both, alone = PooledTraining(kind, geometry, pooling), MaxPooling(pooling)
    x, weights, draw = operands(geometry)
    bias, dy = draw(geometry.outputs), draw(pooling.y_shape)
    assert both.first.prepared is not None
    assert both.first.prepared_backward is not None
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
    pooling = replace(pooling_behind(SQUARE), out_height=SQUARE.out_height // 2)
    both = PooledTraining(Im2col, SQUARE, pooling)
    x, dy = np.ones((5, 9, 8, 3)), np.ones(pooling.y_shape)
    saved, scratch = np.ones(pooling.y_shape, np.uint8), np.zeros(both.scratch_backward)
    weights = np.ones((4, 3, 3, 3))
    assert [*both.backward_calls(x, dy, saved, weights, None, None, scratch)][1:] == []
    wanted = np.zeros_like(weights)
    make(both.backward_calls(x, dy, saved, weights, wanted, None, scratch))
    assert wanted[0, 0, 1, 1] == dy[..., 0].sum()
