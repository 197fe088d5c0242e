"""Numbers of one or two blobs combined in one pass: ReLU, Dropout, Eltwise, losses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.exponential import exponential, logarithm_above_one
from netcc.kernels.fast.lanes import (
    above,
    choose,
    load,
    recast,
    rest,
    same,
    spread,
    store,
    total,
    whole,
    widened,
    width,
    zeros,
)
from netcc.kernels.twins import twin_of
from netcc.layers import activation, cross_entropy_loss, distance_loss, dropout, eltwise
from netcc.types import Array

RECTIFY, RECTIFIED_GRADIENT, WEIGHTED, DIFFERENCE, COST, SLOPE = range(6)
"""What becomes of two numbers: one function in machine code for all."""

_CHUNK = 64
"""Registers that are summed in the type of the arrays, and these sums in float64."""


def joined(*arrays: Array) -> list[Array] | None:
    """The arrays, of one shape, as matrices over the same memory, as long as possible; None if they are no matrices."""
    if all(array.flags.c_contiguous for array in arrays):
        return [array.reshape(1, -1) for array in arrays]
    if all(map(_rows_in_a_row, arrays)):
        return [array.reshape(-1, array.shape[-1]) for array in arrays]
    return None


def _rows_in_a_row(array: Array) -> bool:
    """Whether the last axis has no gaps, and the places of all others lie equally far apart."""
    axes = [(length, stride) for length, stride in zip(array.shape[:-1], array.strides[:-1], strict=True) if length > 1]
    even = all(outer == length * inner for (_, outer), (length, inner) in pairwise(axes))
    return even and (array.strides[-1] == array.itemsize or array.shape[-1] == 1)


@twin_of(activation.rectify)
def rectify(x: Array, y: Array, slope: float, negative: Array) -> None:
    """See the definition."""
    if matrices := joined(x, x, y):
        _combine(*matrices, float(slope), 0.0, RECTIFY)
    else:
        activation.rectify(x, y, slope, negative)


@twin_of(activation.rectified_gradient)
def rectified_gradient(dy: Array, sign: Array, dx: Array, slope: float, mask: Array, bent: Array | None = None) -> None:
    """See the definition."""
    if matrices := joined(dy, sign, dx):
        _combine(*matrices, float(slope), 0.0, RECTIFIED_GRADIENT)
    else:
        activation.rectified_gradient(dy, sign, dx, slope, mask, bent)


@twin_of(distance_loss.scaled_difference)
def scaled_difference(a: Array, b: Array, out: Array, factor: float) -> None:
    """See the definition."""
    if matrices := joined(a, b, out):
        _combine(*matrices, float(factor), 0.0, DIFFERENCE)
    else:
        distance_loss.scaled_difference(a, b, out, factor)


@twin_of(cross_entropy_loss.yes_or_no_costs)
def yes_or_no_costs(x: Array, target: Array, costs: Array, part: Array) -> None:
    """See the definition."""
    if matrices := joined(x, target, costs):
        _combine(*matrices, 0.0, 0.0, COST)
    else:
        cross_entropy_loss.yes_or_no_costs(x, target, costs, part)


@twin_of(cross_entropy_loss.yes_or_no_slopes)
def yes_or_no_slopes(x: Array, target: Array, dx: Array, factor: float) -> None:
    """See the definition."""
    if matrices := joined(x, target, dx):
        _combine(*matrices, float(factor), 0.0, SLOPE)
    else:
        cross_entropy_loss.yes_or_no_slopes(x, target, dx, factor)


@twin_of(eltwise.weighted_sum)
def weighted_sum(
    bottoms: Sequence[Array], top: Array, coefficients: Sequence[float], work: Array | None = None
) -> None:
    """See the definition; NumPy is as fast where nothing is multiplied."""
    matrices = joined(top, *bottoms) if set(coefficients) != {1} else None
    if matrices is None:
        eltwise.weighted_sum(bottoms, top, coefficients, work)
        return
    y, total, *others = matrices
    own = float(coefficients[0])
    for x, coefficient in zip(others, coefficients[1:], strict=True):
        _combine(total, x, y, own, float(coefficient), WEIGHTED)
        total, own = y, 1.0


@compiled
def _combine(a: Any, b: Any, out: Any, p: float, q: float, operation: int) -> None:
    rows, length = out.shape
    step = width(out)
    full = length // step * step
    for r in range(rows):
        places = start(a, r), start(b, r), start(out, r)
        for i in range(0, full, step):
            _pair(a, b, out, places, i, p, q, operation, whole(out))
        if full < length:
            _pair(a, b, out, places, full, p, q, operation, rest(out, length - full))


@part
def start(matrix: Any, row: int) -> Any:
    return row * (matrix.strides[0] // matrix.itemsize)


@part
def _pair(a: Any, b: Any, out: Any, places: Any, i: int, p: float, q: float, operation: int, pattern: Any) -> None:
    one, other = load(a, places[0] + i, pattern), load(b, places[1] + i, pattern)
    scaled = one * spread(p, pattern)
    if operation == RECTIFY:
        scaled = choose(above(one, zeros(pattern)), one, scaled)
    elif operation == RECTIFIED_GRADIENT:
        scaled = choose(above(other, zeros(pattern)), one, scaled)
    elif operation == WEIGHTED:
        scaled = scaled + other * spread(q, pattern)
    elif operation == DIFFERENCE:
        scaled = (one - other) * spread(p, pattern)
    else:
        scaled = _yes_or_no(one, other, p, operation, pattern)
    store(out, places[2] + i, scaled, pattern)


@part
def _yes_or_no(score: Any, target: Any, factor: float, operation: int, pattern: Any) -> Any:
    """The cross entropy of sigmoid(score), or its derivative times the factor."""
    positive = above(score, zeros(pattern))
    power = exponential(choose(positive, zeros(pattern) - score, score), pattern)
    if operation == COST:
        return choose(positive, score, zeros(pattern)) - score * target + logarithm_above_one(power, pattern)
    one = spread(1.0, pattern)
    return (choose(positive, one, power) / (one + power) - target) * spread(factor, pattern)


@twin_of(dropout.keep)
def keep(source: Array, kept: Array, factor: float, target: Array) -> None:
    """See the definition."""
    if matrices := joined(source, kept.view(np.uint8), target):
        _where(*matrices, 1, float(factor))
    else:
        dropout.keep(source, kept, factor, target)


@twin_of(eltwise.winners_gradient)
def winners_gradient(dy: Array, winner: Array, index: int, dx: Array, mask: Array) -> None:
    """See the definition."""
    matrices = joined(dy, winner, dx) if winner.dtype == np.uint8 else None
    if matrices:
        _where(*matrices, index, 1.0)
    else:
        eltwise.winners_gradient(dy, winner, index, dx, mask)


@compiled
def _where(source: Any, codes: Any, out: Any, code: int, factor: float) -> None:
    """out = source times the factor where the code is `code`, times 0 elsewhere."""
    rows, length = out.shape
    step = width(out)
    full = length // step * step
    for r in range(rows):
        places = start(source, r), start(codes, r), start(out, r)
        for i in range(0, full, step):
            _where_lanes(source, codes, out, places, i, code, factor, whole(out))
        if full < length:
            _where_lanes(source, codes, out, places, full, code, factor, rest(out, length - full))


@part
def _where_lanes(
    source: Any, codes: Any, out: Any, places: Any, i: int, code: int, factor: float, pattern: Any
) -> None:
    small = recast(pattern, codes)
    wanted = same(load(codes, places[1] + i, small), spread(code, small))
    factors = choose(wanted, spread(factor, pattern), zeros(pattern))
    store(out, places[2] + i, load(source, places[0] + i, pattern) * factors, pattern)


@twin_of(eltwise.largest)
def largest(
    bottoms: Sequence[Array],
    top: Array,
    coefficients: Sequence[float],
    winner: Array,
    wins: Array,
    changes: Array,
    marks: Array,
) -> None:
    """See the definition."""
    matrices = joined(top, winner, *bottoms) if winner.dtype == np.uint8 else None
    if matrices is None:
        eltwise.largest(bottoms, top, coefficients, winner, wins, changes, marks)
        return
    y, places, first, *others = matrices
    for index, x in enumerate(others, start=1):
        _larger(first if index == 1 else y, x, y, places, index)


@compiled
def _larger(a: Any, b: Any, out: Any, winner: Any, index: int) -> None:
    """out = the larger of a and b; `winner` is `index` where b is it, and at first, when `index` is 1, 0 elsewhere."""
    rows, length = out.shape
    step = width(out)
    full = length // step * step
    for r in range(rows):
        places = start(a, r), start(b, r), start(out, r), start(winner, r)
        for i in range(0, full, step):
            _larger_lanes(a, b, out, winner, places, i, index, whole(out))
        if full < length:
            _larger_lanes(a, b, out, winner, places, full, index, rest(out, length - full))


@part
def _larger_lanes(a: Any, b: Any, out: Any, winner: Any, places: Any, i: int, index: int, pattern: Any) -> None:
    one, other = load(a, places[0] + i, pattern), load(b, places[1] + i, pattern)
    small = recast(pattern, winner)
    code = spread(index, small)
    if index == 1:  # of equal numbers, and where one is none, the second bottom wins over the first
        wins = above(one, other)
        store(winner, places[3] + i, choose(wins, zeros(small), code), small)
        store(out, places[2] + i, choose(wins, one, other), pattern)
    else:
        wins = above(other, one)
        store(winner, places[3] + i, choose(wins, code, load(winner, places[3] + i, small)), small)
        store(out, places[2] + i, choose(wins, other, one), pattern)


@twin_of(distance_loss.squared_distance)
def squared_distance(a: Array, b: Array, work: Array) -> float:
    """See the definition."""
    if matrices := joined(a, b):
        return float(_squared_distance(*matrices))
    return distance_loss.squared_distance(a, b, work)


@compiled
def _squared_distance(a: Any, b: Any) -> Any:
    rows, length = a.shape
    step = width(a)
    full = length // step * step
    sums = widened(zeros(whole(a)))
    for r in range(rows):
        here, other = start(a, r), start(b, r)
        for first in range(0, full, _CHUNK * step):
            own = zeros(whole(a))
            for i in range(first, min(first + _CHUNK * step, full), step):
                difference = load(a, here + i, whole(a)) - load(b, other + i, whole(a))
                own = own + difference * difference
            sums = sums + widened(own)
        if full < length:
            tail = rest(a, length - full)
            difference = load(a, here + full, tail) - load(b, other + full, tail)
            sums = sums + widened(difference * difference)
    return total(sums)
