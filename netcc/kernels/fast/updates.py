"""A whole update of parameters in one pass over memory, rounded where NumPy rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netcc.kernels import updates as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import (
    above,
    below,
    choose,
    load,
    rest,
    rounded,
    spread,
    square_root,
    store,
    whole,
    width,
)
from netcc.kernels.twins import twin_of
from netcc.types import Array

_RULES = (
    definitions.momentum,
    definitions.nesterov,
    definitions.adagrad,
    definitions.rmsprop,
    definitions.adadelta,
    definitions.adam,
)
MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADADELTA, ADAM = range(len(_RULES))


@twin_of(definitions.step)
def step(
    update: definitions.Update,
    data: Array,
    gradient: Array,
    moments: Sequence[Array],
    scratch: Sequence[Array],
    scale: float,
    penalty: float,
    shrinking: float,
    signs: bool,
    rate: float,
    numbers: definitions.Numbers,
) -> None:
    """See the definition; `scratch` is not used. A rule that is not known here is left to it."""
    if update not in _RULES:
        definitions.step(update, data, gradient, moments, scratch, scale, penalty, shrinking, signs, rate, numbers)
        return
    factors = tuple(map(float, (scale, penalty, shrinking, rate)))
    hyper = tuple(map(float, (*numbers, 0, 0, 0)[:3]))
    _step(_RULES.index(update), data, gradient, moments[0], moments[-1], factors, bool(signs), hyper)


@compiled
def _step(
    rule: int, data: Any, gradient: Any, first: Any, second: Any, factors: Any, signs: bool, numbers: Any
) -> None:
    length = data.size
    step = width(data)
    full = length // step * step
    for i in range(0, full, step):
        _lanes(rule, data, gradient, first, second, i, factors, signs, numbers, whole(data))
    if full < length:
        _lanes(rule, data, gradient, first, second, full, factors, signs, numbers, rest(data, length - full))


@part
def _lanes(
    rule: int, data: Any, gradient: Any, first: Any, second: Any, i: int,
    factors: Any, signs: bool, numbers: Any, pattern: Any,
) -> None:  # fmt: skip
    scale, penalty, shrinking, rate = factors
    a, b, c = numbers
    g, w, m = load(gradient, i, pattern), load(data, i, pattern), load(first, i, pattern)
    if scale != 1:
        g = rounded(g * spread(scale, pattern))
    if penalty != 0:
        g = rounded(g + _penalty(w, penalty, signs, pattern))
    if rule == MOMENTUM:
        m = rounded(rounded(m * spread(a, pattern)) + rounded(g * spread(rate, pattern)))
        g = m
    elif rule == NESTEROV:
        carried = rounded(m * spread(a, pattern))
        m = rounded(carried + rounded(g * spread(rate, pattern)))
        g = rounded(rounded(m * spread(1 + a, pattern)) - carried)
    elif rule == ADAGRAD:
        m = rounded(m + rounded(g * g))
        g = _by_root(g, m, a, rate, pattern)
    elif rule == RMSPROP:
        m = _average(m, rounded(g * g), a, pattern)
        g = _by_root(g, m, b, rate, pattern)
    elif rule == ADADELTA:
        m = _average(m, rounded(g * g), a, pattern)
        updates = load(second, i, pattern)
        ratio = rounded(updates + spread(b, pattern)) / rounded(m + spread(b, pattern))
        g = rounded(g * square_root(ratio))
        store(second, i, _average(updates, rounded(g * g), a, pattern), pattern)
        g = rounded(g * spread(rate, pattern))
    else:
        squares = _average(load(second, i, pattern), rounded(g * g), b, pattern)
        m = _average(m, g, a, pattern)
        store(second, i, squares, pattern)
        g = _by_root(m, squares, c, rate, pattern)
    if shrinking != 0:
        g = rounded(g + _penalty(w, shrinking, signs, pattern))
    store(first, i, m, pattern)
    store(gradient, i, g, pattern)
    store(data, i, w - g, pattern)


@part
def _penalty(w: Any, factor: float, signs: bool, pattern: Any) -> Any:
    own = rounded(w * spread(factor, pattern))
    if signs:
        nothing = w - w
        sign = choose(below(w, spread(0.0, pattern)), spread(-factor, pattern), nothing)
        own = choose(above(w, spread(0.0, pattern)), spread(factor, pattern), sign)
    return own


@part
def _average(average: Any, new: Any, decay: float, pattern: Any) -> Any:
    return rounded(rounded(average * spread(decay, pattern)) + rounded(new * spread(1 - decay, pattern)))


@part
def _by_root(g: Any, squares: Any, delta: float, rate: float, pattern: Any) -> Any:
    divisor = rounded(square_root(squares) + spread(delta, pattern))
    return rounded(rounded(g / divisor) * spread(rate, pattern))
