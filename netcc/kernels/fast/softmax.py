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

FIRST, MAXIMUM, SUM, FIRST_PRODUCT, PRODUCT, EXPONENTIAL, QUOTIENT, DIFFERENCE = range(8)
"""What is done to the places of one class."""

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
                _sweep(FIRST if c == 0 else MAXIMUM, x, x, place + c * inner, row, y, length)
            for c in range(classes):
                _sweep(EXPONENTIAL, x, x, place + c * inner, row, y, length)
            for c in range(classes):
                _sweep(FIRST if c == 0 else SUM, y, y, place + c * inner, row, y, length)
            for c in range(classes):
                _sweep(QUOTIENT, y, y, place + c * inner, row, y, length)


@part
def _sweep(operation: int, a: Any, b: Any, place: int, row: Any, out: Any, length: int) -> None:
    """One operation on the places of a class: their row, or `out`, is written."""
    step = width(a)
    full = length // step * step
    for i in range(0, full, step):
        _sweep_lanes(operation, a, b, place, row, out, i, whole(a))
    if full < length:
        _sweep_lanes(operation, a, b, place, row, out, full, rest(a, length - full))


@part
def _sweep_lanes(operation: int, a: Any, b: Any, place: int, row: Any, out: Any, i: int, pattern: Any) -> None:
    value, mine = load(a, place + i, pattern), load(row, i, pattern)
    if operation == FIRST:
        store(row, i, value, pattern)
    elif operation == MAXIMUM:
        store(row, i, choose(above(value, mine), value, mine), pattern)
    elif operation == SUM:
        store(row, i, mine + value, pattern)
    elif operation == FIRST_PRODUCT:
        store(row, i, value * load(b, place + i, pattern), pattern)
    elif operation == PRODUCT:
        store(row, i, mine + value * load(b, place + i, pattern), pattern)
    elif operation == EXPONENTIAL:
        store(out, place + i, exponential(value - mine, pattern), pattern)
    elif operation == QUOTIENT:
        store(out, place + i, value / mine, pattern)
    else:
        store(out, place + i, (value - mine) * load(b, place + i, pattern), pattern)


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
                _sweep(FIRST_PRODUCT if c == 0 else PRODUCT, dy, y, place + c * inner, row, dx, length)
            for c in range(classes):
                _sweep(DIFFERENCE, dy, y, place + c * inner, row, dx, length)
