"""Softmax and its gradient: along classes that are neighbours, or for many neighbouring places at once.

In the second case the places of one piece pass through all classes before the next ones do.
"""

from __future__ import annotations

from math import inf
from typing import Any

from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.exponential import exponential
from netcc.kernels.fast.lanes import (
    REGISTER_BYTES,
    above,
    choose,
    highest,
    load,
    rest,
    spread,
    store,
    there,
    total,
    whole,
    width,
    zeros,
)
from netcc.kernels.twins import twin_of
from netcc.layers import softmax as definitions
from netcc.types import Array, count

_PIECE = 1 << 16
"""Numbers that pass through all steps before the next ones do."""


@twin_of(definitions.softmax)
def softmax(scores: Array, probabilities: Array, row: Array, axis: int) -> None:
    """See the definition."""
    if planes := _planes(axis, scores, probabilities):
        if planes[0].shape[2] == 1:
            _along(planes[0][:, :, 0], planes[1][:, :, 0])
        else:
            _across(*planes, row.reshape(-1), _columns(planes[0]))
    else:
        definitions.softmax(scores, probabilities, row, axis)


@twin_of(definitions.softmax_gradient)
def softmax_gradient(dy: Array, y: Array, dx: Array, row: Array, product: Array, axis: int) -> None:
    """See the definition."""
    if planes := _planes(axis, dy, y, dx):
        if planes[0].shape[2] == 1:
            _gradient_along(*(plane[:, :, 0] for plane in planes))
        else:
            _gradient_across(*planes, row.reshape(-1), _columns(planes[0]))
    else:
        definitions.softmax_gradient(dy, y, dx, row, product, axis)


def _planes(axis: int, *arrays: Array) -> list[Array] | None:
    """The arrays as (items, classes, places); None where they have gaps, or fewer places than lanes but not one."""
    shape = arrays[0].shape
    axis %= len(shape)
    inner = count(shape[axis + 1 :])
    few = 1 < inner < REGISTER_BYTES // arrays[0].itemsize
    if few or 0 in shape or not all(array.flags.c_contiguous for array in arrays):
        return None
    return [array.reshape(-1, shape[axis], inner) for array in arrays]


