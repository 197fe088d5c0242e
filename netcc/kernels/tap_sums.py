"""The gradient of an image for unit stride, tap by tap of the kernel: products, and sums of long runs of memory.

col2im adds one pixel's channels at a time, short runs where channels are few. Here each tap has a product of its own,
which leaves rows of pixels without gaps. They are added over the rows of the kernel first, many lines of memory in one
go, then over its columns, line by line.
"""

from __future__ import annotations

import numpy as np

from netcc.kernels.blocks import take
from netcc.kernels.columns import reached
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.products import Product
from netcc.kernels.strips import Strip, channel_ranges, cut, pixels
from netcc.types import Array, Shape, count

_LEAST_ROWS = 4
"""A strip of products has so many rows at least; it takes a quarter of what a strip may, since sums lie beside it, and
little memory is what long chains are made of (`netcc/plan/chains.py`)."""


class TapSums:
    """dx from dy and weights (groups, kernel height, kernel width, outputs / groups, channels / groups)."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        channels = geometry.one_group.channels
        row = 4 * geometry.taps * geometry.out_width * channels
        self._cut = cut(geometry.images, geometry.out_height, max(_LEAST_ROWS, strip_bytes() / 4 / row))
        self._product = Product(geometry.one_group.outputs, channels)
        strip = Strip(0, self._cut.images, 0, self._cut.rows)
        self.scratch = count(self._terms(strip)) + count(self._lines(strip))

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        geometry = self._geometry
        taps = weights.reshape(geometry.groups, geometry.taps, *weights.shape[3:])
        dx[:] = 0
        for strip in self._cut.strips(geometry.images, geometry.out_height):
            shape, lines_shape = self._terms(strip), self._lines(strip)
            terms, lines = take(scratch, shape), take(scratch, lines_shape, count(shape))
            for group, (channels, outputs) in enumerate(channel_ranges(geometry)):
                products = terms.reshape(geometry.taps, -1, shape[-1])
                self._product(pixels(strip.of(dy)[..., outputs]), taps[group], products)
                _add_rows(terms, lines, geometry.dilation[0])
                top = strip.first - geometry.pad[0]
                _add_columns(lines, strip.images_of(dx)[..., channels], top, geometry.pad[1], geometry.dilation[1])

    def _terms(self, strip: Strip) -> Shape:
        """Products: (kernel height, kernel width, images, rows, width, channels)."""
        geometry = self._geometry
        size = strip.end - strip.image, strip.last - strip.first, geometry.out_width, geometry.one_group.channels
        return *geometry.kernel, *size

    def _lines(self, strip: Strip) -> Shape:
        """Their sums over rows of the kernel: (kernel width, images, rows that they reach, width, channels)."""
        _, width, images, rows, *line = self._terms(strip)
        return width, images, rows + self._geometry.reach[0], *line


def _add_rows(terms: Array, lines: Array, dilation: int) -> None:
    """lines[j, n, r + i dilation] = the sum of terms[i, j, n, r]."""
    rows = terms.shape[3]
    np.copyto(lines[:, :, :rows], terms[0])
    lines[:, :, rows:] = 0
    for i in range(1, len(terms)):
        target = lines[:, :, i * dilation : i * dilation + rows]
        np.add(target, terms[i], out=target)


def _add_columns(lines: Array, dx: Array, top: int, pad: int, dilation: int) -> None:
    """dx[n, top + r, q + j dilation - pad] += lines[j, n, r, q], as far as dx reaches."""
    _, _, height, width, _ = lines.shape
    first, last = reached(dx.shape[1], height, top)
    for j, line in enumerate(lines):
        left = j * dilation - pad
        start, stop = reached(dx.shape[2], width, left)
        if first < last and start < stop:
            target = dx[:, top + first : top + last, left + start : left + stop]
            np.add(target, line[:, first:last, start:stop], out=target)
