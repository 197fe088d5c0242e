"""How the gradient of a maximum gets back to where the maximum was."""

from __future__ import annotations

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved
from netcc.kernels.geometry import Pair
from netcc.kernels.windows import Window2, runs_between, tap_range
from netcc.types import Array, count


def route(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """dx: each number of dy is added at the place that `winner` (see `winners`) names.

    `scratch` has `route_scratch` elements for `block` (images, rows of the result).
    """
    kernel, kernel_width, stride, stride_width, _, _ = window
    if kernel <= stride and kernel_width <= stride_width:
        _route_apart(dy, winner, dx, scratch, window, block)
    else:
        _route_across(dy, winner, dx, scratch, window, block)


def route_scratch(seen: int, result: int) -> int:
    """Elements of scratch for so many numbers of the result, and of the rows that they see, as wide as the result."""
    return carved([seen, max(seen, result)], [seen, max(seen, result), result])


def _route_apart(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """For windows that share no number."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = dx.shape[1:3], dy.shape[1:3]
    dx.fill(0)
    for images, start, stop in blocks(len(dy), result, block):
        gradient, places = dy[images, start:stop], winner[images, start:stop]
        for row in range(kernel):
            rows = tap_range(height, stride, pad, row, start, stop)
            for column in range(kernel_width):
                columns = tap_range(width, stride_width, pad_width, column, 0, result_width)
                if rows is None or columns is None:
                    continue
                here = (slice(None), rows[0], columns[0])
                source, code = gradient[here], np.uint8(1 + row * kernel_width + column)
                (wins,) = carve(scratch, [], [source.shape])
                np.equal(places[here], code, out=wins.view(np.bool_))
                np.multiply(source, wins.view(np.bool_), out=dx[images, rows[1], columns[1]])


def _route_across(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """First to rows, in the width of the result, with the columns that win there; then to columns.

    Windows one above the other that share a row see the same winner in it, so one column is enough for both.
    """
    kernel, _, stride, _, pad, _ = window
    height, (result, result_width, channels) = dx.shape[1], dy.shape[1:]
    reached = 0
    for images, start, stop in blocks(len(dy), result, block):
        _, low, high = runs_between(height, result, kernel, stride, pad, start, stop)
        source, places = dy[images, start:stop], winner[images, start:stop]
        shape = (len(source), high - low, result_width, channels)
        most = (max(count(shape), source.size),)
        joined, share, columns, wins, marks = carve(scratch, [shape, most], [shape, most, source.shape])
        rows_share, rows_wins = (array[: source.size].reshape(source.shape) for array in (share, wins))
        _to_rows(source, places, joined, columns, (rows_share, rows_wins, marks), window, (height, start, stop, low))
        share, wins = (array[: joined.size].reshape(shape) for array in (share, wins))
        reached = reached if start else 0
        shared = max(reached - low, 0)
        dx[images, reached:high].fill(0)
        for rows, fresh in ((slice(0, shared), False), (slice(shared, high - low), True)):
            target = dx[images, low + rows.start : low + rows.stop]
            arrays = tuple(array[:, rows] for array in (joined, columns, share, wins))
            _to_columns(arrays, target, window, fresh=fresh)
        reached = max(reached, high)
        if stop == result:
            dx[images, reached:].fill(0)


def _to_rows(
    dy: Array,
    winner: Array,
    joined: Array,
    columns: Array,
    work: tuple[Array, Array, Array],
    window: Window2,
    place: tuple[int, int, int, int],
) -> None:
    """joined: the sums of dy for each row that wins; columns: which column wins in it, counted from 1."""
    kernel, width, stride, _, pad, _ = window
    (share, wins, marks), (height, start, stop, low) = work, place
    joined.fill(0)
    columns.fill(0)
    for row in range(kernel):
        rows = tap_range(height, stride, pad, row, start, stop)
        if rows is None:
            continue
        here = (slice(None), rows[0])
        there = (slice(None), slice(rows[1].start - low, rows[1].stop - low, stride))
        np.subtract(winner[here], np.uint8(1 + row * width), out=marks[here])
        np.less(marks[here], np.uint8(width), out=wins[here].view(np.bool_))
        np.add(marks[here], np.uint8(1), out=marks[here])
        np.multiply(marks[here], wins[here], out=marks[here])
        np.maximum(columns[there], marks[here], out=columns[there])
        np.multiply(dy[here], wins[here].view(np.bool_), out=share[here])
        np.add(joined[there], share[here], out=joined[there])


def _to_columns(arrays: tuple[Array, ...], dx: Array, window: Window2, *, fresh: bool) -> None:
    """Adds to dx; where nothing was added before (`fresh`), the first tap to see a number may write it."""
    joined, columns, share, wins = arrays
    _, kernel, _, stride, _, pad = window
    won = wins.view(np.bool_)
    for column in range(kernel if joined.size else 0):
        places = tap_range(dx.shape[2], stride, pad, column, 0, joined.shape[2])
        if places is None:
            continue
        here, target = (slice(None), slice(None), places[0]), dx[:, :, places[1]]
        np.equal(columns, np.uint8(1 + column), out=won)
        if fresh and column < stride:
            np.multiply(joined[here], won[here], out=target)
        else:
            np.multiply(joined[here], won[here], out=share[here])
            np.add(target, share[here], out=target)
