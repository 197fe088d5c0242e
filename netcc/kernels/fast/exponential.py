"""Exponentials and logarithms of lanes, right to the last places of float32 and of float64."""

from __future__ import annotations

from math import factorial
from typing import Any

from netcc.kernels.fast.compiled import part
from netcc.kernels.fast.lanes import below, choose, is_double, nearest, power_of_two, spread, zeros

_LOG2_E = 1.4426950408889634
_LN2 = (0.693359375, -2.12194440054690583e-4)
_LN2_DOUBLE = (0.6931471803691238, 1.9082149292705877e-10)
"""ln 2 in two parts, the first with so few bits that its products with exponents are exact."""

_LEAST, _LEAST_DOUBLE = -87.33654, -708.39
"""e to this power is the smallest normal number."""

_TERMS = tuple(1 / factorial(power) for power in range(14))
_ODD = tuple(1 / (2 * power + 1) for power in range(18))


@part
def exponential(value: Any, pattern: Any) -> Any:
    """e^x of lanes x <= 0; 0 where that is below the smallest normal number.

    x = n ln 2 + r with |r| <= ln(2) / 2, and e^x = 2^n e^r, e^r by its Taylor series.
    """
    whole = nearest(value * spread(_LOG2_E, pattern))
    if is_double(pattern):
        first, second, least, degree = _LN2_DOUBLE[0], _LN2_DOUBLE[1], _LEAST_DOUBLE, 13
    else:
        first, second, least, degree = _LN2[0], _LN2[1], _LEAST, 7
    rest = value - whole * spread(first, pattern) - whole * spread(second, pattern)
    series = spread(_TERMS[degree], pattern)
    for power in range(degree - 1, -1, -1):
        series = series * rest + spread(_TERMS[power], pattern)
    small = below(value, spread(least, pattern))
    return choose(small, zeros(pattern), series * power_of_two(choose(small, zeros(pattern), whole)))


@part
def logarithm_above_one(value: Any, pattern: Any) -> Any:
    """log(1 + u) of lanes 0 <= u <= 1: 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = u / (2 + u) <= 1/3."""
    root = value / (value + spread(2.0, pattern))
    square = root * root
    terms = 17 if is_double(pattern) else 8
    series = spread(_ODD[terms], pattern)
    for power in range(terms - 1, -1, -1):
        series = series * square + spread(_ODD[power], pattern)
    return root * spread(2.0, pattern) * series
