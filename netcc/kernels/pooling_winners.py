"""Where in each window the largest number is, and how the gradient gets back there."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved
from netcc.kernels.geometry import Pair
from netcc.kernels.pooling_maximum import LOWEST, SHORT, all_ordinary
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
    short = stride_width > 1 and x.shape[3] <= SHORT
    for images, start, stop in blocks(len(x), result, block):
        rows, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, target, places = x[images, low:high], y[images, start:stop], winner[images, start:stop]
        ordinary = all_ordinary(source)
        for run in columns:
            here = (slice(None), slice(None), run.windows())
            arrays, line = (source, target[here], places[here]), (run, stride_width)
            if run is whole and ordinary and short:
                _win_anywhere(*arrays, scratch, (rows, stride), line)
            else:
                _win(*arrays, scratch, (rows, stride), line, kernel_width, ordinary=ordinary)


def winners_scratch(seen: int, result: int) -> int:
    """Elements of scratch for a block of so many numbers of x and so many of the result, of the width of x."""
    most = max(seen, result)
    return carved([seen, result], [seen, most, most, result])


def _win(
    source: Array,
    target: Array,
    places: Array,
    scratch: Array,
    rows: Line,
    column: tuple[Run, int],
    width: int,
    *,
    ordinary: bool,
) -> None:
    """The winners of the windows of one run of columns; unless the numbers are `ordinary`, whatever they are."""
    run, stride = column
    if run.taps == 0:
        target.fill(LOWEST)
        places.fill(0)
        return
    shape = (*source.shape[:2], target.shape[2], source.shape[3])
    joined, taps, marks, wins = carve(scratch, [shape], [shape] * 3)
    lowest = np.full(source.shape[3], LOWEST, source.dtype)
    seen = [source[:, :, run.numbers(place, stride)] for place in range(run.taps)]
    if ordinary and run.taps > 1:
        np.greater(seen[1], seen[0], out=taps.view(np.bool_))
        np.fmax(seen[1], seen[0], out=joined)
        if run.tap:
            np.add(taps, np.uint8(run.tap), out=taps)
        first = 2
    else:
        np.fmax(seen[0], lowest, out=joined)
        taps.fill(run.tap)
        first = 1
    for place in range(first, run.taps):
        _challenge(seen[place], np.uint8(run.tap + place), joined, taps, (marks, wins))
    _, _, marks, wins = carve(scratch, [shape], [shape, target.shape, target.shape])
    _join_rows(joined, taps, target, places, (marks, wins), rows, width)
    if not ordinary:
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
        np.add(taps[run.numbers(0, stride)], np.uint8(1 + run.tap * width), out=codes)
        leader = joined[run.numbers(0, stride)]
        if run.taps == 1:
            np.copyto(best, leader)
        for place in range(1, run.taps):
            numbers = joined[run.numbers(place, stride)]
            np.greater(numbers, leader, out=win.view(np.bool_))
            np.fmax(numbers, leader, out=best)
            leader = best
            np.add(taps[run.numbers(place, stride)], np.uint8(1 + (run.tap + place) * width), out=mark)
            np.multiply(mark, win, out=mark)
            np.maximum(codes, mark, out=codes)
