"""Maxima of windows that lie side by side and cover the image: lists of calls, made ready once for given arrays.

Few channels and small images make short work of each pass over memory, and looking for views takes as long. Here all
views are made beforehand; what is left between two passes is one call.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from netcc.kernels.blocks import blocks, carve, carved, take
from netcc.kernels.calls import CallIterator, Calls
from netcc.kernels.geometry import Pair
from netcc.kernels.pooling_maximum import SHORT
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array, Shape, count

MOST_TAPS = 4
"""On either axis: wider windows are no short work."""


def is_apart(geometry: PoolingGeometry) -> bool:
    """Whether windows of two numbers or more on either axis cover the image, each number in one of them."""
    size, windows = (geometry.height, geometry.width), (geometry.out_height, geometry.out_width)
    fits = all(kernel * number == whole for kernel, number, whole in zip(geometry.kernel, windows, size, strict=True))
    apart = geometry.kernel == geometry.stride and geometry.pad == (0, 0)
    return fits and apart and all(1 < kernel <= MOST_TAPS for kernel in geometry.kernel)


def winners_apart_scratch(geometry: PoolingGeometry, block: Pair) -> int:
    """Elements of scratch that `winners_apart` needs for `block` (images, rows of the result)."""
    reals, marks = _shapes(block[0], block[1], geometry.width, geometry.channels, geometry.kernel)
    return carved([count(shape) for shape in reals], [count(shape) for shape in marks])


def _shapes(images: int, rows: int, width: int, channels: int, kernel: Pair) -> tuple[list[Shape], list[Shape]]:
    """Of what `_winners_of` works with, for so many rows of the result: joined columns; four kinds of marks."""
    height, across = kernel
    pixels = width if channels <= SHORT else width // across
    wide, high = (images, rows * height, pixels * channels), (images, rows, pixels * channels)
    work = wide if across > 2 else high
    return [wide], [wide, work, work, high]


def route_apart_scratch(geometry: PoolingGeometry, block: Pair) -> int:
    """Elements of scratch that `route_apart` needs for `block` (images, rows of the result)."""
    return carved([], [count(geometry.kernel) * block[0] * block[1] * geometry.out_width * geometry.channels])


def winners_apart(x: Array, y: Array, winner: Array, scratch: Array, kernel: Pair, block: Pair) -> Calls:
    """What computes y and `winner` as `pooling_winners.winners` does, if all numbers of y are ordinary.

    No array has gaps.
    """
    calls: Calls = []
    for images, start, stop in blocks(len(x), y.shape[1], block):
        source = x[images, start * kernel[0] : stop * kernel[0]]
        calls += _winners_of(source, y[images, start:stop], winner[images, start:stop], scratch, kernel)
    return calls


def _winners_of(source: Array, target: Array, places: Array, scratch: Array, kernel: Pair) -> CallIterator:
    """Columns first: of equal numbers the first one wins, row by row.

    Over few channels the columns of windows that begin at any pixel are joined, since runs of memory are long then;
    those that exist are picked in the end.
    """
    images, rows, width, channels = source.shape
    height, across = kernel
    anywhere = channels <= SHORT
    shapes = _shapes(images, rows // height, width, channels, kernel)
    joined, taps, wins, marks, found = carve(scratch, *shapes)
    high = found.shape
    if anywhere:
        flat, line = source.reshape(-1), source.size - (across - 1) * channels
        seen = [flat[tap * channels : tap * channels + line] for tap in range(across)]
        best, codes, won, marked = (array.reshape(-1)[:line] for array in (joined, taps, wins, marks))
        final = None
    else:
        apart = source.reshape(-1, across, channels)
        seen = [apart[:, tap] for tap in range(across)]
        best, codes, won, marked = (array.reshape(-1, channels) for array in (joined, taps, wins, marks))
        final, found = target.reshape(high), places.reshape(high)
    yield partial(np.greater, seen[1], seen[0], out=codes.view(np.bool_))
    yield partial(np.maximum, seen[1], seen[0], out=best)
    for tap in range(2, across):
        yield partial(np.greater, seen[tap], best, out=won.view(np.bool_))
        yield partial(np.maximum, seen[tap], best, out=best)
        yield from _take_over(codes, won, marked, np.uint8(tap))
    lines, ranks = (array.reshape(images, -1, height, high[2]) for array in (joined, taps))
    yield partial(np.add, ranks[:, :, 0], np.uint8(1), out=found)
    leader, won, marked = lines[:, :, 0], take(wins.reshape(-1), high), take(marks.reshape(-1), high)
    for row in range(1, height):
        yield partial(np.greater, lines[:, :, row], leader, out=won.view(np.bool_))
        yield partial(np.maximum, lines[:, :, row], leader, out=leader if final is None or row < height - 1 else final)
        yield partial(np.add, ranks[:, :, row], np.uint8(1 + row * across), out=marked)
        yield partial(np.multiply, marked, won, out=marked)
        yield partial(np.maximum, found, marked, out=found)
    if anywhere:
        for results, all_results in ((target, leader), (places, found)):
            pixel_by_pixel = all_results.reshape(images, -1, width, channels)
            yield partial(np.copyto, results, pixel_by_pixel[:, :, ::across])


def _take_over(codes: Array, won: Array, marked: Array, code: np.uint8) -> CallIterator:
    """Codes become `code`, which is larger than all before, where `won`."""
    yield partial(np.multiply, won, code, out=marked)
    yield partial(np.maximum, codes, marked, out=codes)


def route_apart(dy: Array, winner: Array, dx: Array, scratch: Array, kernel: Pair, block: Pair) -> Calls:
    """What computes dx as `pooling_route.route` does. No array has gaps."""
    calls: Calls = []
    height, width = kernel
    codes = np.arange(1, 1 + height * width, dtype=np.uint8).reshape(height, width, 1, 1, 1, 1)
    for images, start, stop in blocks(len(dy), dy.shape[1], block):
        gradient, places = dy[images, start:stop], winner[images, start:stop]
        (wins,) = carve(scratch, [], [(height, width, *gradient.shape)])
        target = dx[images, start * height : stop * height]
        taps = target.reshape(len(target), -1, height, dy.shape[2], width, dy.shape[3]).transpose(2, 4, 0, 1, 3, 5)
        calls.append(partial(np.equal, places, codes, out=wins.view(np.bool_)))
        calls.append(partial(np.multiply, gradient, wins.view(np.bool_), out=taps))
    return calls
