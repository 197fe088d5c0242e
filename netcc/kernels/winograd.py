"""Convolution 3x3 of unit stride by Winograd's minimal filtering: 36 products where the direct sum needs 144."""

from __future__ import annotations

import numpy as np

from netcc.kernels import convolution_cost as cost
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import WeightsGradient
from netcc.kernels.strips import Strip, cut, take
from netcc.kernels.twins import pick
from netcc.kernels.winograd_transforms import (
    TILE,
    gather_weights_gradient,
    gradient_scratch,
    input_scratch,
    output_scratch,
    transform_gradient,
    transform_input,
    transform_output,
    transform_weights,
)
from netcc.types import Array, Shape, count

_STRIP = 3 << 12
"""Elements of one of the 36 planes of a strip, so that it stays near."""


def _tiles(geometry: Geometry) -> float:
    """Tiles of a strip: where there are many channels, so many that the weights are worth their way from memory."""
    narrow, wide = sorted((geometry.channels, geometry.outputs))
    return max(_STRIP / wide, narrow / 2)


class Winograd(ConvolutionKernel):
    """F(4x4, 3x3) of Lavin & Gray (2016); the tiles of a strip, be they of several images, share 36 products.

    Rounds about ten times worse than the direct sum. Prepared weights are (36, channels, outputs), for the
    gradient of the image (36, outputs, channels).
    """

    name = "Winograd F(4x4, 3x3)"

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        return (
            geometry.kernel == (3, 3)
            and geometry.unit_stride
            and geometry.dilation == (1, 1)
            and geometry.groups == 1
            and max(geometry.pad) <= 2
        )

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self._correlation = _Correlation(geometry)
        self._mirrored = _Correlation(geometry.mirrored)
        direct = cost.im2col_weights_gradient(geometry) < cost.minimal_weights_gradient(geometry)
        self._weights = WeightsGradient(geometry) if direct else _WeightsGradient(geometry)
        self.prepared = (36, geometry.channels, geometry.outputs)
        self.prepared_backward = (36, geometry.outputs, geometry.channels)
        self.scratch = self._correlation.scratch
        self.scratch_backward = max(self._mirrored.scratch, self._weights.scratch)

    def prepare(self, weights: Array, out: Array) -> None:
        transform_weights(weights.transpose(2, 3, 1, 0), out)

    def prepare_backward(self, weights: Array, out: Array) -> None:
        transform_weights(weights[..., ::-1, ::-1].transpose(2, 3, 0, 1), out)

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
        self._correlation.run(x, weights, bias, y, scratch, addend, relu)

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        self._mirrored.run(dy, weights, None, dx, scratch, None, None)

    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        if db is not None:
            self.bias_gradient(dy, db, add=add)
        self._weights.run(x, dy, dw, scratch, add)


class _Correlation:
    """The convolution with transformed weights (36, channels, outputs)."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._rows, self._columns = -(-geometry.out_height // TILE), -(-geometry.out_width // TILE)
        self._cut = cut(geometry.images, self._rows, _tiles(geometry) / self._columns)
        tiles = self._cut.images, self._cut.rows, self._columns
        before, after = (*tiles, geometry.channels), (*tiles, geometry.outputs)
        self.scratch = 36 * count(before) + max(input_scratch(before), 36 * count(after) + output_scratch(after))
        self._transform_input = pick(transform_input)
        self._transform_output = pick(transform_output)

    def run(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        addend: Array | None,
        relu: float | None,
    ) -> None:
        geometry = self._geometry
        for strip in self._cut.strips(geometry.images, self._rows):
            tiles = strip.end - strip.image, strip.last - strip.first, self._columns
            transformed, rest = _front(scratch, (36, *tiles, geometry.channels))
            self._transform_input(strip.images_of(x), transformed, rest, strip.first, geometry.pad)
            products, rest = _front(rest, (36, *tiles, geometry.outputs))
            np.matmul(
                transformed.reshape(36, -1, geometry.channels),
                weights,
                out=products.reshape(36, -1, geometry.outputs),
            )
            rows = Strip(strip.image, strip.end, TILE * strip.first, TILE * strip.last)
            added = None if addend is None else rows.of(addend)
            self._transform_output(products, rows.of(y), bias, added, relu, rest)


class _WeightsGradient:
    """dw from 36 products of transformed images and transformed gradients, summed up over the tiles."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._rows, self._columns = -(-geometry.out_height // TILE), -(-geometry.out_width // TILE)
        self._cut = cut(geometry.images, self._rows, _tiles(geometry) / self._columns)
        tiles = self._cut.images, self._cut.rows, self._columns
        images, gradients = (*tiles, geometry.channels), (*tiles, geometry.outputs)
        self._one = self._cut == (geometry.images, self._rows)
        self._sum: Shape = (36, geometry.channels, geometry.outputs)
        self.scratch = (1 if self._one else 2) * count(self._sum) + 36 * (count(images) + count(gradients))
        self.scratch += max(input_scratch(images), gradient_scratch(gradients))
        self._transform_input = pick(transform_input)
        self._transform_gradient = pick(transform_gradient)

    def run(self, x: Array, dy: Array, dw: Array, scratch: Array, add: bool) -> None:
        geometry = self._geometry
        total, rest = _front(scratch, self._sum)
        term = total
        if not self._one:
            term, rest = _front(rest, self._sum)
        for number, strip in enumerate(self._cut.strips(geometry.images, self._rows)):
            tiles = strip.end - strip.image, strip.last - strip.first, self._columns
            images, more = _front(rest, (36, *tiles, geometry.channels))
            gradients, more = _front(more, (36, *tiles, geometry.outputs))
            self._transform_input(strip.images_of(x), images, more, strip.first, geometry.pad)
            self._transform_gradient(strip.images_of(dy), gradients, more, strip.first)
            np.matmul(
                images.reshape(36, -1, geometry.channels).transpose(0, 2, 1),
                gradients.reshape(36, -1, geometry.outputs),
                out=term if number else total,
            )
            if number:
                np.add(total, term, out=total)
        gather_weights_gradient(total, dw, add=add)


def _front(scratch: Array, shape: Shape) -> tuple[Array, Array]:
    """The front of a flat array as an array of `shape`, and what lies behind it."""
    return take(scratch, shape), scratch[count(shape) :]
