"""Winograd's transforms of gradients and of weights, each in one pass over as many channels as a register holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netcc.kernels import winograd_transforms as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, narrow, pixel, spread, steps, store, whole, width
from netcc.kernels.twins import twin_of
from netcc.types import Array

_CHUNK = 1 << 16


@twin_of(definitions.transform_gradient)
def transform_gradient(dy: Array, transformed: Array, scratch: Array, row: int, tile: int) -> None:
    """See the definition; `scratch` is not used."""
    if narrow(dy):
        definitions.transform_gradient(dy, transformed, scratch, row, tile)
    else:
        write = _transform_gradient if tile == 4 else _transform_small_gradient
        write(dy, transformed, row)


@compiled
def _transform_gradient(dy: Any, transformed: Any, row: int) -> None:
    _, images, rows, columns, outputs = transformed.shape
    by_image, by_row, by_pixel = steps(dy)
    plane = images * rows * columns * outputs
    step = width(dy)
    target = 0
    for n in range(images):
        for r in range(rows):
            below = dy.shape[1] - 4 * (row + r)
            for q in range(columns):
                right = dy.shape[2] - 4 * q
                place = n * by_image + 4 * (row + r) * by_row + 4 * q * by_pixel
                for block in range(0, outputs, step):
                    c = min(block, outputs - step)
                    p, t = place + c, target + c
                    a0, a1, a2, a3, a4, a5 = _column(dy, p, by_row, below, right > 0)
                    b0, b1, b2, b3, b4, b5 = _column(dy, p + by_pixel, by_row, below, right > 1)
                    c0, c1, c2, c3, c4, c5 = _column(dy, p + 2 * by_pixel, by_row, below, right > 2)
                    d0, d1, d2, d3, d4, d5 = _column(dy, p + 3 * by_pixel, by_row, below, right > 3)
                    _row(a0, b0, c0, d0, transformed, t, plane)
                    _row(a1, b1, c1, d1, transformed, t + 6 * plane, plane)
                    _row(a2, b2, c2, d2, transformed, t + 12 * plane, plane)
                    _row(a3, b3, c3, d3, transformed, t + 18 * plane, plane)
                    _row(a4, b4, c4, d4, transformed, t + 24 * plane, plane)
                    _row(a5, b5, c5, d5, transformed, t + 30 * plane, plane)
                target += outputs


@part
def _column(dy: Any, place: int, by_row: int, below: int, there: bool) -> Any:
    return _line(
        pixel(dy, place, there and below > 0, whole(dy)),
        pixel(dy, place + by_row, there and below > 1, whole(dy)),
        pixel(dy, place + 2 * by_row, there and below > 2, whole(dy)),
        pixel(dy, place + 3 * by_row, there and below > 3, whole(dy)),
        spread(2.0, whole(dy)),
        spread(4.0, whole(dy)),
    )


@part
def _line(a: Any, b: Any, c: Any, d: Any, two: Any, four: Any) -> Any:
    """A d along one axis: the polynomial at 0, 1, -1, 2, -2 and infinity."""
    even, odd = a + c, b + d
    far_even, far_odd = a + four * c, two * (b + four * d)
    return a, even + odd, even - odd, far_even + far_odd, far_even - far_odd, d


@part
def _row(a: Any, b: Any, c: Any, d: Any, out: Any, target: int, plane: int) -> None:
    pattern = whole(out)
    _six(_line(a, b, c, d, spread(2.0, pattern), spread(4.0, pattern)), out, target, plane)


@part
def _six(values: Any, out: Any, target: int, plane: int) -> None:
    pattern = whole(out)
    a, b, c, d, e, f = values
    store(out, target, a, pattern)
    store(out, target + plane, b, pattern)
    store(out, target + 2 * plane, c, pattern)
    store(out, target + 3 * plane, d, pattern)
    store(out, target + 4 * plane, e, pattern)
    store(out, target + 5 * plane, f, pattern)


@compiled
def _transform_small_gradient(dy: Any, transformed: Any, row: int) -> None:
    """For tiles of 2 x 2 gradients."""
    _, images, rows, columns, outputs = transformed.shape
    by_image, by_row, by_pixel = steps(dy)
    plane = images * rows * columns * outputs
    step = width(dy)
    target = 0
    for n in range(images):
        for r in range(rows):
            below = dy.shape[1] - 2 * (row + r) > 1
            for q in range(columns):
                right = dy.shape[2] - 2 * q > 1
                place = n * by_image + 2 * (row + r) * by_row + 2 * q * by_pixel
                for block in range(0, outputs, step):
                    c = min(block, outputs - step)
                    p, t = place + c, target + c
                    a0, a1, a2, a3, a4, a5 = _small_line(
                        pixel(dy, p, True, whole(dy)), pixel(dy, p + by_row, below, whole(dy)), spread(2.0, whole(dy))
                    )
                    p += by_pixel
                    b0, b1, b2, b3, b4, b5 = _small_line(
                        pixel(dy, p, right, whole(dy)),
                        pixel(dy, p + by_row, right and below, whole(dy)),
                        spread(2.0, whole(dy)),
                    )
                    _six(_small_line(a0, b0, spread(2.0, whole(dy))), transformed, t, plane)
                    _six(_small_line(a1, b1, spread(2.0, whole(dy))), transformed, t + 6 * plane, plane)
                    _six(_small_line(a2, b2, spread(2.0, whole(dy))), transformed, t + 12 * plane, plane)
                    _six(_small_line(a3, b3, spread(2.0, whole(dy))), transformed, t + 18 * plane, plane)
                    _six(_small_line(a4, b4, spread(2.0, whole(dy))), transformed, t + 24 * plane, plane)
                    _six(_small_line(a5, b5, spread(2.0, whole(dy))), transformed, t + 30 * plane, plane)
                target += outputs


@part
def _small_line(a: Any, b: Any, two: Any) -> Any:
    return a, a + b, a - b, a + two * b, a - two * b, b


@twin_of(definitions.transform_weights)
def transform_weights(weights: Array, out: Array) -> None:
    """See the definition."""
    channels, outputs = weights.shape[2:]
    if weights.shape[0] != 3 or channels * outputs * weights.itemsize < 64:
        definitions.transform_weights(weights, out)
        return
    step = max(1, _CHUNK // outputs)
    plane = out.strides[0] // out.itemsize
    reached = as_strided(out, (35 * plane + channels * outputs,), (out.itemsize,))
    for first in range(0, channels, step):
        taps = np.ascontiguousarray(weights[:, :, first : first + step]).reshape(9, -1)
        _transform_weights(taps, reached, first * outputs, plane)


@compiled
def _transform_weights(taps: Any, out: Any, first: int, plane: int) -> None:
    length = taps.shape[1]
    step = width(taps)
    pattern = whole(taps)
    for block in range(0, length, step):
        p = min(block, length - step)
        a0, a1, a2, a3, a4, a5 = _weights_column(taps, p, length)
        b0, b1, b2, b3, b4, b5 = _weights_column(taps, p + length, length)
        c0, c1, c2, c3, c4, c5 = _weights_column(taps, p + 2 * length, length)
        t = first + p
        _six(_weights_line(a0, b0, c0, pattern), out, t, plane)
        _six(_weights_line(a1, b1, c1, pattern), out, t + 6 * plane, plane)
        _six(_weights_line(a2, b2, c2, pattern), out, t + 12 * plane, plane)
        _six(_weights_line(a3, b3, c3, pattern), out, t + 18 * plane, plane)
        _six(_weights_line(a4, b4, c4, pattern), out, t + 24 * plane, plane)
        _six(_weights_line(a5, b5, c5, pattern), out, t + 30 * plane, plane)


@part
def _weights_column(taps: Any, place: int, length: int) -> Any:
    pattern = whole(taps)
    return _weights_line(
        load(taps, place, pattern),
        load(taps, place + 3 * length, pattern),
        load(taps, place + 6 * length, pattern),
        pattern,
    )


@part
def _weights_line(a: Any, b: Any, c: Any, pattern: Any) -> Any:
    """G g along one axis."""
    even, odd = spread(-1 / 6, pattern) * (a + c), spread(-1 / 6, pattern) * b
    far_even = spread(1 / 24, pattern) * (a + spread(4.0, pattern) * c)
    far_odd = spread(1 / 12, pattern) * b
    return spread(1 / 4, pattern) * a, even + odd, even - odd, far_even + far_odd, far_even - far_odd, c


@twin_of(definitions.gather_weights_gradient)
def gather_weights_gradient(products: Array, dw: Array, add: bool) -> None:
    """See the definition."""
    if dw.shape[2] != 3 or narrow(products) or not dw.flags.c_contiguous:
        definitions.gather_weights_gradient(products, dw, add)
    else:
        lanes = np.empty(9 * 64 // products.itemsize, products.dtype)
        _gather_weights_gradient(products, dw.reshape(-1), lanes, add)


@compiled
def _gather_weights_gradient(products: Any, dw: Any, lanes: Any, add: bool) -> None:
    _, outputs, channels = products.shape
    plane = outputs * channels
    step = width(products)
    for block in range(0, plane, step):
        first = min(block, plane - step)
        _kernel(products, first, plane, lanes)
        for lane in range(block - first, step):
            place = (first + lane) * 9
            for tap in range(9):
                value = lanes[tap * step + lane]
                dw[place + tap] = dw[place + tap] + value if add else value


@part
def _kernel(products: Any, place: int, plane: int, lanes: Any) -> None:
    """G^T m G of neighbours, tap by tap."""
    pattern = whole(products)
    step = width(products)
    a0, a1, a2 = _gather_column(products, place, plane)
    b0, b1, b2 = _gather_column(products, place + plane, plane)
    c0, c1, c2 = _gather_column(products, place + 2 * plane, plane)
    d0, d1, d2 = _gather_column(products, place + 3 * plane, plane)
    e0, e1, e2 = _gather_column(products, place + 4 * plane, plane)
    f0, f1, f2 = _gather_column(products, place + 5 * plane, plane)
    _three(_gather_line(a0, b0, c0, d0, e0, f0, pattern), lanes, 0, step)
    _three(_gather_line(a1, b1, c1, d1, e1, f1, pattern), lanes, 3 * step, step)
    _three(_gather_line(a2, b2, c2, d2, e2, f2, pattern), lanes, 6 * step, step)


@part
def _three(values: Any, lanes: Any, place: int, step: int) -> None:
    pattern = whole(lanes)
    a, b, c = values
    store(lanes, place, a, pattern)
    store(lanes, place + step, b, pattern)
    store(lanes, place + 2 * step, c, pattern)


@part
def _gather_column(products: Any, place: int, plane: int) -> Any:
    pattern = whole(products)
    return _gather_line(
        load(products, place, pattern),
        load(products, place + 6 * plane, pattern),
        load(products, place + 12 * plane, pattern),
        load(products, place + 18 * plane, pattern),
        load(products, place + 24 * plane, pattern),
        load(products, place + 30 * plane, pattern),
        pattern,
    )


@part
def _gather_line(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, pattern: Any) -> Any:
    """G^T m along one axis."""
    near = spread(-1 / 6, pattern) * (b + c)
    far = spread(1 / 24, pattern) * (d + e)
    odd = spread(-1 / 6, pattern) * (b - c) + spread(1 / 12, pattern) * (d - e)
    return spread(1 / 4, pattern) * a + near + far, odd, near + spread(4.0, pattern) * far + f
