"""One update of parameters: what comes before a solver's rule, the rule, and the step that it makes.

A rule is a function (gradient, moments, rate, numbers, scratch): it brings the moments up to date and leaves in the
gradient's place what is to be subtracted. `numbers` are its hyper-parameters, `scratch` two arrays of any contents. All
arrays are flat and of one length. What the rules are for is told in `netcc.solver.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from netcc.types import Array

Numbers: TypeAlias = tuple[float, ...]
Update: TypeAlias = Callable[[Array, Sequence[Array], float, Numbers, Sequence[Array]], None]


def step(
    update: Update,
    data: Array,
    gradient: Array,
    moments: Sequence[Array],
    scratch: Sequence[Array],
    scale: float,
    penalty: float,
    shrinking: float,
    signs: bool,
    rate: float,
    numbers: Numbers,
) -> None:
    """g = scale g + penalty w, the rule's step of it, then + shrinking w; w = w - g; element by element.

    With `signs`, both factors are of the signs of w instead. A scale of 1 and factors of 0 are left out. A twin rounds
    where this does: what a run leaves behind does not depend on which of them was there.
    """
    if scale != 1:
        np.multiply(gradient, scale, out=gradient)
    if penalty:
        _add_penalty(data, gradient, penalty, signs, scratch[0])
    update(gradient, moments, rate, numbers, scratch)
    if shrinking:
        _add_penalty(data, gradient, shrinking, signs, scratch[0])
    np.subtract(data, gradient, out=data)


def _add_penalty(data: Array, gradient: Array, factor: float, signs: bool, work: Array) -> None:
    weights = np.sign(data, out=work) if signs else data
    np.multiply(weights, factor, out=work)
    np.add(gradient, work, out=gradient)


def momentum(
    gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]
) -> None:
    """v = momentum v + rate g; the step is v."""
    (velocity,), (momentum,) = moments, numbers
    np.multiply(velocity, momentum, out=velocity)
    np.multiply(gradient, rate, out=gradient)
    np.add(velocity, gradient, out=velocity)
    np.copyto(gradient, velocity)


def nesterov(
    gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]
) -> None:
    """v' = momentum v + rate g; the step is (1 + momentum) v' - momentum v."""
    (velocity,), (momentum,), carried = moments, numbers, scratch[0]
    np.multiply(velocity, momentum, out=carried)
    np.multiply(gradient, rate, out=gradient)
    np.add(carried, gradient, out=velocity)
    np.multiply(velocity, 1 + momentum, out=gradient)
    np.subtract(gradient, carried, out=gradient)


def adagrad(gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]) -> None:
    """h += g^2; the step is rate g / (sqrt(h) + delta)."""
    (squares,), (delta,), work = moments, numbers, scratch[0]
    np.multiply(gradient, gradient, out=work)
    np.add(squares, work, out=squares)
    _divide_by_root(gradient, squares, delta, work)
    np.multiply(gradient, rate, out=gradient)


def rmsprop(gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]) -> None:
    """h = decay h + (1 - decay) g^2; the step is rate g / (sqrt(h) + delta)."""
    (squares,), (decay, delta), work = moments, numbers, scratch[0]
    np.multiply(gradient, gradient, out=work)
    _average(squares, work, decay)
    _divide_by_root(gradient, squares, delta, work)
    np.multiply(gradient, rate, out=gradient)


def adadelta(
    gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]
) -> None:
    """hg averages g^2, hu averages u^2; u = g sqrt((delta + hu) / (delta + hg)); the step is rate u."""
    (squares, updates), (decay, delta), (work, ratio) = moments, numbers, scratch
    np.multiply(gradient, gradient, out=work)
    _average(squares, work, decay)
    np.add(squares, delta, out=work)
    np.add(updates, delta, out=ratio)
    np.divide(ratio, work, out=ratio)
    np.sqrt(ratio, out=ratio)
    np.multiply(gradient, ratio, out=gradient)
    np.multiply(gradient, gradient, out=work)
    _average(updates, work, decay)
    np.multiply(gradient, rate, out=gradient)


def adam(gradient: Array, moments: Sequence[Array], rate: float, numbers: Numbers, scratch: Sequence[Array]) -> None:
    """m averages g by beta1, v averages g^2 by beta2; the step is rate m / (sqrt(v) + delta)."""
    (mean, squares), (beta1, beta2, delta), work = moments, numbers, scratch[0]
    np.multiply(gradient, gradient, out=work)
    _average(squares, work, beta2)
    _average(mean, gradient, beta1)
    np.copyto(gradient, mean)
    _divide_by_root(gradient, squares, delta, work)
    np.multiply(gradient, rate, out=gradient)


def _average(average: Array, new: Array, decay: float) -> None:
    """average = decay average + (1 - decay) new; `new` is overwritten."""
    np.multiply(average, decay, out=average)
    np.multiply(new, 1 - decay, out=new)
    np.add(average, new, out=average)


def _divide_by_root(gradient: Array, squares: Array, delta: float, work: Array) -> None:
    """gradient /= sqrt(squares) + delta."""
    np.sqrt(squares, out=work)
    np.add(work, delta, out=work)
    np.divide(gradient, work, out=gradient)
