"""Losses in one pass over predictions and targets."""

from __future__ import annotations

from typing import Any

from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.elementwise import joined, start
from netcc.kernels.fast.exponential import exponential, logarithm_above_one
from netcc.kernels.fast.lanes import above, choose, load, rest, spread, store, total, whole, widened, width, zeros
from netcc.kernels.twins import twin_of
from netcc.layers import cross_entropy_loss, distance_loss
from netcc.types import Array

_CHUNK = 64
"""Registers that are summed in the type of the arrays, and these sums in float64."""


@twin_of(cross_entropy_loss.yes_or_no_costs)
def yes_or_no_costs(x: Array, target: Array, costs: Array, part: Array) -> None:
    """See the definition."""
    if matrices := joined(x, target, costs):
        _yes_or_no(*matrices, 0.0, False)
    else:
        cross_entropy_loss.yes_or_no_costs(x, target, costs, part)


@twin_of(cross_entropy_loss.yes_or_no_slopes)
def yes_or_no_slopes(x: Array, target: Array, dx: Array, factor: float) -> None:
    """See the definition."""
    if matrices := joined(x, target, dx):
        _yes_or_no(*matrices, float(factor), True)
    else:
        cross_entropy_loss.yes_or_no_slopes(x, target, dx, factor)


@compiled
def _yes_or_no(x: Any, target: Any, out: Any, factor: float, slopes: bool) -> None:
    rows, length = x.shape
    step = width(x)
    full = length // step * step
    for r in range(rows):
        places = start(x, r), start(target, r), start(out, r)
        for i in range(0, full, step):
            _yes_or_no_lanes(x, target, out, places, i, factor, slopes, whole(x))
        if full < length:
            _yes_or_no_lanes(x, target, out, places, full, factor, slopes, rest(x, length - full))


@part
def _yes_or_no_lanes(
    x: Any, target: Any, out: Any, places: Any, i: int, factor: float, slopes: bool, pattern: Any
) -> None:
    score, wanted = load(x, places[0] + i, pattern), load(target, places[1] + i, pattern)
    positive = above(score, zeros(pattern))
    power = exponential(choose(positive, zeros(pattern) - score, score), pattern)
    if slopes:
        one = spread(1.0, pattern)
        value = (choose(positive, one, power) / (one + power) - wanted) * spread(factor, pattern)
    else:
        value = choose(positive, score, zeros(pattern)) - score * wanted + logarithm_above_one(power, pattern)
    store(out, places[2] + i, value, pattern)


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
