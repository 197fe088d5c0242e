"""y = (x - mean) * factor + shift for each channel, with a sum and a ReLU if they follow, and the sums of gradients.

Numbers of the channels are spread over a *band* of pixels, which NumPy combines with all bands of a piece in one call:
runs of memory are as long as a band. Arrays are (images, height, width, channels), and pixels may have gaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from netcc.kernels.blocks import carve, carved, take
from netcc.kernels.strips import pixels
from netcc.kernels.twins import pick
from netcc.types import Array, Shape, count

PIECE = 1 << 19
"""Most numbers of a piece, about."""

BAND = 1 << 14
"""Most numbers of a band, about."""


class ScaleBias:
    """y = (x - mean) * factor + shift + addend; mean, factor and shift are (channels), the addend is as y, or None.

    `relu` is the slope below zero, at least 0 and below 1, of a ReLU that follows, or None. y may be x, and dx may be
    dy. `scratch` is flat, of as many elements as the kernel says.
    """

    def __init__(self, shape: Shape, relu: float | None = None) -> None:
        self.relu = None if relu is None else float(relu)
        band, piece = band_size(shape[-1]), piece_size(shape)
        self.scratch = carved([band] * 3 + [piece])
        self.scratch_backward = carved([band, piece, piece], [piece])
        self._affine, self._gradient_sums = pick(affine), pick(gradient_sums)

    @staticmethod
    def allows(relu: float | None) -> bool:
        return relu is None or 0 <= relu < 1

    def forward(
        self,
        x: Array,
        mean: Array | None,
        factor: Array | None,
        shift: Array | None,
        y: Array,
        scratch: Array,
        *,
        addend: Array | None = None,
    ) -> None:
        self._affine(x, mean, factor, shift, addend, y, self.relu, scratch)

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
        self._affine(g, None, factor, None, None, dx, None, scratch)


def affine(
    x: Array,
    mean: Array | None,
    factor: Array | None,
    shift: Array | None,
    addend: Array | None,
    y: Array,
    relu: float | None,
    scratch: Array,
) -> None:
    """y = relu((x - mean) * factor + shift + addend), what is None left out."""
    *tiles, work = carve(scratch, [band_shape(x)] * 3 + [(piece_size(x.shape),)])
    steps = []
    for combine, numbers, tile in zip((np.subtract, np.multiply, np.add), (mean, factor, shift), tiles, strict=True):
        if numbers is not None:
            np.copyto(tile, numbers, casting="same_kind")
            steps.append((combine, tile))
    source, target = pixels(x), pixels(y)
    added = None if addend is None else pixels(addend)
    for here, shape in bands(x.shape):
        piece, result = source[here].reshape(shape), target[here].reshape(shape)
        for combine, tile in steps:
            combine(piece, tile[: shape[1]], out=result)
            piece = result
        if added is not None:
            np.add(piece, added[here].reshape(shape), out=result)
        elif not steps:
            np.copyto(result, piece)
        if relu is not None:
            _rectify(result, relu, work)


def _rectify(y: Array, slope: float, work: Array) -> None:
    """y = max(y, 0) + slope min(y, 0), for a slope below 1."""
    if slope == 0:
        # Unlike `maximum` with a scalar, `clip` runs on vectors of the processor.
        np.clip(y, 0, math.inf, out=y)
    else:
        np.maximum(y, np.multiply(y, y.dtype.type(slope), out=take(work, y.shape)), out=y)


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
    size = piece_size(dy.shape)
    tile, work, kept, mask = carve(scratch, [band_shape(dy), (size,), (size,)], [(size,)])
    if mean is not None:
        np.copyto(tile, mean, casting="same_kind")
    for here, shape in bands(dy.shape):
        gradient = pixels(dy)[here].reshape(shape)
        if relu is not None and y is not None:
            result = take(kept, shape) if g is None else pixels(g)[here].reshape(shape)
            mask_here = take(mask, shape).view(np.bool_)
            _mask(gradient, pixels(y)[here].reshape(shape), relu, result, mask_here, work)
            gradient = result
        elif g is not None and g is not dy:
            np.copyto(pixels(g)[here].reshape(shape), gradient)
        out[0] += column_sums(gradient)
        if x is not None:
            distances = pixels(x)[here].reshape(shape)
            if mean is not None:
                distances = np.subtract(distances, tile[: shape[1]], out=take(work, shape))
            out[1] += column_products(distances, gradient)


def _mask(dy: Array, y: Array, slope: float, out: Array, mask: Array, work: Array) -> None:
    """out = dy where y > 0, else slope * dy, for a slope of 0 or more and below 1."""
    np.greater(y, 0, out=mask)
    if slope == 0:
        np.multiply(dy, mask, out=out)
    else:
        factors = take(work, dy.shape)
        np.multiply(dy, np.maximum(mask, dy.dtype.type(slope), out=factors), out=out)


def band_size(channels: int) -> int:
    """Numbers of a band."""
    return max(1, min(BAND, PIECE) // channels) * channels


def band_shape(array: Array) -> Shape:
    """Pixels and channels of a band."""
    channels = array.shape[-1]
    return band_size(channels) // channels, channels


def piece_size(shape: Shape) -> int:
    """Most numbers of a piece of an array of `shape`."""
    band = band_size(shape[-1])
    return min(count(shape), max(1, PIECE // band) * band)


def bands(shape: Shape) -> Iterator[tuple[slice, Shape]]:
    """The pieces of an array of `shape`, as ranges of pixels, and their shape as (bands, pixels, channels)."""
    channels, rows = shape[-1], count(shape[:-1])
    band = _even_band(rows, band_size(channels) // channels)
    step = max(1, piece_size(shape) // (band * channels)) * band
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        whole = (stop - start) // band
        if whole:
            yield slice(start, start + whole * band), (whole, band, channels)
        if start + whole * band < stop:
            yield slice(start + whole * band, stop), (1, stop - start - whole * band, channels)


@lru_cache(maxsize=256)
def _even_band(rows: int, most: int) -> int:
    """Pixels of a band: at most `most`, a divisor of `rows` if one of them is not much smaller."""
    return next((pixels for pixels in range(min(rows, most), most // 2, -1) if rows % pixels == 0), most)


def column_sums(piece: Array) -> Array:
    """Sums (channels) of a piece (bands, pixels, channels)."""
    if piece.flags.c_contiguous:
        sums = np.matmul(_ones(len(piece), piece.dtype), piece.reshape(len(piece), -1)).reshape(piece.shape[1:])
        return np.asarray(np.matmul(_ones(len(sums), piece.dtype), sums))
    rows = piece.reshape(-1, piece.shape[2])
    return np.asarray(np.matmul(_ones(len(rows), piece.dtype), rows))


def column_products(one: Array, other: Array) -> Array:
    """Sums (channels) of the products of two pieces (bands, pixels, channels)."""
    sums = np.einsum("nkc,nkc->kc", one, other)
    return np.asarray(np.matmul(_ones(len(sums), sums.dtype), sums))


@lru_cache(maxsize=256)
def _ones(length: int, dtype: np.dtype[np.generic]) -> Array:
    return np.ones(length, dtype)
