"""Depthwise convolution and its gradients, a register of channels at a time, without a padded copy of the image.

The usual window, 3 x 3 without dilation, slides along a row: of its nine pixels only the new column is loaded, and with
unit stride two rows of results share it. Any other window is a sum over its taps. The last register of a pixel overlaps
the one before; arrays with fewer channels than lanes are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import depthwise_sums as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.finish import ADDEND, BIAS, RELU, finished
from netcc.kernels.fast.lanes import load, narrow, pixel, steps, store, whole, width, zeros
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.depthwise_forward)
def depthwise_forward(
    x: Array,
    weights: Array,
    bias: Array | None,
    addend: Array | None,
    relu: float | None,
    y: Array,
    scratch: Array,
    stride: Pair,
    pad: Pair,
    dilation: Pair,
) -> None:
    """See the definition; `scratch` is not used."""
    if narrow(x):
        definitions.depthwise_forward(x, weights, bias, addend, relu, y, scratch, stride, pad, dilation)
        return
    wanted = (bias is not None) * BIAS + (addend is not None) * ADDEND + (relu is not None) * RELU
    bias, addend = weights[0, 0] if bias is None else bias, y if addend is None else addend
    if weights.shape[:2] != (3, 3) or dilation != (1, 1):
        _any_window(x, weights, 1, y, stride, pad, dilation, bias, addend, float(relu or 0), wanted)
    elif stride == (1, 1):
        _row_pairs(x, weights, 1, y, pad, bias, addend, float(relu or 0), wanted)
    else:
        _rows(x, weights, y, stride, pad, bias, addend, float(relu or 0), wanted)


@twin_of(definitions.depthwise_image_gradient)
def depthwise_image_gradient(
    dy: Array, weights: Array, dx: Array, scratch: Array, stride: Pair, pad: Pair, dilation: Pair
) -> None:
    """See the definition; `scratch` is not used. With unit stride it is a convolution with mirrored weights."""
    if narrow(dy) or (stride != (1, 1) and dilation != (1, 1)):
        definitions.depthwise_image_gradient(dy, weights, dx, scratch, stride, pad, dilation)
    elif stride == (2, 2) and weights.shape[:2] == (3, 3):
        _every_second(dy, weights, dx, pad)
    elif stride != (1, 1):
        _strided_gradient(dy, weights, dx, stride, pad)
    else:
        kernel = weights.shape
        border = (kernel[0] - 1) * dilation[0] - pad[0], (kernel[1] - 1) * dilation[1] - pad[1]
        if kernel[:2] == (3, 3) and dilation == (1, 1):
            _row_pairs(dy, weights, -1, dx, border, weights[0, 0], dx, 0.0, 0)
        else:
            _any_window(dy, weights, -1, dx, stride, border, dilation, weights[0, 0], dx, 0.0, 0)


@compiled
def _row_pairs(
    x: Any, weights: Any, turn: int, y: Any, pad: Any, bias: Any, addend: Any, slope: float, wanted: int
) -> None:
    """Unit stride; `turn` is -1 for mirrored weights."""
    images, rows, _, channels = y.shape
    step = width(x)
    first = 0 if turn > 0 else 8 * channels
    for n in range(images):
        for r in range(0, rows, 2):
            for block in range(0, channels, step):
                c = min(block, channels - step)
                _row_pair(x, weights, first + c, turn * channels, y, n, r, c, pad, bias, addend, slope, wanted)


@part
def _row_pair(
    x: Any, weights: Any, tap: int, turn: int, y: Any, n: int, r: int, c: int, pad: Any,
    bias: Any, addend: Any, slope: float, wanted: int,
) -> None:  # fmt: skip
    pattern = whole(x)
    height, length = x.shape[1], x.shape[2]
    by_image, by_row, by_pixel = steps(x)
    out_image, out_row, out_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    w0, w1, w2 = _three(weights, tap, turn)
    w3, w4, w5 = _three(weights, tap + 3 * turn, turn)
    w6, w7, w8 = _three(weights, tap + 6 * turn, turn)
    top, left = r - pad[0], -pad[1]
    both = r + 1 < y.shape[1]
    t0, t1 = top >= 0 and top < height, top + 1 >= 0 and top + 1 < height
    t2, t3 = top + 2 >= 0 and top + 2 < height, both and top + 3 >= 0 and top + 3 < height
    place = n * by_image + top * by_row + left * by_pixel + c
    out = n * out_image + r * out_row + c
    other = n * add_image + r * add_row + c
    a0, a1, a2 = _column(x, place, by_row, left >= 0 and left < length, t0, t1, t2)
    a3 = pixel(x, place + 3 * by_row, left >= 0 and left < length and t3, whole(x))
    left, place = left + 1, place + by_pixel
    b0, b1, b2 = _column(x, place, by_row, left >= 0 and left < length, t0, t1, t2)
    b3 = pixel(x, place + 3 * by_row, left >= 0 and left < length and t3, whole(x))
    for _ in range(y.shape[2]):
        left, place = left + 1, place + by_pixel
        there = left >= 0 and left < length
        c0, c1, c2 = _column(x, place, by_row, there, t0, t1, t2)
        c3 = pixel(x, place + 3 * by_row, there and t3, whole(x))
        upper = (a0 * w0 + b0 * w1 + c0 * w2) + ((a1 * w3 + b1 * w4 + c1 * w5) + (a2 * w6 + b2 * w7 + c2 * w8))
        store(y, out, finished(upper, bias, c, addend, other, slope, wanted, pattern), pattern)
        if both:
            lower = (a1 * w0 + b1 * w1 + c1 * w2) + ((a2 * w3 + b2 * w4 + c2 * w5) + (a3 * w6 + b3 * w7 + c3 * w8))
            below = finished(lower, bias, c, addend, other + add_row, slope, wanted, pattern)
            store(y, out + out_row, below, pattern)
        a0, a1, a2, a3 = b0, b1, b2, b3
        b0, b1, b2, b3 = c0, c1, c2, c3
        out += out_pixel
        other += add_pixel


@part
def _three(array: Any, place: int, apart: int) -> Any:
    pattern = whole(array)
    return load(array, place, pattern), load(array, place + apart, pattern), load(array, place + 2 * apart, pattern)


@part
def _column(x: Any, place: int, by_row: int, there: bool, t0: bool, t1: bool, t2: bool) -> Any:
    return (
        pixel(x, place, there and t0, whole(x)),
        pixel(x, place + by_row, there and t1, whole(x)),
        pixel(x, place + 2 * by_row, there and t2, whole(x)),
    )


@compiled
def _rows(
    x: Any, weights: Any, y: Any, stride: Any, pad: Any, bias: Any, addend: Any, slope: float, wanted: int
) -> None:
    """Any stride, one row of results at a time."""
    images, rows, _, channels = y.shape
    step = width(x)
    for n in range(images):
        for r in range(rows):
            for block in range(0, channels, step):
                c = min(block, channels - step)
                _row(x, weights, y, n, r, c, stride, pad, bias, addend, slope, wanted)


@part
def _row(
    x: Any, weights: Any, y: Any, n: int, r: int, c: int, stride: Any, pad: Any,
    bias: Any, addend: Any, slope: float, wanted: int,
) -> None:  # fmt: skip
    pattern = whole(x)
    height, length, channels = x.shape[1], x.shape[2], y.shape[3]
    by_image, by_row, by_pixel = steps(x)
    out_image, out_row, out_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    w0, w1, w2 = _three(weights, c, channels)
    w3, w4, w5 = _three(weights, c + 3 * channels, channels)
    w6, w7, w8 = _three(weights, c + 6 * channels, channels)
    top, left = r * stride[0] - pad[0], -pad[1]
    t0, t1 = top >= 0 and top < height, top + 1 >= 0 and top + 1 < height
    t2 = top + 2 >= 0 and top + 2 < height
    place = n * by_image + top * by_row + left * by_pixel + c
    out = n * out_image + r * out_row + c
    other = n * add_image + r * add_row + c
    for _ in range(y.shape[2]):
        a0, a1, a2 = _column(x, place, by_row, left >= 0 and left < length, t0, t1, t2)
        b0, b1, b2 = _column(x, place + by_pixel, by_row, left + 1 >= 0 and left + 1 < length, t0, t1, t2)
        c0, c1, c2 = _column(x, place + 2 * by_pixel, by_row, left + 2 >= 0 and left + 2 < length, t0, t1, t2)
        total = (a0 * w0 + b0 * w1 + c0 * w2) + ((a1 * w3 + b1 * w4 + c1 * w5) + (a2 * w6 + b2 * w7 + c2 * w8))
        store(y, out, finished(total, bias, c, addend, other, slope, wanted, pattern), pattern)
        left += stride[1]
        place += stride[1] * by_pixel
        out += out_pixel
        other += add_pixel


@compiled
def _any_window(
    x: Any, weights: Any, turn: int, y: Any, stride: Any, pad: Any, dilation: Any,
    bias: Any, addend: Any, slope: float, wanted: int,
) -> None:  # fmt: skip
    images, rows, columns, channels = y.shape
    height, length = x.shape[1], x.shape[2]
    kernel_height, kernel_width = weights.shape[0], weights.shape[1]
    by_image, by_row, by_pixel = steps(x)
    out_image, out_row, out_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    pattern = whole(x)
    first = 0 if turn > 0 else (kernel_height * kernel_width - 1) * channels
    for n in range(images):
        for r in range(rows):
            for q in range(columns):
                for block in range(0, channels, width(x)):
                    c = min(block, channels - width(x))
                    total = zeros(pattern)
                    for i in range(kernel_height):
                        row = r * stride[0] + i * dilation[0] - pad[0]
                        if row < 0 or row >= height:
                            continue
                        for j in range(kernel_width):
                            column = q * stride[1] + j * dilation[1] - pad[1]
                            if column >= 0 and column < length:
                                place = n * by_image + row * by_row + column * by_pixel + c
                                tap = first + turn * (i * kernel_width + j) * channels + c
                                total = total + load(x, place, pattern) * load(weights, tap, pattern)
                    other = n * add_image + r * add_row + q * add_pixel + c
                    total = finished(total, bias, c, addend, other, slope, wanted, pattern)
                    store(y, n * out_image + r * out_row + q * out_pixel + c, total, pattern)


@compiled
def _every_second(dy: Any, weights: Any, dx: Any, pad: Any) -> None:
    """Window 3 x 3, stride 2: a row of dx is seen from two rows of dy by taps 0 and 2, or from one by tap 1."""
    images, height, _, channels = dx.shape
    for n in range(images):
        for h in range(height):
            for block in range(0, channels, width(dx)):
                _doubled_row(dy, weights, dx, n, h, min(block, channels - width(dx)), pad)


@part
def _doubled_row(dy: Any, weights: Any, dx: Any, n: int, h: int, c: int, pad: Any) -> None:
    pattern = whole(dx)
    length, channels = dx.shape[2], dx.shape[3]
    rows, columns = dy.shape[1], dy.shape[2]
    by_image, by_row, by_pixel = steps(dx)
    dy_image, dy_row, dy_pixel = steps(dy)
    r, odd = (h + pad[0]) // 2, (h + pad[0]) % 2
    w0, w1, w2 = _three(weights, 3 * odd * channels + c, channels)
    w6, w7, w8 = _three(weights, 6 * channels + c, channels)
    t, u = r < rows, odd == 0 and r >= 1 and r <= rows
    source, target = n * dy_image + r * dy_row + c, n * by_image + h * by_row - pad[1] * by_pixel + c
    a, b = zeros(pattern), zeros(pattern)
    for q in range((length - 1 + pad[1]) // 2 + 1):
        near, far = (
            pixel(dy, source, t and q < columns, whole(dy)),
            pixel(dy, source - dy_row, u and q < columns, whole(dy)),
        )
        w = 2 * q - pad[1]
        if w >= 0:
            store(dx, target, (near * w0 + a * w2) + (far * w6 + b * w8), pattern)
        if w + 1 >= 0 and w + 1 < length:
            store(dx, target + by_pixel, near * w1 + far * w7, pattern)
        a, b = near, far
        source += dy_pixel
        target += 2 * by_pixel


@compiled
def _strided_gradient(dy: Any, weights: Any, dx: Any, stride: Any, pad: Any) -> None:
    """For each pixel of dx the sum over the taps that reach it: every stride-th one of the kernel."""
    images, height, length, channels = dx.shape
    rows, columns = dy.shape[1], dy.shape[2]
    kernel_height, kernel_width = weights.shape[0], weights.shape[1]
    by_image, by_row, by_pixel = steps(dx)
    dy_image, dy_row, dy_pixel = steps(dy)
    pattern = whole(dx)
    for n in range(images):
        for h in range(height):
            top = (h + pad[0]) % stride[0]
            last_row = (h + pad[0]) // stride[0]
            for w in range(length):
                left = (w + pad[1]) % stride[1]
                last_column = (w + pad[1]) // stride[1]
                for block in range(0, channels, width(dx)):
                    c = min(block, channels - width(dx))
                    total = zeros(pattern)
                    r = last_row
                    for i in range(top, kernel_height, stride[0]):
                        if r >= 0 and r < rows:
                            q = last_column
                            for j in range(left, kernel_width, stride[1]):
                                if q >= 0 and q < columns:
                                    place = n * dy_image + r * dy_row + q * dy_pixel + c
                                    tap = (i * kernel_width + j) * channels + c
                                    total = total + load(dy, place, pattern) * load(weights, tap, pattern)
                                q -= 1
                        r -= 1
                    store(dx, n * by_image + h * by_row + w * by_pixel + c, total, pattern)
