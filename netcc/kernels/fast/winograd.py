"""Winograd's transforms, each in one pass: 36 numbers of as many channels as a register holds are worked on at a time.

The last register of a pixel overlaps the one before where the channels are no multiple of its lanes. Arrays with fewer
channels than lanes are left to the definitions.
"""

from __future__ import annotations

from typing import Any

from netcc.kernels import winograd_transforms as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.finish import ADDEND, BIAS, RELU, finished
from netcc.kernels.fast.lanes import load, narrow, pixel, spread, steps, store, whole, width
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.transform_input)
def transform_input(x: Array, transformed: Array, scratch: Array, row: int, pad: Pair, tile: int) -> None:
    """See the definition; `scratch` is not used."""
    if narrow(x):
        definitions.transform_input(x, transformed, scratch, row, pad, tile)
    else:
        _transform_input(x, transformed, row, pad, tile)


@twin_of(definitions.transform_output)
def transform_output(
    products: Array, y: Array, bias: Array | None, addend: Array | None, relu: float | None, scratch: Array, tile: int
) -> None:
    """See the definition; `scratch` is not used, and `products` keep their values."""
    if narrow(y):
        definitions.transform_output(products, y, bias, addend, relu, scratch, tile)
        return
    wanted = (bias is not None) * BIAS + (addend is not None) * ADDEND + (relu is not None) * RELU
    bias = y[0, 0, 0] if bias is None else bias
    write = _transform_output if tile == 4 else _transform_small_output
    write(products, y, bias, y if addend is None else addend, float(relu or 0), wanted)


@compiled
def _transform_input(x: Any, transformed: Any, row: int, pad: Any, tile: int) -> None:
    _, images, rows, columns, channels = transformed.shape
    height, length = x.shape[1], x.shape[2]
    by_image, by_row, by_pixel = steps(x)
    plane = images * rows * columns * channels
    step = width(x)
    target = 0
    for n in range(images):
        for r in range(rows):
            top = tile * (row + r) - pad[0]
            for q in range(columns):
                left = tile * q - pad[1]
                inside = top >= 0 and top + 6 <= height and left >= 0 and left + 6 <= length
                place = n * by_image + top * by_row + left * by_pixel
                for block in range(0, channels, step):
                    c = min(block, channels - step)
                    _input_tile(x, place + c, by_row, by_pixel, inside, top, left, transformed, target + c, plane)
                target += channels


@part
def _input_tile(
    x: Any, place: int, by_row: int, by_pixel: int, inside: bool, top: int, left: int, out: Any, target: int, plane: int
) -> None:
    a0, a1, a2, a3, a4, a5 = _input_column(x, place, by_row, inside, top, left)
    b0, b1, b2, b3, b4, b5 = _input_column(x, place + by_pixel, by_row, inside, top, left + 1)
    c0, c1, c2, c3, c4, c5 = _input_column(x, place + 2 * by_pixel, by_row, inside, top, left + 2)
    d0, d1, d2, d3, d4, d5 = _input_column(x, place + 3 * by_pixel, by_row, inside, top, left + 3)
    e0, e1, e2, e3, e4, e5 = _input_column(x, place + 4 * by_pixel, by_row, inside, top, left + 4)
    f0, f1, f2, f3, f4, f5 = _input_column(x, place + 5 * by_pixel, by_row, inside, top, left + 5)
    _input_row(a0, b0, c0, d0, e0, f0, out, target, plane)
    _input_row(a1, b1, c1, d1, e1, f1, out, target + 6 * plane, plane)
    _input_row(a2, b2, c2, d2, e2, f2, out, target + 12 * plane, plane)
    _input_row(a3, b3, c3, d3, e3, f3, out, target + 18 * plane, plane)
    _input_row(a4, b4, c4, d4, e4, f4, out, target + 24 * plane, plane)
    _input_row(a5, b5, c5, d5, e5, f5, out, target + 30 * plane, plane)


