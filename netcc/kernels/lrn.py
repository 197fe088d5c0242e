"""Local response normalization over channels-last images, in pieces that stay in the cache.

y = x * s^-beta with s = k + weight * (sum of x^2 over the numbers around x, those outside being 0), and
dx = dy * s^-beta - 2 beta weight * x * (sum around of dy * x * s^-beta / s).

Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks (2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import numpy as np

from netcc.kernels.blocks import carve, carved
from netcc.kernels.pooling_maximum import fold
from netcc.kernels.strips import pixels
from netcc.kernels.twins import pick
from netcc.kernels.windows import runs
from netcc.layers.base import Buffer
from netcc.layers.powers import raise_power
from netcc.types import Array, Shape, count

PIECE = 1 << 18
"""Numbers of one piece, about."""

_FEW = 32
"""Up to so many channels, a product with a matrix is the fastest way of adding neighbours."""


class LRN:
    """Arrays are (images, height, width, channels), and pixels may have gaps; `saved` gets s, without gaps.

    `weight` is alpha / the numbers in a neighbourhood: of `size` channels or, with `within`, of `size` x `size` pixels
    in the same channel. s must be positive: see `allows`. y may be x, and dx may be dy. `scratch` is flat, of as many
    elements as the kernel says.
    """

    def __init__(self, shape: Shape, size: int, alpha: float, beta: float, k: float, *, within: bool) -> None:
        self.saved = Buffer(shape)
        self.size, self.beta, self.k = size, beta, k
        self.weight = alpha / (size * size if within else size)
        length = (
            min(shape[0], _images(shape[1:])) * count(shape[1:]) if within else _line(_rows(shape[3]), shape[3], size)
        )
        self.scratch = carved([length] * 3)
        self.scratch_backward = carved([length] * 4)
        self._forward = pick(within_forward if within else across_forward)
        self._backward = pick(within_backward if within else across_backward)

    @staticmethod
    def allows(alpha: float, k: float) -> bool:
        """Whether every s is positive."""
        return alpha >= 0 and k > 0

    def forward(self, x: Array, y: Array, saved: Array | None, scratch: Array) -> None:
        self._forward(x, y, saved, scratch, self.size, float(self.weight), float(self.beta), float(self.k))

    def backward(self, x: Array, saved: Array, dy: Array, dx: Array, scratch: Array) -> None:
        self._backward(x, saved, dy, dx, scratch, self.size, float(self.weight), float(self.beta))


def across_forward(
    x: Array, y: Array, sums: Array | None, scratch: Array, size: int, weight: float, beta: float, k: float
) -> None:
    """Neighbours are channels."""
    lines = carve(scratch, [(_line(_rows(x.shape[3]), x.shape[3], size),)] * 3)
    for here in _pieces(pixels(x)):
        source, target = pixels(x)[here], pixels(y)[here]
        squares, total, work = _matrices(lines, source.shape, size)
        np.multiply(source, source, out=squares)
        _sum_channels(lines, source.shape, size)
        np.multiply(total, weight, out=total)
        np.add(total, k, out=total)
        if sums is not None:
            np.copyto(pixels(sums)[here], total)
        power(total, -beta, total, work)
        np.multiply(source, total, out=target)


def across_backward(
    x: Array, sums: Array, dy: Array, dx: Array, scratch: Array, size: int, weight: float, beta: float
) -> None:
    *lines, shares = carve(scratch, [(_line(_rows(x.shape[3]), x.shape[3], size),)] * 4)
    for here in _pieces(pixels(x)):
        source, gradient, scale, target = (pixels(array)[here] for array in (x, dy, sums, dx))
        ratios, total, _ = _matrices(lines, source.shape, size)
        share = shares[: source.size].reshape(source.shape)
        power(scale, -beta, share, total)
        np.multiply(gradient, share, out=share)
        np.multiply(share, source, out=ratios)
        np.divide(ratios, scale, out=ratios)
        _sum_channels(lines, source.shape, size)
        np.multiply(total, -2 * beta * weight, out=total)
        np.multiply(total, source, out=total)
        np.add(share, total, out=target)


def within_forward(
    x: Array, y: Array, sums: Array | None, scratch: Array, size: int, weight: float, beta: float, k: float
) -> None:
    """Neighbours are pixels of the same channel."""
    for here in _image_pieces(x):
        source = x[here]
        squares, total, work = carve(scratch, [source.shape] * 3)
        np.multiply(source, source, out=squares)
        _sum_square(squares, total, work, size)
        np.multiply(total, weight, out=total)
        np.add(total, k, out=total)
        if sums is not None:
            np.copyto(sums[here], total)
        power(total, -beta, total, work)
        np.multiply(source, total, out=y[here])


def within_backward(
    x: Array, sums: Array, dy: Array, dx: Array, scratch: Array, size: int, weight: float, beta: float
) -> None:
    for here in _image_pieces(x):
        source, scale = x[here], sums[here]
        ratios, total, work, share = carve(scratch, [source.shape] * 4)
        power(scale, -beta, share, work)
        np.multiply(dy[here], share, out=share)
        np.multiply(share, source, out=ratios)
        np.divide(ratios, scale, out=ratios)
        _sum_square(ratios, total, work, size)
        np.multiply(total, -2 * beta * weight, out=total)
        np.multiply(total, source, out=total)
        np.add(share, total, out=dx[here])


def _images(image: Shape) -> int:
    """Images of one piece."""
    return max(1, PIECE // count(image))


def _image_pieces(x: Array) -> Iterator[slice]:
    step = _images(x.shape[1:])
    for start in range(0, len(x), step):
        yield slice(start, start + step)


def _rows(channels: int) -> int:
    """Pixels of one piece."""
    return max(1, PIECE // channels)


def _pieces(rows: Array) -> Iterator[slice]:
    step = _rows(rows.shape[1])
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def _line(rows: int, channels: int, size: int) -> int:
    """Numbers of so many pixels in a line, and a neighbourhood at both ends."""
    return rows * channels + 2 * size


def _matrices(lines: list[Array], shape: Shape, size: int) -> list[Array]:
    """The numbers of lines as (pixels, channels): the first begins after half a neighbourhood, which is made 0."""
    first, *others = lines
    half, length = size // 2, count(shape)
    first[:half] = 0
    first[half + length : length + 2 * size] = 0
    return [first[half : half + length].reshape(shape), *(line[:length].reshape(shape) for line in others)]


def _sum_channels(lines: list[Array], shape: Shape, size: int) -> None:
    """The second of `lines` gets the sums of the `size` numbers around those of the first; the third is scratch.

    As one line, where the channels of two pixels meet; those sums near the ends of pixels are then formed anew.
    """
    numbers, total, _ = _matrices(lines, shape, size)
    channels, half = shape[1], size // 2
    if channels <= _FEW:
        np.matmul(numbers, _band(channels, half, total.dtype), out=total)
        return
    line, sums, work = lines
    _sum_line(line, sums, work, count(shape), size)
    ends = _band(2 * half, half, total.dtype)
    np.matmul(numbers[:, : 2 * half], ends[:, :half], out=total[:, :half])
    np.matmul(numbers[:, channels - 2 * half :], ends[:, half:], out=total[:, channels - half :])


@lru_cache(maxsize=64)
def _band(length: int, half: int, dtype: np.dtype[np.generic]) -> Array:
    """A matrix (length, length) of 1 where row and column are at most `half` apart, and 0."""
    places = np.arange(length)
    return np.asarray(np.abs(np.subtract.outer(places, places)) <= half, dtype)


def _sum_line(line: Array, sums: Array, work: Array, length: int, size: int) -> None:
    """sums[i] = the `size` (odd) numbers of `line` from i on, for i below `length`.

    Sums of 2, 4, ... numbers come from those of half as many; single ones are added where the bits of `size` say so.
    """
    bits = f"{size:b}"[1:]
    joined, source = 1, line
    for index, bit in enumerate(bits):
        valid = length + size - 2 * joined
        target = sums if (len(bits) - index) % 2 else work
        np.add(source[:valid], source[joined : joined + valid], out=target[:valid])
        joined *= 2
        if bit == "1":
            valid -= 1
            np.add(target[:valid], line[joined : joined + valid], out=target[:valid])
            joined += 1
        source = target
    if not bits:
        np.copyto(sums[:length], line[:length])


def _sum_square(images: Array, sums: Array, work: Array, size: int) -> None:
    """The `size` x `size` numbers around each of (images, height, width, channels), those outside being 0."""
    for axis, source, target in ((1, images, work), (2, work, sums)):
        line = runs(images.shape[axis], images.shape[axis], size, 1, size // 2)
        fold(np.add, source.swapaxes(0, axis), target.swapaxes(0, axis), line, 1, 0)


def power(base: Array, exponent: float, out: Array, scratch: Array) -> None:
    """base^exponent for positive numbers; `scratch` is as `out`.

    Logarithms are the fastest way where NumPy computes them on vectors of the processor, and slow elsewhere.
    """
    if not _vector_logarithms():
        raise_power(base, exponent, out, scratch)
        return
    np.log2(base, out=out)
    np.multiply(out, exponent, out=out)
    np.exp2(out, out=out)


@cache
def _vector_logarithms() -> bool:
    introspect: Any = getattr(np.lib, "introspect", None)  # since NumPy 2.0
    if introspect is None:
        return False
    targets = introspect.opt_func_info(func_name="^log2$", signature="float32")
    return any(not kind["current"].startswith("baseline") for kinds in targets.values() for kind in kinds.values())
