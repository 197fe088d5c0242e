"""im2col and its transpose for channels-last arrays.

Columns are (images, rows, out_width, kernel height, kernel width, channels): for every pixel of a strip of the result,
the pixels under its window side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netcc.kernels.geometry import Pair
from netcc.types import Array, Shape


def padded_shape(columns: Shape, stride: Pair, dilation: Pair) -> Shape:
    """(images, height, width, channels) of all pixels that `columns` of this shape read, those of the border too."""
    images, rows, width, kernel_height, kernel_width, channels = columns
    return (
        images,
        (rows - 1) * stride[0] + (kernel_height - 1) * dilation[0] + 1,
        (width - 1) * stride[1] + (kernel_width - 1) * dilation[1] + 1,
        channels,
    )


def fill_padded(x: Array, padded: Array, top: int, left: int) -> None:
    """padded[n, r, q] = x[n, top + r, left + q], zero outside of x."""
    height, width = padded.shape[1:3]
    first, last = _overlap(x.shape[1], height, top)
    start, stop = _overlap(x.shape[2], width, left)
    padded[:, :first] = 0
    padded[:, last:] = 0
    padded[:, first:last, :start] = 0
    padded[:, first:last, stop:] = 0
    if first < last and start < stop:
        padded[:, first:last, start:stop] = x[:, top + first : top + last, left + start : left + stop]


def fill_phases(x: Array, padded: Array, top: int, left: int) -> None:
    """padded[n, r, p, q] = x[n, top + r, left + q phases + p], zero outside of x.

    Every `phases`-th pixel of a row then lies beside the last: padded (images, height, phases, width, channels).
    """
    height, width = x.shape[1:3]
    _, lines, phases, columns, _ = padded.shape
    first, last = _overlap(height, lines, top)
    padded[:, :first] = 0
    padded[:, last:] = 0
    for phase in range(phases):
        start, stop = reached(width, columns, left + phase, phases)
        padded[:, first:last, phase, :start] = 0
        padded[:, first:last, phase, stop:] = 0
        if first < last and start < stop:
            begin = left + phase + start * phases
            pixels = slice(begin, begin + (stop - start - 1) * phases + 1, phases)
            padded[:, first:last, phase, start:stop] = x[:, top + first : top + last, pixels]


def _overlap(size: int, length: int, offset: int) -> Pair:
    """The range of 0..length whose places, moved by `offset`, lie in 0..size."""
    first = min(max(0, -offset), length)
    return first, max(first, min(length, size - offset))


def windows(image: Array, columns: Shape, row: int, stride: Pair, dilation: Pair) -> Array:
    """The columns of `image`, which has its border already, from row `row` of the result on: a view."""
    by_image, by_row, by_pixel, item = image.strides
    return as_strided(
        image[:, row * stride[0] :],
        columns,
        (by_image, stride[0] * by_row, stride[1] * by_pixel, dilation[0] * by_row, dilation[1] * by_pixel, item),
    )


def gather_columns(x: Array, columns: Array, padded: Array, row: int, stride: Pair, pad: Pair, dilation: Pair) -> None:
    """columns[n, r, q, i, j] = x[n, (row + r) stride + i dilation - pad, q stride + j dilation - pad], zero outside.

    x (images, height, width, channels), columns (images, rows, out_width, kernel height, kernel width, channels);
    `padded`, of the shape that `padded_shape` tells, is scratch.
    """
    if pad == (0, 0):
        np.copyto(columns, windows(x, columns.shape, row, stride, dilation))
        return
    fill_padded(x, padded, row * stride[0] - pad[0], -pad[1])
    np.copyto(columns, windows(padded, columns.shape, 0, stride, dilation))


def scatter_columns(columns: Array, dx: Array, row: int, stride: Pair, pad: Pair, dilation: Pair) -> None:
    """dx[n, (row + r) stride + i dilation - pad, q stride + j dilation - pad] += columns[n, r, q, i, j]: col2im."""
    _, rows, width, kernel_height, kernel_width, _ = columns.shape
    for i in range(kernel_height):
        top = row * stride[0] + i * dilation[0] - pad[0]
        first, last = reached(dx.shape[1], rows, top, stride[0])
        for j in range(kernel_width):
            left = j * dilation[1] - pad[1]
            start, stop = reached(dx.shape[2], width, left, stride[1])
            if first < last and start < stop:
                target = dx[
                    :,
                    top + first * stride[0] : top + (last - 1) * stride[0] + 1 : stride[0],
                    left + start * stride[1] : left + (stop - 1) * stride[1] + 1 : stride[1],
                ]
                np.add(target, columns[:, first:last, start:stop, i, j], out=target)


def reached(size: int, steps: int, offset: int, stride: int = 1) -> Pair:
    """The range of 0..steps whose places offset + step stride lie in 0..size."""
    first = min(steps, max(0, -(offset // stride)))
    # Rounded up: the first place that is not negative, and the first that lies outside.
    return first, max(first, min(steps, -((offset - size) // stride)))
