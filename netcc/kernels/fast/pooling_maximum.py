"""Maxima over windows in one pass, and the way back as a sum over the windows that see a pixel.

The last register of a pixel overlaps the one before; arrays with fewer channels than lanes are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import pooling_maximum, pooling_route, pooling_winners
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import (
    above,
    choose,
    load,
    narrow,
    recast,
    rest,
    same,
    spread,
    steps,
    store,
    whole,
    width,
    zeros,
)
from netcc.kernels.fast.runs import clear_run
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twin_of
from netcc.kernels.windows import Window2
from netcc.types import Array

LOWEST = pooling_maximum.LOWEST


@twin_of(pooling_maximum.largest)
def largest(x: Array, y: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """See the definition; neither `scratch` nor `block` is used."""
    if narrow(x):
        pooling_maximum.largest(x, y, scratch, window, block)
    else:
        _largest(x, y, window)


@twin_of(pooling_winners.winners)
def winners(x: Array, y: Array, winner: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """See the definition; neither `scratch` nor `block` is used."""
    if narrow(x):
        pooling_winners.winners(x, y, winner, scratch, window, block)
    else:
        _winners(x, y, winner, window)


@twin_of(pooling_route.route)
def route(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """See the definition; neither `scratch` nor `block` is used."""
    if narrow(dy):
        pooling_route.route(dy, winner, dx, scratch, window, block)
    else:
        _route(dy, winner, dx, window)


@compiled
def _largest(x: Any, y: Any, window: Any) -> None:
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
                left, right = (
                    max(q * stride_width - pad_width, 0),
                    min(q * stride_width - pad_width + kernel_width, length),
                )
                for block in range(0, channels, width(x)):
                    c = min(block, channels - width(x))
                    best = spread(LOWEST, pattern)
                    for i in range(top, bottom):
                        place = n * by_image + i * by_row + left * by_pixel + c
                        for _ in range(left, right):
                            best = _larger(load(x, place, pattern), best)
                            place += by_pixel
                    store(y, n * out_image + r * out_row + q * out_pixel + c, best, pattern)


@part
def _larger(value: Any, best: Any) -> Any:
    """The larger of the two, or `best` if the value is no number."""
    return choose(above(value, best), value, best)


@compiled
def _winners(x: Any, y: Any, winner: Any, window: Any) -> None:
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    images, rows, columns, channels = y.shape
    height, length = x.shape[1], x.shape[2]
    by_image, by_row, by_pixel = steps(x)
    out_image, out_row, out_pixel = steps(y)
    win_image, win_row, win_pixel = steps(winner)
    pattern = whole(x)
    bytes_pattern = recast(pattern, winner)
    for n in range(images):
        for r in range(rows):
            corner = r * stride - pad
            top, bottom = max(corner, 0), min(corner + kernel, height)
            for q in range(columns):
                edge = q * stride_width - pad_width
                left, right = max(edge, 0), min(edge + kernel_width, length)
                for block in range(0, channels, width(x)):
                    c = min(block, channels - width(x))
                    best, where = spread(LOWEST, pattern), zeros(bytes_pattern)
                    for i in range(top, bottom):
                        place = n * by_image + i * by_row + left * by_pixel + c
                        tap = 1 + (i - corner) * kernel_width - edge
                        for j in range(left, right):
                            value = load(x, place, pattern)
                            wins = above(value, best)
                            best = choose(wins, value, best)
                            where = choose(wins, spread(tap + j, bytes_pattern), where)
                            place += by_pixel
                    store(y, n * out_image + r * out_row + q * out_pixel + c, best, pattern)
                    store(winner, n * win_image + r * win_row + q * win_pixel + c, where, bytes_pattern)


@compiled
def _route(dy: Any, winner: Any, dx: Any, window: Any) -> None:
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    images, height, length, channels = dx.shape
    rows, columns = dy.shape[1], dy.shape[2]
    by_image, by_row, by_pixel = steps(dx)
    dy_image, dy_row, dy_pixel = steps(dy)
    win_image, win_row, win_pixel = steps(winner)
    step = width(dx)
    full = channels // step * step
    for n in range(images):
        cleared = 0
        for r in range(rows):
            corner = r * stride - pad
            top, bottom = max(corner, 0), min(corner + kernel, height)
            while cleared < bottom:
                _clear_row(dx, n * by_image + cleared * by_row, by_pixel, length, channels)
                cleared += 1
            for q in range(columns):
                edge = q * stride_width - pad_width
                left, right = max(edge, 0), min(edge + kernel_width, length)
                source = n * dy_image + r * dy_row + q * dy_pixel
                where = n * win_image + r * win_row + q * win_pixel
                target = n * by_image + top * by_row + left * by_pixel
                tap = 1 + (top - corner) * kernel_width + left - edge
                sees = bottom - top, right - left, kernel_width
                for c in range(0, full, step):
                    _share(dy, source + c, winner, where + c, dx, target + c, tap, sees, whole(dx))
                if full < channels:
                    pattern = rest(dx, channels - full)
                    _share(dy, source + full, winner, where + full, dx, target + full, tap, sees, pattern)
        while cleared < height:
            _clear_row(dx, n * by_image + cleared * by_row, by_pixel, length, channels)
            cleared += 1


@part
def _clear_row(dx: Any, place: int, by_pixel: int, length: int, channels: int) -> None:
    for _ in range(length):
        clear_run(dx, place, place + channels, channels)
        place += by_pixel


@part
def _share(
    dy: Any, source: int, winner: Any, where: int, dx: Any, target: int, tap: int, sees: Any, pattern: Any
) -> None:
    """Adds the lanes of dy to those of dx at the pixels of the window, rows x columns, that their winners name."""
    rows, columns, kernel_width = sees
    _, by_row, by_pixel = steps(dx)
    bytes_pattern = recast(pattern, winner)
    value, winners = load(dy, source, pattern), load(winner, where, bytes_pattern)
    for i in range(rows):
        for j in range(columns):
            place = target + i * by_row + j * by_pixel
            hit = same(winners, spread(tap + i * kernel_width + j, bytes_pattern))
            store(dx, place, load(dx, place, pattern) + choose(hit, value, zeros(pattern)), pattern)
