"""Local response normalization across channels, a few pixels at a time; s^-3/4 is taken by two square roots.

Squares, or ratios, of a pixel lie on a line of scratch between zeros, where a sum over neighbours is a few loads. What
has just been written cannot be read at another place at once, therefore the lines of several pixels are written first.
Other exponents, and arrays with fewer channels than lanes, are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import lrn as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, narrow, rest, spread, square_root, steps, store, whole, width
from netcc.kernels.fast.runs import clear_run
from netcc.kernels.twins import twin_of
from netcc.types import Array

_PIXELS = 8


@twin_of(definitions.across_forward)
def across_forward(
    x: Array, y: Array, sums: Array | None, scratch: Array, size: int, weight: float, beta: float, k: float
) -> None:
    """See the definition."""
    pixels = _pixels(x, scratch, size, 1)
    if beta != 0.75 or narrow(x) or not pixels:
        definitions.across_forward(x, y, sums, scratch, size, weight, beta, k)
    else:
        _forward(x, y, y if sums is None else sums, scratch, size, weight, k, sums is not None, pixels)


@twin_of(definitions.across_backward)
def across_backward(
    x: Array, sums: Array, dy: Array, dx: Array, scratch: Array, size: int, weight: float, beta: float
) -> None:
    """See the definition."""
    pixels = _pixels(x, scratch, size, 2)
    if beta != 0.75 or narrow(x) or not pixels:
        definitions.across_backward(x, sums, dy, dx, scratch, size, weight, beta)
    else:
        _backward(x, sums, dy, dx, scratch, size, -2 * beta * weight, pixels)


def _pixels(x: Array, scratch: Array, size: int, lines: int) -> int:
    """For how many pixels at a time there is scratch."""
    channels: int = x.shape[3]
    return min(_PIXELS, len(scratch) // (lines * (channels + 2 * size)))


@compiled
def _forward(
    x: Any, y: Any, sums: Any, scratch: Any, size: int, weight: float, k: float, saves: bool, pixels: int
) -> None:
    images, rows, columns, channels = x.shape
    half, line = size // 2, channels + 2 * size
    step = width(x)
    full = channels // step * step
    pattern, tail = whole(x), rest(x, channels - full)
    clear_run(scratch, 0, pixels * line, pixels * line)
    for n in range(images):
        for r in range(rows):
            for start in range(0, columns, pixels):
                stop = min(start + pixels, columns)
                source = place_of(x, n, r, start)
                for q in range(stop - start):
                    place = source + q * steps(x)[2]
                    for c in range(0, full, step):
                        value = load(x, place + c, pattern)
                        store(scratch, q * line + half + c, value * value, pattern)
                    if full < channels:
                        value = load(x, place + full, tail)
                        store(scratch, q * line + half + full, value * value, tail)
                for q in range(stop - start):
                    place, target = source + q * steps(x)[2], place_of(y, n, r, start + q)
                    saved = place_of(sums, n, r, start + q)
                    for c in range(0, full, step):
                        scale = _scale(scratch, q * line + c, size, weight, k, pattern)
                        if saves:
                            store(sums, saved + c, scale, pattern)
                        store(y, target + c, load(x, place + c, pattern) / three_quarters(scale), pattern)
                    if full < channels:
                        scale = _scale(scratch, q * line + full, size, weight, k, tail)
                        if saves:
                            store(sums, saved + full, scale, tail)
                        store(y, target + full, load(x, place + full, tail) / three_quarters(scale), tail)


@part
def place_of(array: Any, n: int, r: int, q: int) -> int:
    by_image, by_row, by_pixel = steps(array)
    return n * by_image + r * by_row + q * by_pixel  # type: ignore[no-any-return]


@part
def _sum(scratch: Any, place: int, size: int, pattern: Any) -> Any:
    total = load(scratch, place, pattern)
    for i in range(1, size):
        total = total + load(scratch, place + i, pattern)
    return total


@part
def _scale(scratch: Any, place: int, size: int, weight: float, k: float, pattern: Any) -> Any:
    return _sum(scratch, place, size, pattern) * spread(weight, pattern) + spread(k, pattern)


@part
def three_quarters(scale: Any) -> Any:
    """scale^(3/4)."""
    root = square_root(scale)
    return root * square_root(root)


@compiled
def _backward(x: Any, sums: Any, dy: Any, dx: Any, scratch: Any, size: int, factor: float, pixels: int) -> None:
    images, rows, columns, channels = x.shape
    half, line = size // 2, channels + 2 * size
    shares = pixels * line
    step = width(x)
    full = channels // step * step
    pattern, tail = whole(x), rest(x, channels - full)
    clear_run(scratch, 0, 2 * shares, 2 * shares)
    for n in range(images):
        for r in range(rows):
            for start in range(0, columns, pixels):
                stop = min(start + pixels, columns)
                for q in range(stop - start):
                    place, saved = place_of(x, n, r, start + q), place_of(sums, n, r, start + q)
                    gradient, target = place_of(dy, n, r, start + q), q * line + half
                    for c in range(0, full, step):
                        _ratio(x, place + c, sums, saved + c, dy, gradient + c, scratch, target + c, shares, pattern)
                    if full < channels:
                        c = full
                        _ratio(x, place + c, sums, saved + c, dy, gradient + c, scratch, target + c, shares, tail)
                for q in range(stop - start):
                    place, target = place_of(x, n, r, start + q), place_of(dx, n, r, start + q)
                    for c in range(0, full, step):
                        _gradient(x, place + c, dx, target + c, scratch, q * line + c, shares, size, factor, pattern)
                    if full < channels:
                        c = full
                        _gradient(x, place + c, dx, target + c, scratch, q * line + c, shares, size, factor, tail)


@part
def _ratio(
    x: Any,
    place: int,
    sums: Any,
    saved: int,
    dy: Any,
    gradient: int,
    scratch: Any,
    target: int,
    shares: int,
    pattern: Any,
) -> None:
    """dy s^-3/4 x / s goes on the line of the pixel, and dy s^-3/4 as far behind it as all lines are long."""
    scale, value = load(sums, saved, pattern), load(dy, gradient, pattern)
    inverse = spread(1.0, pattern) / (three_quarters(scale) * scale)
    store(scratch, target, value * load(x, place, pattern) * inverse, pattern)
    store(scratch, target + shares, value * (inverse * scale), pattern)


@part
def _gradient(
    x: Any,
    place: int,
    dx: Any,
    target: int,
    scratch: Any,
    line: int,
    shares: int,
    size: int,
    factor: float,
    pattern: Any,
) -> None:
    around = _sum(scratch, line, size, pattern) * spread(factor, pattern)
    share = load(scratch, line + size // 2 + shares, pattern)
    store(dx, target, share + around * load(x, place, pattern), pattern)
