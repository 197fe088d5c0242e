"""Convolution of unit stride by Winograd's minimal filtering: 36 products where the direct sum needs 144 or 100."""

from __future__ import annotations

import numpy as np

from netcc.kernels import convolution_cost as cost
from netcc.kernels.blocks import take
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import WeightsGradient
from netcc.kernels.strips import Cut, Strip, channel_ranges, cut
from netcc.kernels.twins import pick
from netcc.kernels.winograd_transforms import (
    EDGE,
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

_LONGEST = 1 << 16
"""Elements of a plane where many weights call for long strips."""

_LANES = 16
"""Twins leave arrays with fewer channels to the definitions, which need scratch."""


class _Tiling:
    """The tiles of a convolution in one group, and the strips that they are worked on in."""

    def __init__(self, geometry: Geometry) -> None:
        self.tile = EDGE + 1 - geometry.kernel[0]
        self.rows = -(-geometry.out_height // self.tile)
        self.columns = -(-geometry.out_width // self.tile)
        narrow, wide = sorted((geometry.channels, geometry.outputs))
        # With many channels so many tiles that the weights are worth their way from memory.
        wanted = max(_STRIP / wide, min(narrow / 2, _LONGEST / wide))
        self.cut = cut(geometry.images, self.rows, wanted / self.columns)
        self.largest: Shape = (*self.cut, self.columns)

    def of(self, strip: Strip) -> Shape:
        """Images, rows and columns of the tiles of a strip."""
        return strip.end - strip.image, strip.last - strip.first, self.columns


class Winograd(ConvolutionKernel):
    """F(4x4, 3x3) or F(2x2, 5x5) of Lavin & Gray (2016), group by group.

    The tiles of a strip, be they of several images, share 36 products. Rounds about ten times worse than the direct
    sum. Prepared weights are (groups, 36, channels / groups, outputs / groups), for the gradient of the image
    (groups, 36, outputs / groups, channels / groups).
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        return (
            geometry.kernel in ((3, 3), (5, 5))
            and geometry.unit_stride
            and geometry.dilation == (1, 1)
            and geometry.groups < geometry.channels
            and max(geometry.pad) < geometry.kernel[0]
        )

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        part = geometry.one_group
        tile = EDGE + 1 - geometry.kernel[0]
        self.name = f"Winograd F({tile}x{tile}, {geometry.kernel[0]}x{geometry.kernel[0]})"
        self._correlation = _Correlation(geometry)
        self._mirrored = _Correlation(geometry.mirrored)
        direct = cost.im2col_weights_gradient(geometry) < cost.minimal_weights_gradient(geometry)
        self._weights = WeightsGradient(geometry) if direct else _WeightsGradient(geometry)
        self.prepared = (geometry.groups, EDGE * EDGE, part.channels, part.outputs)
        self.prepared_backward = (geometry.groups, EDGE * EDGE, part.outputs, part.channels)
        self.prepares_parts, self.prepares_backward_parts = True, geometry.groups == 1
        self.scratch = self._correlation.scratch
        self.scratch_backward = max(self._mirrored.scratch, self._weights.scratch)
        self._transform_weights = pick(transform_weights)

    def prepare(self, weights: Array, out: Array) -> None:
        for group, (_, outputs) in enumerate(channel_ranges(self.geometry)):
            self._transform_weights(weights[outputs].transpose(2, 3, 1, 0), out[group])

    def prepare_backward(self, weights: Array, out: Array) -> None:
        for group, (_, outputs) in enumerate(channel_ranges(self.geometry)):
            self._transform_weights(weights[outputs, :, ::-1, ::-1].transpose(2, 3, 0, 1), out[group])

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
    """The convolution with transformed weights (groups, 36, channels / groups, outputs / groups)."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry, self._part = geometry, geometry.one_group
        self._tiling = _Tiling(self._part)
        self._transform_input = pick(transform_input)
        self._transform_output = pick(transform_output)
        self._writes = self._transform_output is transform_output or self._part.outputs < _LANES
        tiles, tile = self._tiling.largest, self._tiling.tile
        before, after = (*tiles, self._part.channels), (*tiles, self._part.outputs)
        reads = self._transform_input is transform_input or self._part.channels < _LANES
        reading = 36 * count(before) + (input_scratch(before, tile) if reads else 0)
        self.scratch = max(reading, self._front(tiles) + 36 * count(after))

    def _front(self, tiles: Shape) -> int:
        """Elements of scratch before the products: for transformed images, and then for results not yet in place."""
        part, tile = self._part, self._tiling.tile
        writing = output_scratch((*tiles, part.outputs), tile) if self._writes else 0
        return max(36 * count(tiles) * part.channels, writing)

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
        for group, (channels, outputs) in enumerate(channel_ranges(self._geometry)):
            self._run(
                x[..., channels],
                weights[group],
                None if bias is None else bias[outputs],
                y[..., outputs],
                scratch,
                None if addend is None else addend[..., outputs],
                relu,
            )

    def _run(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        addend: Array | None,
        relu: float | None,
    ) -> None:
        part, tiling = self._part, self._tiling
        tile = tiling.tile
        for strip in tiling.cut.strips(part.images, tiling.rows):
            tiles = tiling.of(strip)
            transformed, rest = _front(scratch, (36, *tiles, part.channels))
            self._transform_input(strip.images_of(x), transformed, rest, strip.first, part.pad, tile)
            front = self._front(tiles)
            products = take(scratch[front:], (36, *tiles, part.outputs))
            np.matmul(
                transformed.reshape(36, -1, part.channels),
                weights,
                out=products.reshape(36, -1, part.outputs),
            )
            rows = Strip(strip.image, strip.end, tile * strip.first, tile * strip.last)
            added = None if addend is None else rows.of(addend)
            self._transform_output(products, rows.of(y), bias, added, relu, scratch[:front], tile)


class _WeightsGradient:
    """dw from 36 products of transformed images and transformed gradients, summed up over the tiles."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry, self._part = geometry, geometry.one_group
        part = self._part
        self._tiling = _Tiling(part)
        tiles, tile = self._tiling.largest, self._tiling.tile
        images, gradients = (*tiles, part.channels), (*tiles, part.outputs)
        self._one = self._tiling.cut == Cut(part.images, self._tiling.rows)
        self._sum: Shape = (36, part.outputs, part.channels)
        self.scratch = (1 if self._one else 2) * count(self._sum) + 36 * (count(images) + count(gradients))
        self._transform_input = pick(transform_input)
        self._transform_gradient = pick(transform_gradient)
        if self._transform_input is transform_input or part.channels < _LANES:
            self.scratch += input_scratch(images, tile)
        if self._transform_gradient is transform_gradient or part.outputs < _LANES:
            self.scratch += gradient_scratch(gradients, tile)
        self._gather = pick(gather_weights_gradient)

    def run(self, x: Array, dy: Array, dw: Array, scratch: Array, add: bool) -> None:
        for channels, outputs in channel_ranges(self._geometry):
            total = self._sums(x[..., channels], dy[..., outputs], scratch)
            self._gather(total, dw[outputs], add)

    def _sums(self, x: Array, dy: Array, scratch: Array) -> Array:
        part, tiling = self._part, self._tiling
        total, rest = _front(scratch, self._sum)
        term = total
        if not self._one:
            term, rest = _front(rest, self._sum)
        for number, strip in enumerate(tiling.cut.strips(part.images, tiling.rows)):
            tiles = tiling.of(strip)
            images, more = _front(rest, (36, *tiles, part.channels))
            gradients, more = _front(more, (36, *tiles, part.outputs))
            self._transform_input(strip.images_of(x), images, more, strip.first, part.pad, tiling.tile)
            self._transform_gradient(strip.images_of(dy), gradients, more, strip.first, tiling.tile)
            np.matmul(
                gradients.reshape(36, -1, part.outputs).transpose(0, 2, 1),
                images.reshape(36, -1, part.channels),
                out=term if number else total,
            )
            if number:
                np.add(total, term, out=total)
        return total


def _front(scratch: Array, shape: Shape) -> tuple[Array, Array]:
    """The front of a flat array as an array of `shape`, and what lies behind it."""
    return take(scratch, shape), scratch[count(shape) :]
