"""Where in each window the largest number is.

Rows are joined first, since they are long runs of memory, then columns. A number wins if it equals the largest, which
needs no care for what is no number; of several that do, the first wins, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved, take
from netcc.kernels.calls import CallIterator, make
from netcc.kernels.geometry import Pair
from netcc.kernels.pooling_maximum import LOWEST, SHORT, ordinary
from netcc.kernels.windows import Run, Window2, runs_between
from netcc.types import Array, Shape, count


@dataclass(frozen=True)
class _Columns:
    """The columns that windows see in a row of `pitch` pixels: padding included, without what no window sees.

    Column `tap` of window q is pixel q * step + tap, for `span` windows. Where those that exist lie so far apart that
    runs of memory are short, there are windows at every pixel, and every `skip`-th of them exists.
    """

    kernel: int
    pad: int
    pitch: int
    step: int
    span: int
    skip: int

    @classmethod
    def of(cls, windows: int, channels: int, window: Window2) -> _Columns:
        _, kernel, _, stride, _, pad = window
        pitch = (windows - 1) * stride + kernel
        if stride > 1 and channels <= SHORT:
            return cls(kernel, pad, pitch, 1, pitch - kernel + 1, stride)
        return cls(kernel, pad, pitch, stride, windows, 1)

    def taps(self, rows: Array) -> list[Array]:
        """What the windows see of (images, rows, pitch, channels), column by column."""
        length = (self.span - 1) * self.step + 1
        return [rows[:, :, tap : tap + length : self.step] for tap in range(self.kernel)]

    def shapes(self, images: int, rows: int, channels: int) -> tuple[Shape, Shape]:
        """Of what rows are joined to, and of the windows."""
        return (images, rows, self.pitch, channels), (images, rows, self.span, channels)


def winners(x: Array, y: Array, winner: Array, scratch: Array, window: Window2, block: Pair) -> None:
    """y: the largest number under each window; `winner` (uint8): its place in the window, counted from 1, or 0.

    `scratch` has `winners_scratch` elements for `block` (images, rows of the result).
    """
    make(winner_calls(x, y, winner, scratch, window, block))


def winner_calls(x: Array, y: Array, winner: Array, scratch: Array, window: Window2, block: Pair) -> CallIterator:
    """What `winners` does."""
    kernel, kernel_width, stride, _, pad, _ = window
    columns = _Columns.of(y.shape[2], x.shape[3], window)
    for images, start, stop in blocks(len(x), y.shape[1], block):
        rows, low, high = runs_between(x.shape[1], y.shape[1], kernel, stride, pad, start, stop)
        source, target, places = x[images, low:high], y[images, start:stop], winner[images, start:stop]
        tall, wide = columns.shapes(len(source), stop - start, x.shape[3])
        best, found, ranks, *work = carve(scratch, [tall, wide if columns.skip > 1 else (0,)], [tall] * 4)
        yield from _join_rows(source, best, ranks, work[0], (rows, stride, kernel), columns)
        largest, keys = target, places
        if columns.skip > 1:
            largest, keys = found, take(work[2].reshape(-1), wide)
        wins, left = (take(array.reshape(-1), wide) for array in work[:2])
        yield from _join_columns(columns.taps(best), columns.taps(ranks), largest, keys, (wins, left))
        if columns.skip > 1:
            yield partial(np.copyto, target, largest[:, :, :: columns.skip])
            keys = keys[:, :, :: columns.skip]
        yield partial(np.subtract, np.uint8(1 + kernel * kernel_width), keys, out=places)
        yield partial(_mend, target, places)


def _mend(y: Array, winner: Array) -> None:
    """Where no number is large enough, y is the lowest, and none has won."""
    if not ordinary(y):
        np.fmax(y, np.full(y.shape[3], LOWEST, y.dtype), out=y)
        np.multiply(winner, y > LOWEST, out=winner)


def winners_scratch(block: Pair, windows: int, channels: int, window: Window2) -> int:
    """Elements of scratch for `block` (images, rows of the result), where a row has so many windows."""
    columns = _Columns.of(windows, channels, window)
    tall, wide = map(count, columns.shapes(*block, channels))
    return carved([tall, wide if columns.skip > 1 else 0], [tall] * 4)


def _join_rows(
    source: Array,
    best: Array,
    ranks: Array,
    marks: Array,
    rows: tuple[tuple[Run, ...], int, int],
    columns: _Columns,
) -> CallIterator:
    """best: the largest number of every column under the rows of windows; ranks: which row has it.

    The first row of a window ranks highest, at kernel height x kernel width, the last at kernel width.
    """
    line, stride, kernel = rows
    end = min(columns.pad + source.shape[2], columns.pitch)
    for margin in (best[:, :, : columns.pad], best[:, :, end:]):
        if margin.size:
            yield partial(margin.fill, LOWEST)
    source = source[:, :, : end - columns.pad].swapaxes(0, 1)
    best, ranks, marks = (array[:, :, columns.pad : end].swapaxes(0, 1) for array in (best, ranks, marks))
    for run in line:
        top, rank, mark = (array[run.windows()] for array in (best, ranks, marks))
        seen = [source[run.numbers(place, stride)] for place in range(run.taps)]
        yield from _largest(seen, top)
        least = np.uint8((kernel - run.tap - max(run.taps, 1) + 1) * columns.kernel)
        if run.taps < 2:
            yield partial(rank.fill, least)
            continue
        for place, numbers in enumerate(seen[:-1]):
            wins = mark if place else rank
            yield partial(np.equal, numbers, top, out=wins.view(np.bool_))
            yield partial(np.multiply, wins, np.uint8((run.taps - 1 - place) * columns.kernel), out=wins)
            if place:
                yield partial(np.maximum, rank, mark, out=rank)
        yield partial(np.add, rank, least, out=rank)  # unlike `maximum` with a scalar on vectors of the processor


def _largest(seen: Sequence[Array], out: Array) -> CallIterator:
    if not seen:
        yield partial(out.fill, LOWEST)
    elif len(seen) == 1:
        yield partial(np.copyto, out, seen[0])
    else:
        yield partial(np.fmax, seen[0], seen[1], out=out)
    for numbers in seen[2:]:
        yield partial(np.fmax, out, numbers, out=out)


def _join_columns(
    seen: Sequence[Array], ranks: Sequence[Array], largest: Array, keys: Array, work: tuple[Array, Array]
) -> CallIterator:
    """The largest number of the columns; keys: from kernel height x kernel width for its first place down to 1."""
    wins, left = work
    yield from _largest(seen, largest)
    yield partial(np.equal, seen[0], largest, out=keys.view(np.bool_))
    yield partial(np.multiply, keys, ranks[0], out=keys)
    for column in range(1, len(seen)):
        yield partial(np.equal, seen[column], largest, out=wins.view(np.bool_))
        yield partial(np.subtract, ranks[column], np.uint8(column), out=left)
        yield partial(np.multiply, wins, left, out=wins)
        yield partial(np.maximum, keys, wins, out=keys)
