"""Means over windows in one pass, and their transpose as a sum over the windows that see a pixel.

The last register of a pixel overlaps the one before; arrays with fewer channels than lanes are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import pooling_mean as definitions
from netcc.kernels.fast.compiled import compiled
from netcc.kernels.fast.lanes import load, narrow, spread, steps, store, whole, width, zeros
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twin_of
from netcc.kernels.windows import Window2
from netcc.types import Array


@twin_of(definitions.means)
def means(x: Array, y: Array, factors: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """See the definition; neither `scratch` nor `block` is used."""
    if narrow(x):
        definitions.means(x, y, factors, scratch, window, block)
    else:
        _means(x, y, factors, window)


@twin_of(definitions.whole_means)
def whole_means(x: Array, y: Array, scratch: Array) -> None:
    """See the definition; `scratch` is not used."""
    if narrow(x):
        definitions.whole_means(x, y, scratch)
    else:
        _whole_means(x, y)


@twin_of(definitions.spread_means)
def spread_means(dy: Array, dx: Array, factors: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """See the definition; neither `scratch` nor `block` is used."""
    if narrow(dy):
        definitions.spread_means(dy, dx, factors, scratch, window, block)
    else:
        _spread_means(dy, dx, factors, window)


@compiled
def _means(x: Any, y: Any, factors: Any, window: Any) -> None:
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    images, rows, columns, channels = y.shape
    height, length = x.shape[1], x.shape[2]
    by_image, by_row, by_pixel = steps(x)
    out_image, out_row, out_pixel = steps(y)
    pattern = whole(x)
    for n in range(images):
        for r in range(rows):
            top, bottom = max(r * stride - pad, 0), min(r * stride - pad + kernel, height)
            for q in range(columns):
                edge = q * stride_width - pad_width
                left, right = max(edge, 0), min(edge + kernel_width, length)
                factor = spread(factors[r, q, 0], pattern)
                for block in range(0, channels, width(x)):
                    c = min(block, channels - width(x))
                    total = zeros(pattern)
                    for i in range(top, bottom):
                        place = n * by_image + i * by_row + left * by_pixel + c
                        for _ in range(left, right):
                            total = total + load(x, place, pattern)
                            place += by_pixel
                    store(y, n * out_image + r * out_row + q * out_pixel + c, total * factor, pattern)


@compiled
def _whole_means(x: Any, y: Any) -> None:
    """Rows are summed apart, so that rounding errors stay small; four registers at a time, side by side in memory."""
    images, height, length, channels = x.shape
    by_image, by_row, by_pixel = steps(x)
    out_image = steps(y)[0]
    pattern = whole(x)
    step = width(x)
    factor = spread(1 / (height * length), pattern)
    for n in range(images):
        for block in range(0, channels, 4 * step):
            last = channels - step
            c0, c1 = min(block, last), min(block + step, last)
            c2, c3 = min(block + 2 * step, last), min(block + 3 * step, last)
            t0, t1, t2, t3 = zeros(pattern), zeros(pattern), zeros(pattern), zeros(pattern)
            for h in range(height):
                r0, r1, r2, r3 = zeros(pattern), zeros(pattern), zeros(pattern), zeros(pattern)
                place = n * by_image + h * by_row
                for _ in range(length):
                    r0, r1 = r0 + load(x, place + c0, pattern), r1 + load(x, place + c1, pattern)
                    r2, r3 = r2 + load(x, place + c2, pattern), r3 + load(x, place + c3, pattern)
                    place += by_pixel
                t0, t1, t2, t3 = t0 + r0, t1 + r1, t2 + r2, t3 + r3
            target = n * out_image
            store(y, target + c0, t0 * factor, pattern)
            store(y, target + c1, t1 * factor, pattern)
            store(y, target + c2, t2 * factor, pattern)
            store(y, target + c3, t3 * factor, pattern)


@compiled
def _spread_means(dy: Any, dx: Any, factors: Any, window: Any) -> None:
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    images, height, length, channels = dx.shape
    rows, columns = dy.shape[1], dy.shape[2]
    by_image, by_row, by_pixel = steps(dx)
    dy_image, dy_row, dy_pixel = steps(dy)
    pattern = whole(dx)
    for n in range(images):
        for h in range(height):
            # The windows `first` to `last` - 1 see row h; likewise for columns.
            first, last = max(0, (h + pad - kernel + stride) // stride), min(rows, (h + pad) // stride + 1)
            for w in range(length):
                start = max(0, (w + pad_width - kernel_width + stride_width) // stride_width)
                stop = min(columns, (w + pad_width) // stride_width + 1)
                for block in range(0, channels, width(dx)):
                    c = min(block, channels - width(dx))
                    total = zeros(pattern)
                    for r in range(first, last):
                        for q in range(start, stop):
                            share = load(dy, n * dy_image + r * dy_row + q * dy_pixel + c, pattern)
                            total = total + share * spread(factors[r, q, 0], pattern)
                    store(dx, n * by_image + h * by_row + w * by_pixel + c, total, pattern)
