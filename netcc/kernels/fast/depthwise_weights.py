"""The gradient of depthwise weights: nine sums of a register of channels are held while a row of the image passes."""

from __future__ import annotations

from typing import Any

from netcc.kernels import depthwise_sums as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, pixel, rest, steps, store, whole, width
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.depthwise_weights_gradient)
def depthwise_weights_gradient(
    x: Array, dy: Array, dw: Array, scratch: Array, stride: Pair, pad: Pair, dilation: Pair
) -> None:
    """See the definition; `scratch` is not used."""
    dw[...] = 0
    if dw.shape[:2] == (3, 3) and dilation == (1, 1):
        _three_by_three(x, dy, dw, stride, pad)
    else:
        _any_window(x, dy, dw, stride, pad, dilation)


@compiled
def _three_by_three(x: Any, dy: Any, dw: Any, stride: Any, pad: Any) -> None:
    images, rows, _, channels = dy.shape
    step = width(x)
    full = channels // step * step
    for n in range(images):
        for r in range(rows):
            for c in range(0, full, step):
                _row(x, dy, dw, n, r, c, stride, pad, whole(x))
            if full < channels:
                _row(x, dy, dw, n, r, full, stride, pad, rest(x, channels - full))


@part
def _row(x: Any, dy: Any, dw: Any, n: int, r: int, c: int, stride: Any, pad: Any, pattern: Any) -> None:
    height, length, channels = x.shape[1], x.shape[2], dy.shape[3]
    by_image, by_row, by_pixel = steps(x)
    dy_image, dy_row, dy_pixel = steps(dy)
    s0, s1, s2 = _three(dw, c, channels, pattern)
    s3, s4, s5 = _three(dw, c + 3 * channels, channels, pattern)
    s6, s7, s8 = _three(dw, c + 6 * channels, channels, pattern)
    top, left = r * stride[0] - pad[0], -pad[1]
    t0, t1 = top >= 0 and top < height, top + 1 >= 0 and top + 1 < height
    t2 = top + 2 >= 0 and top + 2 < height
    place = n * by_image + top * by_row + left * by_pixel + c
    source = n * dy_image + r * dy_row + c
    for _ in range(dy.shape[2]):
        g = load(dy, source, pattern)
        a0, a1, a2 = _column(x, place, by_row, left >= 0 and left < length, t0, t1, t2, pattern)
        b0, b1, b2 = _column(x, place + by_pixel, by_row, left + 1 >= 0 and left + 1 < length, t0, t1, t2, pattern)
        c0, c1, c2 = _column(x, place + 2 * by_pixel, by_row, left + 2 >= 0 and left + 2 < length, t0, t1, t2, pattern)
        s0, s1, s2 = s0 + a0 * g, s1 + b0 * g, s2 + c0 * g
        s3, s4, s5 = s3 + a1 * g, s4 + b1 * g, s5 + c1 * g
        s6, s7, s8 = s6 + a2 * g, s7 + b2 * g, s8 + c2 * g
        left += stride[1]
        place += stride[1] * by_pixel
        source += dy_pixel
    _keep(dw, c, channels, s0, s1, s2, pattern)
    _keep(dw, c + 3 * channels, channels, s3, s4, s5, pattern)
    _keep(dw, c + 6 * channels, channels, s6, s7, s8, pattern)


@part
def _three(array: Any, place: int, apart: int, pattern: Any) -> Any:
    return load(array, place, pattern), load(array, place + apart, pattern), load(array, place + 2 * apart, pattern)


@part
def _keep(array: Any, place: int, apart: int, a: Any, b: Any, c: Any, pattern: Any) -> None:
    store(array, place, a, pattern)
    store(array, place + apart, b, pattern)
    store(array, place + 2 * apart, c, pattern)


@part
def _column(x: Any, place: int, by_row: int, there: bool, t0: bool, t1: bool, t2: bool, pattern: Any) -> Any:
    return (
        pixel(x, place, there and t0, pattern),
        pixel(x, place + by_row, there and t1, pattern),
        pixel(x, place + 2 * by_row, there and t2, pattern),
    )


@compiled
def _any_window(x: Any, dy: Any, dw: Any, stride: Any, pad: Any, dilation: Any) -> None:
    images, rows, _, channels = dy.shape
    height = x.shape[1]
    step = width(x)
    full = channels // step * step
    for n in range(images):
        for r in range(rows):
            for i in range(dw.shape[0]):
                row = r * stride[0] + i * dilation[0] - pad[0]
                if row >= 0 and row < height:
                    for j in range(dw.shape[1]):
                        left = j * dilation[1] - pad[1]
                        tap = (i * dw.shape[1] + j) * channels
                        for c in range(0, full, step):
                            _tap(x, dy, dw, n, row, r, c, tap + c, left, stride[1], whole(x))
                        if full < channels:
                            pattern = rest(x, channels - full)
                            _tap(x, dy, dw, n, row, r, full, tap + full, left, stride[1], pattern)


@part
def _tap(
    x: Any, dy: Any, dw: Any, n: int, row: int, r: int, c: int, tap: int, left: int, stride: int, pattern: Any
) -> None:
    by_image, by_row, by_pixel = steps(x)
    dy_image, dy_row, dy_pixel = steps(dy)
    place, source = n * by_image + row * by_row + c, n * dy_image + r * dy_row + c
    total = load(dw, tap, pattern)
    for q in range(dy.shape[2]):
        column = q * stride + left
        if column >= 0 and column < x.shape[2]:
            pixel = load(x, place + column * by_pixel, pattern)
            total = total + pixel * load(dy, source + q * dy_pixel, pattern)
    store(dw, tap, total, pattern)
