"""Convolution of few channels, several neighbouring pixels of the result at a time.

A pixel's window over one to three channels is a short row of a matrix, and little memory is copied at a time. The
windows of `block` neighbours overlap: one wider window, `(block - 1) stride` columns longer, holds them all. With the
weights laid out once for each neighbour, zero elsewhere, one longer row gives all of their outputs side by side, as
they lie in memory: some products with zero, but fewer, longer copies and larger matrices.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netcc.kernels import convolution_cost as cost
from netcc.kernels.blocks import take
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import Correlation, Im2col, WeightsGradient
from netcc.types import Array, Shape, count

LARGEST_BLOCK = 8

GAIN = 0.9
"""Blocks must be so much cheaper than single pixels."""


class PixelBlocks(ConvolutionKernel):
    """im2col with a window for each block of pixels of a row of the result.

    Prepared weights are (1, kernel height, width of the wider window, channels, block x outputs); for the gradient of
    the image they are im2col's.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.block = best_block(geometry)
        self.name = f"im2col by {self.block} pixels"
        self._wide = widened(geometry, self.block)
        self._correlation = Correlation(self._wide)
        self._narrow = Im2col(geometry)
        self._weights = WeightsGradient(self._wide)
        self._gradient: Shape = (self._wide.outputs, self._wide.channels, *self._wide.kernel)
        self.prepared = (1, *self._wide.kernel, self._wide.channels, self._wide.outputs)
        self.prepared_backward = self._narrow.prepared_backward
        self._y: Shape = (geometry.images, geometry.out_height, self._wide.out_width, self._wide.outputs)
        self.scratch = max(self._correlation.scratch, self._narrow.scratch)
        self.scratch_backward = max(self._narrow.scratch_backward, self._weights.scratch + count(self._gradient))

    def prepare(self, weights: Array, out: Array) -> None:
        width = self.geometry.kernel[1]
        blocks = out.reshape(*out.shape[1:-1], self.block, self.geometry.outputs)
        blocks[...] = 0
        for pixel in range(self.block):
            first = pixel * self.geometry.stride[1]
            blocks[:, first : first + width, :, pixel] = weights.transpose(2, 3, 1, 0)

    def prepare_backward(self, weights: Array, out: Array) -> None:
        self._narrow.prepare_backward(weights, out)

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
        wide = self._side_by_side(y)
        if wide is None:
            self._narrow.forward(x, self._of_one_pixel(weights), bias, y, scratch, addend=addend, relu=relu)
            return
        added = None if addend is None else addend.reshape(self._y)
        biases = None if bias is None else np.tile(bias, self.block)
        self._correlation.run(x, weights, biases, wide, scratch, added, relu)

    def _side_by_side(self, array: Array) -> Array | None:
        """The outputs of a block's pixels side by side; None where gaps between pixels leave them to im2col."""
        gaps = array.strides[2] != array.itemsize * array.shape[3]
        return None if gaps else array.reshape(self._y)

    def _of_one_pixel(self, weights: Array) -> Array:
        """The prepared weights as im2col takes them."""
        blocks = weights.reshape(*weights.shape[:-1], self.block, self.geometry.outputs)
        return np.ascontiguousarray(blocks[:, :, : self.geometry.kernel[1], :, 0])

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        self._narrow.image_gradient(dy, weights, dx, scratch)

    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        wide = self._side_by_side(dy)
        if wide is None:
            self._narrow.weights_gradient(x, dy, dw, scratch, add=add, db=db)
            return
        if db is not None:
            self.bias_gradient(dy, db, add=add)
        gradient = take(scratch, self._gradient)
        self._weights.run(x, wide, gradient, scratch[gradient.size :], False)
        blocks = gradient.reshape(self.block, *dw.shape[:3], -1)
        for pixel in range(self.block):
            first = pixel * self.geometry.stride[1]
            part = blocks[pixel, ..., first : first + dw.shape[3]]
            if pixel or add:
                np.add(dw, part, out=dw)
            else:
                np.copyto(dw, part)


def widened(geometry: Geometry, block: int) -> Geometry:
    """The convolution that gives `block` pixels of a row of the result as one."""
    height, width = geometry.kernel
    return replace(
        geometry,
        outputs=block * geometry.outputs,
        kernel=(height, width + (block - 1) * geometry.stride[1]),
        stride=(geometry.stride[0], block * geometry.stride[1]),
    )


def best_block(geometry: Geometry) -> int:
    """How many neighbouring pixels are best computed together: 1 where im2col is about as good."""
    if geometry.groups > 1 or geometry.dilation[1] > 1:
        return 1
    costs = {
        block: cost.rows_of_columns(widened(geometry, block)) / (1 if block == 1 else GAIN)
        for block in range(1, LARGEST_BLOCK + 1)
        if geometry.out_width % block == 0
    }
    return min(costs, key=costs.__getitem__)
