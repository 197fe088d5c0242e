"""Maxima over windows, and the way back, a block of the images at a time."""

from __future__ import annotations

import numpy as np

from netcc.kernels.blocks import blocks, part
from netcc.kernels.geometry import Pair
from netcc.kernels.windows import Run, Window2, runs, runs_between, tap_range
from netcc.types import Array, count

LOWEST = float(np.finfo(np.float32).min)
"""What a maximum starts from, -FLT_MAX."""


def largest(x: Array, y: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """y: the largest number under each window. Rows are joined first: they are long runs of memory."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = x.shape[1:3], y.shape[1:3]
    columns = runs(width, result_width, kernel_width, stride_width, pad_width)
    lowest = np.full(x.shape[3], LOWEST, y.dtype)
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target = x[images, low:high], y[images, start:stop]
        joined = part(scratch, (len(source), stop - start, width, x.shape[3]))
        fold(np.fmax, source.swapaxes(0, 1), joined.swapaxes(0, 1), rows, stride, LOWEST)
        fold(np.fmax, joined.transpose(2, 0, 1, 3), target.transpose(2, 0, 1, 3), columns, stride_width, LOWEST)
        np.fmax(target, lowest, out=target)


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


def winners(x: Array, y: Array, winner: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """The same, and in `winner` (uint8) the places of the largest numbers in their windows, counted from 1, or 0.

    Columns are joined first: of equal numbers that in the topmost row wins, and of those in one row the leftmost.
    """
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = x.shape[1:3], y.shape[1:3]
    columns = runs(width, result_width, kernel_width, stride_width, pad_width)
    lowest = np.full(x.shape[3], LOWEST, y.dtype)
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target, places = x[images, low:high], y[images, start:stop], winner[images, start:stop]
        shape = (*source.shape[:2], result_width, x.shape[3])
        joined, work = part(scratch, shape), scratch[count(shape) :].view(np.uint8)
        taps, marks, wins = (part(work, shape, count(shape) * index) for index in range(3))
        _join_columns(source, joined, (taps, marks, wins), columns, stride_width, lowest)
        marks, wins = (part(work, target.shape, count(shape) * index) for index in (1, 2))
        _join_rows(joined, target, (places, taps, marks, wins), rows, stride, kernel_width)
        np.greater(target, lowest, out=wins.view(np.bool_))
        np.multiply(places, wins, out=places)


def _join_columns(
    source: Array, joined: Array, marked: tuple[Array, ...], columns: tuple[Run, ...], stride: int, lowest: Array
) -> None:
    """The largest number and its tap, of each row of a window."""
    source, joined, taps, marks, wins = (array.transpose(2, 0, 1, 3) for array in (source, joined, *marked))
    for run in columns:
        here = run.windows()
        if run.taps == 0:
            joined[here].fill(LOWEST)
            taps[here].fill(0)
            continue
        np.fmax(source[run.numbers(0, stride)], lowest, out=joined[here])
        taps[here].fill(run.tap)
        for place in range(1, run.taps):
            numbers = source[run.numbers(place, stride)]
            np.greater(numbers, joined[here], out=wins[here].view(np.bool_))
            np.fmax(numbers, joined[here], out=joined[here])
            np.multiply(wins[here], np.uint8(run.tap + place), out=marks[here])
            np.maximum(taps[here], marks[here], out=taps[here])


def _join_rows(
    joined: Array, target: Array, marked: tuple[Array, ...], rows: tuple[Run, ...], stride: int, width: int
) -> None:
    """The largest number of the rows of each window, and its place: 1 + row * width + the tap in the row."""
    joined, target, places, taps, marks, wins = (array.swapaxes(0, 1) for array in (joined, target, *marked))
    for run in rows:
        here = run.windows()
        if run.taps == 0:
            target[here].fill(LOWEST)
            places[here].fill(0)
            continue
        seen = run.numbers(0, stride)
        np.copyto(target[here], joined[seen])
        np.add(taps[seen], np.uint8(1 + run.tap * width), out=places[here])
        for place in range(1, run.taps):
            seen = run.numbers(place, stride)
            np.greater(joined[seen], target[here], out=wins[here].view(np.bool_))
            np.fmax(joined[seen], target[here], out=target[here])
            np.add(taps[seen], np.uint8(1 + (run.tap + place) * width), out=marks[here])
            np.multiply(marks[here], wins[here], out=marks[here])
            np.maximum(places[here], marks[here], out=places[here])


def route(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """dx: each number of dy is added at the place that `winner` names."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = dx.shape[1:3], dy.shape[1:3]
    disjoint = kernel <= stride and kernel_width <= stride_width
    dx.fill(0)
    for images, start, stop in blocks(len(dy), result, block):
        for row in range(kernel):
            rows = tap_range(height, stride, pad, row, start, stop)
            for column in range(kernel_width):
                columns = tap_range(width, stride_width, pad_width, column, 0, result_width)
                if rows is None or columns is None:
                    continue
                target = dx[images, rows[1], columns[1]]
                source = dy[images, start:stop][:, rows[0], columns[0]]
                places = winner[images, start:stop][:, rows[0], columns[0]]
                share = part(scratch, source.shape)
                wins = part(scratch[source.size :].view(np.bool_), source.shape)
                np.equal(places, np.uint8(1 + row * kernel_width + column), out=wins)
                if disjoint:
                    np.multiply(source, wins, out=target)
                else:
                    np.multiply(source, wins, out=share)
                    np.add(target, share, out=target)
