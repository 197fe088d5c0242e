"""The sums of a depthwise convolution: every channel has its own filter, so that no product of matrices helps.

Rows of an image are taken as one long vector (width x channels), and weights are repeated for every pixel of a row:
then each tap is one long multiply-add. Weights are (kernel height, kernel width, channels).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netcc.kernels.blocks import take
from netcc.kernels.columns import fill_padded, fill_phases
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry, Pair
from netcc.kernels.strips import Cut, cut
from netcc.types import Array, Shape, count

_STRIP = 1 << 18
"""Elements of the result in a strip."""


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
    """y[n, r, q] = sum over i, j of weights[i, j] x[n, r stride + i dilation - pad, q ...], then `finish`."""
    images, height, width, channels = y.shape
    rest = _behind(scratch, _wide_shape(weights, width))
    wide = _widened(weights, scratch, width)
    for strip in _cut(y.shape).strips(images, height):
        target = strip.of(y)
        sums = take(rest, (2, *target.shape[:2], width * channels))
        padded = take(rest[sums.size :], _phases_shape(target.shape, weights.shape, stride, dilation))
        fill_phases(strip.images_of(x), padded, strip.first * stride[0] - pad[0], -pad[1])
        direct = target.flags.c_contiguous
        total = target.reshape(sums.shape[1:]) if direct else sums[0]
        for number, (taps, view) in enumerate(_taps(padded, target.shape, weights.shape, stride, dilation)):
            np.einsum(view, [0, 1, 2, 3, 4], wide[:, taps], [2, 3, 4], [0, 1, 4], out=sums[1] if number else total)
            if number:
                np.add(total, sums[1], out=total)
        if not direct:
            np.copyto(target, total.reshape(target.shape))
        finish(target, bias, None if addend is None else strip.of(addend), relu)


def depthwise_weights_gradient(
    x: Array, dy: Array, dw: Array, scratch: Array, stride: Pair, pad: Pair, dilation: Pair
) -> None:
    """dw[i, j] = sum over n, r, q of x[n, r stride + i dilation - pad, q ...] dy[n, r, q]."""
    images, height, width, channels = dy.shape
    sums = take(scratch, (2, *_wide_shape(dw, width)))
    rest = scratch[sums.size :]
    sums[0] = 0
    for strip in _cut(dy.shape).strips(images, height):
        gradient = strip.of(dy)
        rows = take(rest, (*gradient.shape[:2], width * channels))
        padded = take(rest[rows.size :], _phases_shape(gradient.shape, dw.shape, stride, dilation))
        fill_phases(strip.images_of(x), padded, strip.first * stride[0] - pad[0], -pad[1])
        if gradient.flags.c_contiguous:
            rows = gradient.reshape(rows.shape)
        else:
            np.copyto(rows.reshape(gradient.shape), gradient)
        for taps, view in _taps(padded, gradient.shape, dw.shape, stride, dilation):
            np.einsum(view, [0, 1, 2, 3, 4], rows, [0, 1, 4], [2, 3, 4], out=sums[1, :, taps])
        np.add(sums[0], sums[1], out=sums[0])
    np.sum(sums[0].reshape(*dw.shape[:2], width, channels), axis=2, out=dw)


def depthwise_image_gradient(
    dy: Array, weights: Array, dx: Array, scratch: Array, stride: Pair, pad: Pair, dilation: Pair
) -> None:
    """dx[n, r stride + i dilation - pad, q ...] is the sum over i, j of weights[i, j] dy[n, r, q].

    Every stride-th row and column of dx is a correlation of dy with those taps that reach it.
    """
    images, height, width, channels = dx.shape
    rows, columns = (
        [_Reaching.of(start, size, *axis) for start in range(axis[1])]
        for size, *axis in zip((height, width), weights.shape, stride, pad, dilation, strict=False)
    )
    top, lines = _Reaching.span(rows)
    left, length = _Reaching.span(columns)
    wide = _widened(weights, scratch, columns[0].steps)
    scratch = _behind(scratch, wide.shape)
    step = _gradient_images(dx.shape)
    for image in range(0, images, step):
        source, target = dy[image : image + step], dx[image : image + step]
        padded = take(scratch, (len(source), lines, length, channels))
        fill_padded(source, padded, top, left)
        direct = stride == (1, 1) and target.flags.c_contiguous
        for row in rows:
            for column in columns:
                part = target[:, row.start :: stride[0], column.start :: stride[1]]
                if not (row.taps and column.taps):
                    part[...] = 0
                    continue
                shape = len(source), row.steps, column.steps * channels
                total = part.reshape(shape) if direct else take(scratch[padded.size :], shape)
                by_image, by_row, by_pixel, item = padded.strides
                view = as_strided(
                    padded[:, row.offset - top :, column.offset - left :],
                    (*shape[:2], row.taps, column.taps, shape[2]),
                    (by_image, by_row, row.step * by_row, column.step * by_pixel, item),
                )
                used = wide[row.last :: -row.tap_step, column.last :: -column.tap_step, : shape[2]]
                np.einsum(view, [0, 1, 2, 3, 4], used, [2, 3, 4], [0, 1, 4], out=total)
                if not direct:
                    np.copyto(part, total.reshape(part.shape))


class _Reaching(NamedTuple):
    """Which taps of one axis reach the places `start`, `start + stride`, ... of the image, and from which results.

    Taps `last`, `last - tap_step`, ... reach place number k from the results k + `offset`, k + `offset` + `step`, ...
    """

    start: int
    steps: int
    taps: int
    last: int
    tap_step: int
    offset: int
    step: int

    @classmethod
    def of(cls, start: int, size: int, kernel: int, stride: int, pad: int, dilation: int) -> _Reaching:
        taps = [tap for tap in range(kernel) if (start + pad - tap * dilation) % stride == 0]
        last = max(taps, default=0)
        common = gcd(stride, dilation)
        offset = (start + pad - last * dilation) // stride
        steps = max(0, -((start - size) // stride))
        return cls(start, steps, len(taps), last, stride // common, offset, dilation // common)

    @staticmethod
    def span(parts: list[_Reaching]) -> Pair:
        """First and number of the results that are looked at."""
        used = [part for part in parts if part.taps]
        first = min(part.offset for part in used)
        return first, max(part.offset + (part.taps - 1) * part.step + part.steps for part in used) - first


def depthwise_scratch(geometry: Geometry) -> Pair:
    """Elements of scratch for the forward pass, and for each of the gradients."""
    result = geometry.images, geometry.out_height, geometry.out_width, geometry.channels
    strip: Shape = (*_cut(result), *result[2:])
    kernel: Shape = (*geometry.kernel, geometry.channels)
    padded = count(_phases_shape(strip, kernel, geometry.stride, geometry.dilation))
    wide = count((*kernel, geometry.out_width))
    image = geometry.images, geometry.height, geometry.width, geometry.channels
    images = min(_gradient_images(image), geometry.images)
    lines, length = (
        -(-size // stride) + 2 * ((taps - 1) * dilation + pad + 2)
        for size, stride, taps, dilation, pad in zip(
            image[1:3], geometry.stride, geometry.kernel, geometry.dilation, geometry.pad, strict=True
        )
    )
    by_image = images * (lines * length + geometry.height * geometry.width) * geometry.channels
    return (
        wide + 2 * count(strip) + padded,
        max(2 * wide + count(strip) + padded, count((*kernel, geometry.width)) + by_image),
    )


def _cut(result: Shape) -> Cut:
    return cut(result[0], result[1], _STRIP / (result[2] * result[3]))


def _gradient_images(image: Shape) -> int:
    return max(1, _STRIP // count(image[1:]))


def _wide_shape(weights: Array, width: int) -> Shape:
    return (*weights.shape[:2], width * weights.shape[2])


def _widened(weights: Array, scratch: Array, width: int) -> Array:
    """Weights repeated for every pixel of a row."""
    wide = take(scratch, (*weights.shape[:2], width, weights.shape[2]))
    np.copyto(wide, weights[:, :, None])
    return wide.reshape(_wide_shape(weights, width))


def _behind(scratch: Array, shape: Shape) -> Array:
    return scratch[count(shape) :]


def _phases_shape(result: Shape, weights: Shape, stride: Pair, dilation: Pair) -> Shape:
    """(images, rows, phases, width, channels) of the pixels that a strip of the result reads."""
    rows, width = ((result[1 + a] - 1) * stride[a] + (weights[a] - 1) * dilation[a] + 1 for a in (0, 1))
    return result[0], rows, stride[1], -(-width // stride[1]), result[3]


def _taps(padded: Array, result: Shape, weights: Shape, stride: Pair, dilation: Pair) -> Iterator[tuple[slice, Array]]:
    """For each phase: the columns of the kernel that read it, and what they read.

    The latter is (images, rows, kernel height, kernel columns, width x channels), of overlapping rows.
    """
    by_image, by_row, _, by_pixel, item = padded.strides
    common = gcd(stride[1], dilation[1])
    every = stride[1] // common
    for first in range(min(every, weights[1])):
        shift, phase = divmod(first * dilation[1], stride[1])
        taps = slice(first, None, every)
        view = as_strided(
            padded[:, :, phase, shift:],
            (*result[:2], weights[0], len(range(weights[1])[taps]), result[2] * result[3]),
            (by_image, stride[0] * by_row, dilation[0] * by_row, dilation[1] // common * by_pixel, item),
        )
        yield taps, view
