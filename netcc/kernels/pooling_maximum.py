"""The largest number under each window, a block of the images at a time."""

from __future__ import annotations

import math

import numpy as np

from netcc.kernels.blocks import blocks, take
from netcc.kernels.geometry import Pair
from netcc.kernels.windows import Run, Window2, runs, runs_between
from netcc.types import Array

LOWEST = float(np.finfo(np.float32).min)
"""What a maximum starts from, -FLT_MAX."""

SHORT = 128
"""Up to so many channels a pixel is too short a run of memory for NumPy to reach its speed."""


def largest(x: Array, y: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """y: the largest number under each window. Rows are joined first: they are long runs of memory.

    `scratch` holds two times the numbers of `block` (images, rows of the result) in the width of x.
    """
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = x.shape[1:3], y.shape[1:3]
    columns = runs(width, result_width, kernel_width, stride_width, pad_width)
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target = x[images, low:high], y[images, start:stop]
        joined = take(scratch, (len(source), stop - start, width, x.shape[3]))
        fold(np.fmax, source.swapaxes(0, 1), joined.swapaxes(0, 1), rows, stride, LOWEST)
        fold_columns(np.fmax, joined, target, scratch[joined.size :], columns, stride_width, LOWEST)
        if not all_ordinary(target):
            np.fmax(target, np.full(x.shape[3], LOWEST, y.dtype), out=target)


def all_ordinary(block: Array) -> bool:
    """Whether all numbers are surely finite and far from the largest: one product, faster than any comparison."""
    if not block.flags.c_contiguous:
        return False
    flat = block.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(np.dot(flat, flat))


def ordinary(block: Array) -> bool:
    """Whether no number is NaN or too small to be a maximum."""
    if block.dtype == np.float32 and all_ordinary(block):
        return True
    return bool(block.min() > LOWEST)


def fold(combine: np.ufunc, source: Array, target: Array, line: tuple[Run, ...], stride: int, empty: float) -> None:
    """target[window] = what each window of axis 0 sees of source, combined; `empty` where it sees nothing."""
    for run in line:
        out = target[run.windows()]
        if run.taps == 0:
            out.fill(empty)
        elif run.taps == 1:
            np.copyto(out, source[run.numbers(0, stride)])
        else:
            combine(source[run.numbers(0, stride)], source[run.numbers(1, stride)], out=out)
            for place in range(2, run.taps):
                combine(out, source[run.numbers(place, stride)], out=out)


def fold_columns(
    combine: np.ufunc, source: Array, target: Array, scratch: Array, line: tuple[Run, ...], stride: int, empty: float
) -> None:
    """As `fold`, on axis 2 of (images, rows, width, channels), of which `source` has no gaps.

    Where windows lie apart, runs of memory are as short as a pixel. There all taps but the last are combined for
    windows that begin at any pixel: more numbers, but in one long run. `scratch` is as large as `source`.
    """
    taps, channels = max(run.taps for run in line), source.shape[3]
    work = take(scratch, source.shape if stride > 1 and taps > 2 and channels <= SHORT else (0, 0, 0, 0))
    if work.size:
        _slide(combine, source.reshape(-1), work.reshape(-1), taps - 1, channels)
    source, target, work = (array.transpose(2, 0, 1, 3) for array in (source, target, work))
    for run in line:
        if work.size and run.taps == taps:
            combine(work[run.numbers(0, stride)], source[run.numbers(taps - 1, stride)], out=target[run.windows()])
        else:
            fold(combine, source, target, (run,), stride, empty)


def _slide(combine: np.ufunc, source: Array, out: Array, taps: int, step: int) -> None:
    """out[i] = source[i], source[i + step], ... combined, `taps` (2 or more) of them; all flat. Ends are left out."""
    length = source.size - (taps - 1) * step
    combine(source[:length], source[step : step + length], out=out[:length])
    for tap in range(2, taps):
        combine(out[:length], source[tap * step : tap * step + length], out=out[:length])
