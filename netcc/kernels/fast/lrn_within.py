"""Local response normalization within channels, image by image.

What is summed over neighbours (squares, or ratios) of an image lies in scratch without gaps. Other exponents than 3/4,
and arrays with fewer channels than lanes, are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import lrn as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, narrow, rest, spread, store, whole, width, zeros
from netcc.kernels.fast.lrn import place_of, three_quarters
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.within_forward)
def within_forward(
    x: Array, y: Array, sums: Array | None, scratch: Array, size: int, weight: float, beta: float, k: float
) -> None:
    """See the definition."""
    if beta != 0.75 or narrow(x):
        definitions.within_forward(x, y, sums, scratch, size, weight, beta, k)
    else:
        _forward(x, y, y if sums is None else sums, scratch, size // 2, weight, k, sums is not None)


@twin_of(definitions.within_backward)
def within_backward(
    x: Array, sums: Array, dy: Array, dx: Array, scratch: Array, size: int, weight: float, beta: float
) -> None:
    """See the definition."""
    if beta != 0.75 or narrow(x):
        definitions.within_backward(x, sums, dy, dx, scratch, size, weight, beta)
    else:
        _backward(x, sums, dy, dx, scratch, size // 2, -2 * beta * weight)


@compiled
def _forward(x: Any, y: Any, sums: Any, scratch: Any, half: int, weight: float, k: float, saves: bool) -> None:
    images, rows, columns, channels = x.shape
    step = width(x)
    full = channels // step * step
    tail = rest(x, channels - full)
    for n in range(images):
        for r in range(rows):
            for q in range(columns):
                place, target = place_of(x, n, r, q), (r * columns + q) * channels
                for c in range(0, full, step):
                    value = load(x, place + c, whole(x))
                    store(scratch, target + c, value * value, whole(x))
                if full < channels:
                    value = load(x, place + full, tail)
                    store(scratch, target + full, value * value, tail)
        for r in range(rows):
            for q in range(columns):
                window = _window(r, q, rows, columns, half)
                places = place_of(x, n, r, q), place_of(y, n, r, q), place_of(sums, n, r, q)
                for c in range(0, full, step):
                    _normalise(x, y, sums, scratch, window, places, c, columns, channels, weight, k, saves, whole(x))
                if full < channels:
                    _normalise(x, y, sums, scratch, window, places, full, columns, channels, weight, k, saves, tail)


@part
def _window(r: int, q: int, rows: int, columns: int, half: int) -> Any:
    return max(r - half, 0), min(r + half + 1, rows), max(q - half, 0), min(q + half + 1, columns)


@part
def _around(scratch: Any, window: Any, c: int, columns: int, channels: int, pattern: Any) -> Any:
    """The sum over the pixels of a window."""
    top, bottom, left, right = window
    sums = zeros(pattern)
    for i in range(top, bottom):
        place = (i * columns + left) * channels + c
        for _ in range(left, right):
            sums = sums + load(scratch, place, pattern)
            place += channels
    return sums


@part
def _normalise(
    x: Any, y: Any, sums: Any, scratch: Any, window: Any, places: Any, c: int, columns: int, channels: int,
    weight: float, k: float, saves: bool, pattern: Any,
) -> None:  # fmt: skip
    around = _around(scratch, window, c, columns, channels, pattern)
    scale = around * spread(weight, pattern) + spread(k, pattern)
    if saves:
        store(sums, places[2] + c, scale, pattern)
    store(y, places[1] + c, load(x, places[0] + c, pattern) / three_quarters(scale), pattern)


@compiled
def _backward(x: Any, sums: Any, dy: Any, dx: Any, scratch: Any, half: int, factor: float) -> None:
    images, rows, columns, channels = x.shape
    shares = rows * columns * channels
    step = width(x)
    full = channels // step * step
    tail = rest(x, channels - full)
    for n in range(images):
        for r in range(rows):
            for q in range(columns):
                places = place_of(x, n, r, q), place_of(sums, n, r, q), place_of(dy, n, r, q)
                target = (r * columns + q) * channels
                for c in range(0, full, step):
                    _ratio(x, sums, dy, scratch, places, target, c, shares, whole(x))
                if full < channels:
                    _ratio(x, sums, dy, scratch, places, target, full, shares, tail)
        for r in range(rows):
            for q in range(columns):
                window, pixel = _window(r, q, rows, columns, half), (r * columns + q) * channels
                places = place_of(x, n, r, q), place_of(dx, n, r, q), shares + pixel
                for c in range(0, full, step):
                    _gradient(x, dx, scratch, window, places, c, columns, channels, factor, whole(x))
                if full < channels:
                    _gradient(x, dx, scratch, window, places, full, columns, channels, factor, tail)


@part
def _ratio(
    x: Any, sums: Any, dy: Any, scratch: Any, places: Any, target: int, c: int, shares: int, pattern: Any
) -> None:
    """dy s^-3/4 x / s goes into scratch, and dy s^-3/4 behind all of these."""
    scale, value = load(sums, places[1] + c, pattern), load(dy, places[2] + c, pattern)
    inverse = spread(1.0, pattern) / (three_quarters(scale) * scale)
    store(scratch, target + c, value * load(x, places[0] + c, pattern) * inverse, pattern)
    store(scratch, shares + target + c, value * (inverse * scale), pattern)


@part
def _gradient(
    x: Any, dx: Any, scratch: Any, window: Any, places: Any, c: int, columns: int, channels: int,
    factor: float, pattern: Any,
) -> None:  # fmt: skip
    around = _around(scratch, window, c, columns, channels, pattern) * spread(factor, pattern)
    share = load(scratch, places[2] + c, pattern)
    store(dx, places[1] + c, share + around * load(x, places[0] + c, pattern), pattern)
