"""Means over windows and their transpose, a block of the images at a time."""

from __future__ import annotations

import numpy as np

from netcc.kernels.blocks import blocks, take
from netcc.kernels.geometry import Pair
from netcc.kernels.pooling_maximum import fold, fold_columns
from netcc.kernels.windows import PoolingGeometry, Window2, runs, runs_between, tap_range
from netcc.types import Array


def inverse_areas(geometry: PoolingGeometry, *, include_pad: bool) -> Array:
    """1 / what each mean divides by: (out_height, out_width, 1); inf for a window without area.

    An area counts padding but not what lies beyond it or, without `include_pad`, the pixels of the image alone.
    """
    lengths = []
    for axis, (size, windows) in enumerate(
        ((geometry.height, geometry.out_height), (geometry.width, geometry.out_width))
    ):
        starts = np.arange(windows) * geometry.stride[axis] - geometry.pad[axis]
        ends = np.minimum(starts + geometry.kernel[axis], size + (geometry.pad[axis] if include_pad else 0))
        lengths.append(ends - (starts if include_pad else np.maximum(starts, 0)))
    with np.errstate(divide="ignore"):
        return np.asarray(1 / np.multiply.outer(*lengths).astype(np.float64)[..., None])


def means(x: Array, y: Array, factors: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """y: the sum of the numbers under each window, times its factor."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = x.shape[1:3], y.shape[1:3]
    columns = runs(width, result_width, kernel_width, stride_width, pad_width)
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target = x[images, low:high], y[images, start:stop]
        joined = take(scratch, (len(source), stop - start, width, x.shape[3]))
        fold(np.add, source.swapaxes(0, 1), joined.swapaxes(0, 1), rows, stride, 0)
        fold_columns(np.add, joined, target, scratch[joined.size :], columns, stride_width, 0)
        _scale(target, factors[start:stop], target)


def whole_means(x: Array, y: Array, scratch: Array) -> None:
    """y (images, 1, 1, channels): the mean of each image; rows are summed apart, so that rounding errors stay small."""
    images, height, width, channels = x.shape
    ones = np.full((1, width), 1 / (height * width), x.dtype)
    sums = take(scratch, (images, height, 1, channels))
    np.matmul(ones, x, out=sums)
    np.add.reduce(sums, axis=1, keepdims=True, out=y)


def spread_means(dy: Array, dx: Array, factors: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """dx: every number under a window gets its dy times its factor. Columns first, on fewer rows."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = dx.shape[1:3], dy.shape[1:3]
    dx.fill(0)
    for images, start, stop in blocks(len(dy), result, block):
        source = dy[images, start:stop]
        share, spread = take(scratch, source.shape), take(scratch, (*source.shape[:2], width, dy.shape[3]), source.size)
        _scale(source, factors[start:stop], share)
        spread.fill(0)
        for tap in range(kernel_width):
            if columns := tap_range(width, stride_width, pad_width, tap, 0, result_width):
                spread[:, :, columns[1]] += share[:, :, columns[0]]
        for tap in range(kernel):
            if rows := tap_range(height, stride, pad, tap, start, stop):
                dx[images, rows[1]] += spread[:, rows[0]]


def _scale(source: Array, factors: Array, target: Array) -> None:
    with np.errstate(invalid="ignore"):  # a window outside the image has area 0
        if factors.min() == factors.max():
            np.multiply(source, factors.flat[0].astype(target.dtype), out=target)
        else:
            np.multiply(source, factors.astype(target.dtype), out=target)
