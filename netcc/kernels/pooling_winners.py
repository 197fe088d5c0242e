"""Where in each window the largest number is, and how the gradient gets back there."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved
from netcc.kernels.geometry import Pair
from netcc.kernels.pooling_maximum import LOWEST, all_ordinary
from netcc.kernels.windows import Run, Window2, runs, runs_between
from netcc.types import Array, count

Line: TypeAlias = tuple[tuple[Run, ...], int]
"""Windows of one axis, and their stride."""


def winners(x: Array, y: Array, winner: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """y: the largest number under each window; `winner` (uint8): its place in the window, counted from 1, or 0.

    Columns are joined first: of equal numbers that in the topmost row wins, and of those in one row the leftmost.
    `scratch` has `winners_scratch` elements for what `block` (images, rows of the result) sees of x.
    """
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = x.shape[1:3], y.shape[1:3]
    columns = runs(width, result_width, kernel_width, stride_width, pad_width)
    whole = next((run for run in columns if run.taps == kernel_width > 1), None)
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target, places = x[images, low:high], y[images, start:stop], winner[images, start:stop]
        apart = whole if whole and all_ordinary(source) else None
        if apart:
            here = (slice(None), slice(None), apart.windows())
            _win_anywhere(source, target[here], places[here], scratch, (rows, stride), (apart, stride_width))
        for run in columns:
            if run is not apart:
                here = (slice(None), slice(None), run.windows())
                _win(source, target[here], places[here], scratch, (rows, stride), (run, stride_width), kernel_width)


def winners_scratch(seen: int, result: int) -> int:
    """Elements of scratch for a block of so many numbers of x and so many of the result, of the width of x."""
    most = max(seen, result)
    return carved([seen, result], [seen, most, most, result])


def _win(
    source: Array, target: Array, places: Array, scratch: Array, rows: Line, column: tuple[Run, int], width: int
) -> None:
    """The winners of the windows of one run of columns, whatever the numbers are."""
    run, stride = column
    if run.taps == 0:
        target.fill(LOWEST)
        places.fill(0)
        return
    shape = (*source.shape[:2], target.shape[2], source.shape[3])
    joined, taps, marks, wins = carve(scratch, [shape], [shape] * 3)
    lowest = np.full(source.shape[3], LOWEST, source.dtype)
    np.fmax(source[:, :, run.numbers(0, stride)], lowest, out=joined)
    taps.fill(run.tap)
    for place in range(1, run.taps):
        challenger = source[:, :, run.numbers(place, stride)]
        _challenge(challenger, np.uint8(run.tap + place), joined, taps, (marks, wins))
    _, _, marks, wins = carve(scratch, [shape], [shape, target.shape, target.shape])
    _join_rows(joined, taps, target, places, (marks, wins), rows, width)
    np.greater(target, lowest, out=wins.view(np.bool_))
    np.multiply(places, wins, out=places)


def _win_anywhere(
    source: Array, target: Array, places: Array, scratch: Array, rows: Line, column: tuple[Run, int]
) -> None:
    """The same for ordinary numbers without gaps and windows that lie inside.

    Windows begin at every pixel, since runs of memory are long then; those that exist are picked in the end.
    """
    run, stride = column
    images, _, width, channels = source.shape
    high = (images, target.shape[1], width, channels)
    length = source.size - (run.taps - 1) * channels
    joined, tall, taps, found, marks, wins = carve(
        scratch, [source.shape, high], [source.shape, high, (max(source.size, count(high)),), (length,)]
    )
    flat, best, codes = source.reshape(-1), joined.reshape(-1)[:length], taps.reshape(-1)[:length]
    second = flat[channels : channels + length]
    np.greater(second, flat[:length], out=codes.view(np.bool_))
    np.fmax(second, flat[:length], out=best)
    for place in range(2, run.taps):
        start = place * channels
        _challenge(flat[start : start + length], np.uint8(place), best, codes, (marks[:length], wins))
    _, _, _, _, marks, wins = carve(scratch, [source.shape, high], [source.shape, high, high, high])
    _join_rows(joined, taps, tall, found, (marks, wins), rows, run.taps)
    here = run.numbers(0, stride)
    np.copyto(target, tall[:, :, here])
    np.copyto(places, found[:, :, here])


def _challenge(numbers: Array, code: np.uint8, best: Array, codes: Array, work: tuple[Array, Array]) -> None:
    """Takes over those numbers that are larger than the best so far; `codes` only grow."""
    marks, wins = work
    np.greater(numbers, best, out=wins.view(np.bool_))
    np.fmax(numbers, best, out=best)
    np.multiply(wins, code, out=marks)
    np.maximum(codes, marks, out=codes)


def _join_rows(
    joined: Array, taps: Array, target: Array, places: Array, work: tuple[Array, Array], rows: Line, width: int
) -> None:
    """The largest number of the rows of each window, and its place: 1 + row * width + the tap in the row."""
    (line, stride), (marks, wins) = rows, work
    joined, taps, target, places, marks, wins = (
        array.swapaxes(0, 1) for array in (joined, taps, target, places, marks, wins)
    )
    for run in line:
        best, codes, mark, win = (array[run.windows()] for array in (target, places, marks, wins))
        if run.taps == 0:
            best.fill(LOWEST)
            codes.fill(0)
            continue
        np.copyto(best, joined[run.numbers(0, stride)])
        np.add(taps[run.numbers(0, stride)], np.uint8(1 + run.tap * width), out=codes)
        for place in range(1, run.taps):
            numbers = joined[run.numbers(place, stride)]
            np.greater(numbers, best, out=win.view(np.bool_))
            np.fmax(numbers, best, out=best)
            np.add(taps[run.numbers(place, stride)], np.uint8(1 + (run.tap + place) * width), out=mark)
            np.multiply(mark, win, out=mark)
            np.maximum(codes, mark, out=codes)
