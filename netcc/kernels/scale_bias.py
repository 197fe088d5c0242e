"""y = (x - mean) * factor + shift for each channel, with a ReLU if one follows, and the sums its gradients need.

Numbers of a channel are spread over as many pixels as a piece has: NumPy combines two arrays without gaps faster than
an array with a row. Arrays are (images, height, width, channels), and pixels may have gaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from netcc.kernels.blocks import carve, carved
from netcc.kernels.strips import pixels
from netcc.kernels.twins import pick
from netcc.types import Array, Shape

PIECE = 1 << 18
"""Numbers of one piece, about."""


class ScaleBias:
    """y = (x - mean) * factor + shift for each channel; mean, factor and shift are (channels) or None.

    `relu` is the slope below zero, at least 0 and below 1, of a ReLU that follows, or None. y may be x, and dx may be
    dy. `scratch` is flat, of as many elements as the kernel says.
    """

    def __init__(self, shape: Shape, relu: float | None = None) -> None:
        self.relu = None if relu is None else float(relu)
        numbers = rows_of_piece(shape[-1]) * shape[-1]
        self.scratch = self.scratch_backward = carved([numbers] * 4)
        self._affine, self._gradient_sums = pick(affine), pick(gradient_sums)

    @staticmethod
    def allows(relu: float | None) -> bool:
        return relu is None or 0 <= relu < 1

    def forward(
        self, x: Array, mean: Array | None, factor: Array | None, shift: Array | None, y: Array, scratch: Array
    ) -> None:
        self._affine(x, mean, factor, shift, y, self.relu, scratch)

    def sums(
        self,
        dy: Array,
        y: Array | None,
        x: Array | None,
        mean: Array | None,
        g: Array | None,
        out: Array,
        scratch: Array,
    ) -> None:
        """out[0] (channels) = sums of g, out[1] = sums of g * (x - mean) if there is an x; out is float64.

        g is what of dy passes the ReLU, whose result was y; it is written to `g`, which may be dy, if that is given.
        """
        self._gradient_sums(dy, y, x, mean, g, out, self.relu, scratch)

    def backward(self, g: Array, factor: Array, dx: Array, scratch: Array) -> None:
        """dx = g * factor."""
        self._affine(g, None, factor, None, dx, None, scratch)


def affine(
    x: Array,
    mean: Array | None,
    factor: Array | None,
    shift: Array | None,
    y: Array,
    relu: float | None,
    scratch: Array,
) -> None:
    """y = relu((x - mean) * factor + shift), what is None left out."""
    source, target = pixels(x), pixels(y)
    rows = min(len(source), rows_of_piece(source.shape[1]))
    *tiles, work = carve(scratch, [(rows, source.shape[1])] * 4)
    steps = []
    for combine, numbers, tile in zip((np.subtract, np.multiply, np.add), (mean, factor, shift), tiles, strict=True):
        if numbers is not None:
            np.copyto(tile, numbers)
            steps.append((combine, tile))
    for here in row_pieces(source):
        piece, result = source[here], target[here]
        for combine, tile in steps:
            combine(piece, tile[: len(piece)], out=result)
            piece = result
        if not steps:
            np.copyto(result, piece)
        if relu is not None:
            _rectify(result, relu, work[: len(result)])


def _rectify(y: Array, slope: float, work: Array) -> None:
    """y = max(y, 0) + slope min(y, 0), for a slope below 1."""
    if slope == 0:
        # Unlike `maximum` with a scalar, `clip` runs on vectors of the processor.
        np.clip(y, 0, math.inf, out=y)
    else:
        np.maximum(y, np.multiply(y, y.dtype.type(slope), out=work), out=y)


def gradient_sums(
    dy: Array,
    y: Array | None,
    x: Array | None,
    mean: Array | None,
    g: Array | None,
    out: Array,
    relu: float | None,
    scratch: Array,
) -> None:
    """See `ScaleBias.sums`."""
    out.fill(0)
    channels = dy.shape[-1]
    size = (min(dy.size // channels, rows_of_piece(channels)), channels)
    tile, work, kept, mask = carve(scratch, [size] * 3, [size])
    if mean is not None:
        np.copyto(tile, mean)
    for here in row_pieces(pixels(dy)):
        gradient = pixels(dy)[here]
        rows = len(gradient)
        if relu is not None and y is not None:
            result = kept[:rows] if g is None else pixels(g)[here]
            _mask(gradient, pixels(y)[here], relu, result, mask[:rows].view(np.bool_), work[:rows])
            gradient = result
        elif g is not None and g is not dy:
            np.copyto(pixels(g)[here], gradient)
        out[0] += column_sums(gradient)
        if x is not None:
            product, numbers = work[:rows], pixels(x)[here]
            if mean is not None:
                numbers = np.subtract(numbers, tile[:rows], out=product)
            np.multiply(numbers, gradient, out=product)
            out[1] += column_sums(product)


def _mask(dy: Array, y: Array, slope: float, out: Array, mask: Array, work: Array) -> None:
    """out = dy where y > 0, else slope * dy, for a slope of 0 or more and below 1."""
    np.greater(y, 0, out=mask)
    if slope == 0:
        np.multiply(dy, mask, out=out)
    else:
        np.maximum(mask, dy.dtype.type(slope), out=work)
        np.multiply(dy, work, out=out)


def rows_of_piece(channels: int) -> int:
    return max(1, PIECE // channels)


def row_pieces(rows: Array) -> Iterator[slice]:
    step = rows_of_piece(rows.shape[1])
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def column_sums(piece: Array) -> Array:
    """Sums of (rows, channels) over the rows."""
    return np.asarray(np.matmul(_ones(len(piece), piece.dtype), piece))


@lru_cache(maxsize=256)
def _ones(length: int, dtype: np.dtype[np.generic]) -> Array:
    return np.ones(length, dtype)
