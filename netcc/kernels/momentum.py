"""The usual update of parameters, stochastic gradient descent with momentum and weight decay."""

from __future__ import annotations

import numpy as np

from netcc.types import Array


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
    """v = momentum v + rate (scale g + penalty w), w = w - v, and g = v, element by element.

    All arrays are flat and of one length; `scratch` has any contents. A scale of 1 and a penalty of 0 are left out. A
    twin rounds where this does: what a run leaves behind does not depend on which of them was there.
    """
    if scale != 1:
        np.multiply(gradient, scale, out=gradient)
    if penalty:
        np.multiply(data, penalty, out=scratch)
        np.add(gradient, scratch, out=gradient)
    np.multiply(velocity, momentum, out=velocity)
    np.multiply(gradient, rate, out=gradient)
    np.add(velocity, gradient, out=velocity)
    np.copyto(gradient, velocity)
    np.subtract(data, gradient, out=data)