def _columns(plane: Array) -> int:
    """Places of one piece, in whole registers."""
    lanes: int = REGISTER_BYTES // plane.itemsize
    classes: int = plane.shape[1]
    return max(1, _PIECE // (classes * lanes)) * lanes


@compiled
def _along(x: Any, y: Any) -> None:
    rows, classes = x.shape
    step = width(x)
    full = classes // step * step
    pattern, tail = whole(x), rest(x, classes - full)
    lowest = spread(-inf, pattern)
    for r in range(rows):
        place = r * classes
        best = lowest
        for c in range(0, full, step):
            value = load(x, place + c, pattern)
            best = choose(above(value, best), value, best)
        value = there(tail, load(x, place + full, tail), lowest)
        most = highest(choose(above(value, best), value, best))
        sums = zeros(pattern)
        for c in range(0, full, step):
            value = exponential(load(x, place + c, pattern) - spread(most, pattern), pattern)
            store(y, place + c, value, pattern)
            sums = sums + value
        value = exponential(load(x, place + full, tail) - spread(most, tail), tail)
        store(y, place + full, value, tail)
        divisor = total(sums + there(tail, value, zeros(tail)))
        for c in range(0, full, step):
            store(y, place + c, load(y, place + c, pattern) / spread(divisor, pattern), pattern)
        store(y, place + full, load(y, place + full, tail) / spread(divisor, tail), tail)


@compiled
def _across(x: Any, y: Any, row: Any, columns: int) -> None:
    items, classes, inner = x.shape
    for n in range(items):
        for start in range(0, inner, columns):
            length, place = min(columns, inner - start), n * classes * inner + start
            for c in range(classes):
                _maxima(x, place + c * inner, row, length, c == 0)
            for c in range(classes):
                _exponentials(x, place + c * inner, row, y, length)
            for c in range(classes):
                _sums(y, place + c * inner, row, length, c == 0)
            for c in range(classes):
                _quotients(y, place + c * inner, row, length)


@part
def _maxima(x: Any, place: int, row: Any, length: int, first: bool) -> None:
    step = width(x)
    for i in range(0, length // step * step, step):
        value, best = load(x, place + i, whole(x)), load(row, i, whole(x))
        store(row, i, value if first else choose(above(value, best), value, best), whole(x))
    if length % step:
        i, tail = length // step * step, rest(x, length % step)
        value, best = load(x, place + i, tail), load(row, i, tail)
        store(row, i, value if first else choose(above(value, best), value, best), tail)


@part
def _exponentials(x: Any, place: int, row: Any, y: Any, length: int) -> None:
    step = width(x)
    for i in range(0, length // step * step, step):
        value = load(x, place + i, whole(x)) - load(row, i, whole(x))
        store(y, place + i, exponential(value, whole(x)), whole(x))
    if length % step:
        i, tail = length // step * step, rest(x, length % step)
        store(y, place + i, exponential(load(x, place + i, tail) - load(row, i, tail), tail), tail)


@part
def _sums(y: Any, place: int, row: Any, length: int, first: bool) -> None:
    step = width(y)
    for i in range(0, length // step * step, step):
        value, sums = load(y, place + i, whole(y)), load(row, i, whole(y))
        store(row, i, value if first else sums + value, whole(y))
    if length % step:
        i, tail = length // step * step, rest(y, length % step)
        value, sums = load(y, place + i, tail), load(row, i, tail)
        store(row, i, value if first else sums + value, tail)


@part
def _quotients(y: Any, place: int, row: Any, length: int) -> None:
    step = width(y)
    for i in range(0, length // step * step, step):
        store(y, place + i, load(y, place + i, whole(y)) / load(row, i, whole(y)), whole(y))
    if length % step:
        i, tail = length // step * step, rest(y, length % step)
        store(y, place + i, load(y, place + i, tail) / load(row, i, tail), tail)


@compiled
def _gradient_along(dy: Any, y: Any, dx: Any) -> None:
    rows, classes = dy.shape
    step = width(dy)
    full = classes // step * step
    pattern, tail = whole(dy), rest(dy, classes - full)
    for r in range(rows):
        place = r * classes
        sums = there(tail, load(dy, place + full, tail) * load(y, place + full, tail), zeros(pattern))
        for c in range(0, full, step):
            sums = sums + load(dy, place + c, pattern) * load(y, place + c, pattern)
        mean = total(sums)
        for c in range(0, full, step):
            value = (load(dy, place + c, pattern) - spread(mean, pattern)) * load(y, place + c, pattern)
            store(dx, place + c, value, pattern)
        value = (load(dy, place + full, tail) - spread(mean, tail)) * load(y, place + full, tail)
        store(dx, place + full, value, tail)


@compiled
def _gradient_across(dy: Any, y: Any, dx: Any, row: Any, columns: int) -> None:
    items, classes, inner = dy.shape
    for n in range(items):
        for start in range(0, inner, columns):
            length, place = min(columns, inner - start), n * classes * inner + start
            for c in range(classes):
                _products(dy, y, place + c * inner, row, length, c == 0)
            for c in range(classes):
                _differences(dy, y, place + c * inner, row, dx, length)


@part
def _products(dy: Any, y: Any, place: int, row: Any, length: int, first: bool) -> None:
    step = width(y)
    for i in range(0, length // step * step, step):
        value, sums = load(dy, place + i, whole(y)) * load(y, place + i, whole(y)), load(row, i, whole(y))
        store(row, i, value if first else sums + value, whole(y))
    if length % step:
        i, tail = length // step * step, rest(y, length % step)
        value, sums = load(dy, place + i, tail) * load(y, place + i, tail), load(row, i, tail)
        store(row, i, value if first else sums + value, tail)


@part
def _differences(dy: Any, y: Any, place: int, row: Any, dx: Any, length: int) -> None:
    step = width(y)
    for i in range(0, length // step * step, step):
        value = (load(dy, place + i, whole(y)) - load(row, i, whole(y))) * load(y, place + i, whole(y))
        store(dx, place + i, value, whole(y))
    if length % step:
        i, tail = length // step * step, rest(y, length % step)
        value = (load(dy, place + i, tail) - load(row, i, tail)) * load(y, place + i, tail)
        store(dx, place + i, value, tail)
