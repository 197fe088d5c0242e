"""Powers of arrays."""

from __future__ import annotations

import numpy as np

from netcc.types import Array

_QUARTERS = (0.25, 0.5, 0.75, 1.0, 2.0)
"""Exponents that square roots and products give faster than the general power."""


def raise_power(base: Array, exponent: float, out: Array, scratch: Array) -> None:
    """out = base ** exponent; `out` may be `base`, `scratch` is overwritten. All have one shape.

    NumPy's rules hold for what is no number: NaN for a fractional power of a negative number, inf for 0 ** -1.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        if abs(exponent) not in _QUARTERS:
            np.power(base, exponent, out=out)
            return
        _positive_power(base, abs(exponent), out, scratch)
        if exponent < 0:
            np.divide(1, out, out=out)


def _positive_power(base: Array, exponent: float, out: Array, scratch: Array) -> None:
    if exponent == 2:
        np.multiply(base, base, out=out)
    elif exponent == 1:
        np.copyto(out, base)
    else:
        np.sqrt(base, out=scratch)
        if exponent == 0.5:
            np.copyto(out, scratch)
            return
        np.sqrt(scratch, out=out)
        if exponent == 0.75:
            out *= scratch