@part
def _input_column(x: Any, place: int, by_row: int, inside: bool, top: int, left: int) -> Any:
    there = left >= 0 and left < x.shape[2]
    return _input_line(
        pixel(x, place, inside or (there and top >= 0 and top < x.shape[1]), whole(x)),
        pixel(x, place + by_row, inside or (there and top + 1 >= 0 and top + 1 < x.shape[1]), whole(x)),
        pixel(x, place + 2 * by_row, inside or (there and top + 2 >= 0 and top + 2 < x.shape[1]), whole(x)),
        pixel(x, place + 3 * by_row, inside or (there and top + 3 >= 0 and top + 3 < x.shape[1]), whole(x)),
        pixel(x, place + 4 * by_row, inside or (there and top + 4 >= 0 and top + 4 < x.shape[1]), whole(x)),
        pixel(x, place + 5 * by_row, inside or (there and top + 5 >= 0 and top + 5 < x.shape[1]), whole(x)),
        spread(2.0, whole(x)),
        spread(4.0, whole(x)),
        spread(5.0, whole(x)),
    )


@part
def _input_row(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, out: Any, target: int, plane: int) -> None:
    pattern = whole(out)
    a, b, c, d, e, f = _input_line(a, b, c, d, e, f, spread(2.0, pattern), spread(4.0, pattern), spread(5.0, pattern))
    store(out, target, a, pattern)
    store(out, target + plane, b, pattern)
    store(out, target + 2 * plane, c, pattern)
    store(out, target + 3 * plane, d, pattern)
    store(out, target + 4 * plane, e, pattern)
    store(out, target + 5 * plane, f, pattern)


@part
def _input_line(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, two: Any, four: Any, five: Any) -> Any:
    """B^T d along one axis."""
    even = e - four * c
    odd = d - four * b
    outer = e - c
    inner = two * (d - b)
    return (
        four * a - five * c + e,
        even + odd,
        even - odd,
        outer + inner,
        outer - inner,
        four * b - five * d + f,
    )


@compiled
def _transform_output(products: Any, y: Any, bias: Any, addend: Any, slope: float, wanted: int) -> None:
    _, images, rows, columns, channels = products.shape
    height, length = y.shape[1], y.shape[2]
    by_image, by_row, by_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    plane = images * rows * columns * channels
    step = width(y)
    source = 0
    for n in range(images):
        for r in range(rows):
            below = height - 4 * r
            for q in range(columns):
                right = length - 4 * q
                place = n * by_image + 4 * r * by_row + 4 * q * by_pixel
                other = n * add_image + 4 * r * add_row + 4 * q * add_pixel
                for block in range(0, channels, step):
                    c = min(block, channels - step)
                    m = source + c
                    a0, a1, a2, a3 = _output_column(products, m, plane)
                    b0, b1, b2, b3 = _output_column(products, m + plane, plane)
                    c0, c1, c2, c3 = _output_column(products, m + 2 * plane, plane)
                    d0, d1, d2, d3 = _output_column(products, m + 3 * plane, plane)
                    e0, e1, e2, e3 = _output_column(products, m + 4 * plane, plane)
                    f0, f1, f2, f3 = _output_column(products, m + 5 * plane, plane)
                    p, o = place + c, other + c
                    _output_row(a0, b0, c0, d0, e0, f0, y, p, right, bias, c, addend, o, slope, wanted)
                    p, o = p + by_row, o + add_row
                    if below > 1:
                        _output_row(a1, b1, c1, d1, e1, f1, y, p, right, bias, c, addend, o, slope, wanted)
                    p, o = p + by_row, o + add_row
                    if below > 2:
                        _output_row(a2, b2, c2, d2, e2, f2, y, p, right, bias, c, addend, o, slope, wanted)
                    p, o = p + by_row, o + add_row
                    if below > 3:
                        _output_row(a3, b3, c3, d3, e3, f3, y, p, right, bias, c, addend, o, slope, wanted)
                source += channels


@part
def _output_column(products: Any, place: int, plane: int) -> Any:
    pattern = whole(products)
    return _output_line(
        load(products, place, pattern),
        load(products, place + 6 * plane, pattern),
        load(products, place + 12 * plane, pattern),
        load(products, place + 18 * plane, pattern),
        load(products, place + 24 * plane, pattern),
        load(products, place + 30 * plane, pattern),
        spread(2.0, pattern),
        spread(4.0, pattern),
        spread(8.0, pattern),
    )


