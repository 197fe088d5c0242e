"""How the gradient of a maximum gets back to where the maximum was."""

from __future__ import annotations

from functools import partial

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved, take
from netcc.kernels.calls import CallIterator, make
from netcc.kernels.geometry import Pair
from netcc.kernels.windows import Window2, runs_between, tap_range
from netcc.types import Array, count

_NONE = 255
"""No column: windows have fewer."""


def route(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """dx: each number of dy is added at the place that `winner` (see `winners`) names.

    `scratch` has `route_scratch` elements for `block` (images, rows of the result).
    """
    make(route_calls(dy, winner, dx, scratch, window, block))


def route_calls(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> CallIterator:
    """What `route` does."""
    kernel, kernel_width, stride, stride_width, _, _ = window
    across = kernel > stride or kernel_width > stride_width
    yield from (_route_across if across else _route_apart)(dy, winner, dx, scratch, window, block)


def route_scratch(block: Pair, seen: int, windows: int, channels: int, window: Window2) -> int:
    """Elements of scratch for `block` (images, rows of the result), which sees so many rows.

    A row of the result has `windows` windows.
    """
    images, rows = block
    line = windows * channels
    joined, most = images * seen * line, images * max(seen, rows) * line
    sums = images * seen * _wide(windows, window) * channels
    return carved([joined, most, sums], [joined, most, images * rows * line])


def _wide(windows: int, window: Window2) -> int:
    """How many columns a `stride` apart a row of windows sees, where their sums need room of their own."""
    _, kernel, _, stride, _, _ = window
    return windows + (kernel - 1) // stride if 1 < stride < kernel else 0


def _route_apart(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> CallIterator:
    """For windows that share no number."""
    kernel, kernel_width, stride, stride_width, pad, pad_width = window
    (height, width), (result, result_width) = dx.shape[1:3], dy.shape[1:3]
    yield from _clear_rows(dx, result, window)
    yield from _clear_columns(dx, result_width, window)
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
                yield partial(np.equal, places[here], code, out=wins.view(np.bool_))
                yield partial(np.multiply, source, wins.view(np.bool_), out=dx[images, rows[1], columns[1]])


def _clear_rows(rows: Array, windows: int, window: Window2) -> CallIterator:
    """Zeroes the rows (images, height, ...) that are in none of the first `stride` rows of a window."""
    kernel, _, stride, _, pad, _ = window
    yield from _filled(rows[:, max(windows * stride - pad, 0) if stride <= kernel else 0 :], 0)


def _clear_columns(dx: Array, windows: int, window: Window2) -> CallIterator:
    """The same for columns."""
    _, kernel, _, stride, _, pad = window
    yield from _filled(dx[:, :, max(windows * stride - pad, 0) if stride <= kernel else 0 :], 0)


def _route_across(dy: Array, winner: Array, dx: Array, scratch: Array, window: Window2, block: Pair) -> CallIterator:
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
        sums = (shape[0] * shape[1] * _wide(result_width, window) * channels,)
        joined, share, total, columns, wins, marks = carve(scratch, [shape, most, sums], [shape, most, source.shape])
        rows_share, rows_wins = (take(array, source.shape) for array in (share, wins))
        yield from _to_rows(
            source, places, joined, columns, (rows_share, rows_wins, marks), window, (height, start, stop, low)
        )
        share, wins = (take(array, shape) for array in (share, wins))
        reached = reached if start else 0
        shared = max(reached - low, 0)
        yield from _filled(dx[images, reached:low], 0)
        yield from _clear_columns(dx[images, max(reached, low) : high], result_width, window)
        for rows, fresh in ((slice(0, shared), False), (slice(shared, high - low), True)):
            target = dx[images, low + rows.start : low + rows.stop]
            arrays = tuple(array[:, rows] for array in (joined, columns, share, wins))
            yield from _to_columns((*arrays, total), target, window, fresh=fresh)
        reached = max(reached, high)
        if stop == result:
            yield from _filled(dx[images, reached:], 0)


def _to_rows(
    dy: Array,
    winner: Array,
    joined: Array,
    columns: Array,
    work: tuple[Array, Array, Array],
    window: Window2,
    place: tuple[int, int, int, int],
) -> CallIterator:
    """joined: the sums of dy for each row that wins; columns: which column wins in it, at least `width` for none."""
    kernel, width, stride, _, pad, _ = window
    (share, wins, marks), (height, start, stop, low) = work, place
    first = max(stop * stride - pad - low, 0) if stride <= kernel else 0
    yield from _filled(joined[:, first:], 0)
    yield from _filled(columns[:, first:], _NONE)
    for row in range(kernel):
        rows = tap_range(height, stride, pad, row, start, stop)
        if rows is None:
            continue
        here = (slice(None), rows[0])
        there = (slice(None), slice(rows[1].start - low, rows[1].stop - low, stride))
        fresh = row < stride
        column, won = columns[there] if fresh else marks[here], wins[here].view(np.bool_)
        yield partial(np.subtract, winner[here], np.uint8(1 + row * width), out=column)
        yield partial(np.less, column, np.uint8(width), out=won)  # what is in an earlier row is below 0, thus large
        if fresh:
            yield from _pick(dy[here], wins[here], share[here], joined[there])
        else:
            yield partial(np.multiply, dy[here], won, out=share[here])
            yield partial(np.minimum, columns[there], column, out=columns[there])
            yield partial(np.add, joined[there], share[here], out=joined[there])


def _to_columns(arrays: tuple[Array, ...], dx: Array, window: Window2, *, fresh: bool) -> CallIterator:
    """Each number of `joined` goes to its column of dx: is added there, unless nothing was before (`fresh`)."""
    joined, columns, share, wins, total = arrays
    _, kernel, _, stride, _, pad = window
    if not joined.size:
        return
    if stride == 1:
        yield from _to_neighbours(joined, columns, (share, wins), dx, window, fresh=fresh)
        return
    for phase in range(min(stride, kernel)):
        # Every `stride`-th column, of which the first lies `phase` right of where the first window begins.
        windows = joined.shape[2]
        more = (kernel - 1 - phase) // stride
        sums = share
        if more:
            sums = take(total, (*joined.shape[:2], windows + more, joined.shape[3]))
            yield from _filled(sums[:, :, windows:], 0)
        for place in range(more + 1):
            yield partial(np.equal, columns, np.uint8(phase + place * stride), out=wins.view(np.bool_))
            if place or not more:
                yield partial(np.multiply, joined, wins.view(np.bool_), out=share)
            if place:
                yield partial(
                    np.add, sums[:, :, place : place + windows], share, out=sums[:, :, place : place + windows]
                )
            elif more:
                yield from _pick(joined, wins, share, sums[:, :, :windows])
        places = tap_range(dx.shape[2], stride, pad, phase, 0, windows + more)
        if places is None:
            continue
        target, source = dx[:, :, places[1]], sums[:, :, places[0]]
        if fresh:
            yield partial(np.copyto, target, source)
        else:
            yield partial(np.add, target, source, out=target)


def _to_neighbours(
    joined: Array, columns: Array, work: tuple[Array, Array], dx: Array, window: Window2, *, fresh: bool
) -> CallIterator:
    """The same where windows begin at every column."""
    share, wins = work
    _, kernel, _, _, _, pad = window
    for column in range(kernel):
        places = tap_range(dx.shape[2], 1, pad, column, 0, joined.shape[2])
        if places is None:
            continue
        here, target = (slice(None), slice(None), places[0]), dx[:, :, places[1]]
        yield partial(np.equal, columns, np.uint8(column), out=wins.view(np.bool_))
        if fresh and column == 0:
            yield from _pick(joined[here], wins[here], share[here], target)
        else:
            yield partial(np.multiply, joined, wins.view(np.bool_), out=share)
            yield partial(np.add, target, share[here], out=target)


def _pick(numbers: Array, wins: Array, work: Array, out: Array) -> CallIterator:
    """out = numbers where they win, else 0.

    A product with truth values reads through a buffer, and so are its other arrays then, unless they have no gaps.
    """
    yield partial(np.copyto, work, wins.view(np.bool_))
    yield partial(np.multiply, numbers, work, out=out)


def _filled(array: Array, number: int) -> CallIterator:
    if array.size:
        yield partial(array.fill, number)
