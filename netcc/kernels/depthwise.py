"""Depthwise convolution: every channel has its own filter."""

from __future__ import annotations

import numpy as np

from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.depthwise_sums import (
    depthwise_forward,
    depthwise_image_gradient,
    depthwise_scratch,
    depthwise_weights_gradient,
)
from netcc.kernels.geometry import Geometry
from netcc.kernels.twins import pick
from netcc.types import Array


class Depthwise(ConvolutionKernel):
    """As many groups as channels and outputs. Prepared weights are (kernel height, kernel width, channels)."""

    name = "depthwise"

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.prepared = self.prepared_backward = (*geometry.kernel, geometry.channels)
        self.scratch, backward = depthwise_scratch(geometry)
        self.scratch_backward = backward + geometry.channels * geometry.taps
        self._forward = pick(depthwise_forward)
        self._image_gradient = pick(depthwise_image_gradient)
        self._weights_gradient = pick(depthwise_weights_gradient)

    def prepare(self, weights: Array, out: Array) -> None:
        np.copyto(out, weights[:, 0].transpose(1, 2, 0))

    def prepare_backward(self, weights: Array, out: Array) -> None:
        self.prepare(weights, out)

    def forward(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        *,
        addend: Array | None = None,
        relu: float | None = None,
    ) -> None:
        geometry = self.geometry
        window = geometry.stride, geometry.pad, geometry.dilation
        self._forward(x, weights, bias, addend, relu, y, scratch, *window)

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        geometry = self.geometry
        self._image_gradient(dy, weights, dx, scratch, geometry.stride, geometry.pad, geometry.dilation)

    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        geometry = self.geometry
        size = geometry.channels * geometry.taps
        turned = scratch[:size].reshape(*geometry.kernel, -1)
        self._weights_gradient(x, dy, turned, scratch[size:], geometry.stride, geometry.pad, geometry.dilation)
        target, result = dw[:, 0], turned.transpose(2, 0, 1)
        if add:
            np.add(target, result, out=target)
        else:
            np.copyto(target, result)
        if db is not None:
            self.bias_gradient(dy, db, add=add)