@part
def _output_line(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, two: Any, four: Any, eight: Any) -> Any:
    """A^T m along one axis."""
    near, far = b + c, d + e
    near_odd, far_odd = b - c, d - e
    return a + near + far, near_odd + two * far_odd, near + four * far, near_odd + eight * far_odd + f


@part
def _output_row(
    a: Any, b: Any, c: Any, d: Any, e: Any, f: Any,
    y: Any, place: int, right: int, bias: Any, channel: int, addend: Any, other: int, slope: float, wanted: int,
) -> None:  # fmt: skip
    pattern = whole(y)
    by_pixel, add_pixel = steps(y)[2], steps(addend)[2]
    a, b, c, d = _output_line(a, b, c, d, e, f, spread(2.0, pattern), spread(4.0, pattern), spread(8.0, pattern))
    store(y, place, finished(a, bias, channel, addend, other, slope, wanted, pattern), pattern)
    if right > 1:
        place, other = place + by_pixel, other + add_pixel
        store(y, place, finished(b, bias, channel, addend, other, slope, wanted, pattern), pattern)
    if right > 2:
        place, other = place + by_pixel, other + add_pixel
        store(y, place, finished(c, bias, channel, addend, other, slope, wanted, pattern), pattern)
    if right > 3:
        place, other = place + by_pixel, other + add_pixel
        store(y, place, finished(d, bias, channel, addend, other, slope, wanted, pattern), pattern)


@compiled
def _transform_small_output(products: Any, y: Any, bias: Any, addend: Any, slope: float, wanted: int) -> None:
    """For tiles of 2 x 2 results."""
    _, images, rows, columns, channels = products.shape
    height, length = y.shape[1], y.shape[2]
    by_image, by_row, by_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    plane = images * rows * columns * channels
    step = width(y)
    source = 0
    for n in range(images):
        for r in range(rows):
            for q in range(columns):
                right = length - 2 * q
                place = n * by_image + 2 * r * by_row + 2 * q * by_pixel
                other = n * add_image + 2 * r * add_row + 2 * q * add_pixel
                for block in range(0, channels, step):
                    c = min(block, channels - step)
                    m = source + c
                    a0, a1 = _small_column(products, m, plane)
                    b0, b1 = _small_column(products, m + plane, plane)
                    c0, c1 = _small_column(products, m + 2 * plane, plane)
                    d0, d1 = _small_column(products, m + 3 * plane, plane)
                    e0, e1 = _small_column(products, m + 4 * plane, plane)
                    f0, f1 = _small_column(products, m + 5 * plane, plane)
                    p, o = place + c, other + c
                    _small_row(a0, b0, c0, d0, e0, f0, y, p, right, bias, c, addend, o, slope, wanted)
                    if height - 2 * r > 1:
                        p, o = p + by_row, o + add_row
                        _small_row(a1, b1, c1, d1, e1, f1, y, p, right, bias, c, addend, o, slope, wanted)
                source += channels


@part
def _small_column(products: Any, place: int, plane: int) -> Any:
    pattern = whole(products)
    return _small_line(
        load(products, place, pattern),
        load(products, place + 6 * plane, pattern),
        load(products, place + 12 * plane, pattern),
        load(products, place + 18 * plane, pattern),
        load(products, place + 24 * plane, pattern),
        load(products, place + 30 * plane, pattern),
        spread(2.0, pattern),
    )


@part
def _small_line(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, two: Any) -> Any:
    return a + b + c + d + e, b - c + two * (d - e) + f


@part
def _small_row(
    a: Any, b: Any, c: Any, d: Any, e: Any, f: Any,
    y: Any, place: int, right: int, bias: Any, channel: int, addend: Any, other: int, slope: float, wanted: int,
) -> None:  # fmt: skip
    pattern = whole(y)
    a, b = _small_line(a, b, c, d, e, f, spread(2.0, pattern))
    store(y, place, finished(a, bias, channel, addend, other, slope, wanted, pattern), pattern)
    if right > 1:
        place, other = place + steps(y)[2], other + steps(addend)[2]
        store(y, place, finished(b, bias, channel, addend, other, slope, wanted, pattern), pattern)
