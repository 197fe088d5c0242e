"""Stochastic gradient descent with momentum in one pass over memory, rounded where NumPy rounds."""

from __future__ import annotations

from typing import Any

from netcc.kernels import momentum as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, rest, rounded, spread, store, whole, width
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.momentum_step)
def momentum_step(
    data: Array,
    gradient: Array,
    velocity: Array,
    scratch: Array,
    scale: float,
    penalty: float,
    momentum: float,
    rate: float,
) -> None:
    """See the definition; `scratch` is not used."""
    _step(data, gradient, velocity, float(scale), float(penalty), float(momentum), float(rate))


@compiled
def _step(data: Any, gradient: Any, velocity: Any, scale: float, penalty: float, momentum: float, rate: float) -> None:
    length = data.size
    step = width(data)
    full = length // step * step
    for i in range(0, full, step):
        _lanes(data, gradient, velocity, i, scale, penalty, momentum, rate, whole(data))
    if full < length:
        _lanes(data, gradient, velocity, full, scale, penalty, momentum, rate, rest(data, length - full))


@part
def _lanes(
    data: Any, gradient: Any, velocity: Any, i: int,
    scale: float, penalty: float, momentum: float, rate: float, pattern: Any,
) -> None:  # fmt: skip
    g, w = load(gradient, i, pattern), load(data, i, pattern)
    if scale != 1:
        g = rounded(g * spread(scale, pattern))
    if penalty != 0:
        g = rounded(g + rounded(w * spread(penalty, pattern)))
    v = rounded(load(velocity, i, pattern) * spread(momentum, pattern))
    v = rounded(v + rounded(g * spread(rate, pattern)))
    store(velocity, i, v, pattern)
    store(gradient, i, v, pattern)
    store(data, i, w - v, pattern)
