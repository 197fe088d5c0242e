"""Bias, addend and ReLU in one pass over the result of a convolution."""

from __future__ import annotations

from typing import Any

from netcc.kernels import finish as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import below, choose, load, rest, spread, steps, store, whole, width, zeros
from netcc.kernels.twins import twin_of

BIAS, ADDEND, RELU = 1, 2, 4
"""What is asked for, as bits: one function in machine code for all of it."""


@twin_of(definitions.finish)
def finish(y: Any, bias: Any, addend: Any, relu: float | None) -> None:
    """See the definition."""
    wanted = (bias is not None) * BIAS + (addend is not None) * ADDEND + (relu is not None) * RELU
    if wanted:
        _finish(y, y[0, 0, 0] if bias is None else bias, y if addend is None else addend, float(relu or 0), wanted)


@compiled
def _finish(y: Any, bias: Any, addend: Any, slope: float, wanted: int) -> None:
    images, rows, length, channels = y.shape
    by_image, by_row, by_pixel = steps(y)
    add_image, add_row, add_pixel = steps(addend)
    step = width(y)
    full = channels // step * step
    for n in range(images):
        for r in range(rows):
            for q in range(length):
                place = n * by_image + r * by_row + q * by_pixel
                other = n * add_image + r * add_row + q * add_pixel
                for c in range(0, full, step):
                    _element(y, bias, addend, place + c, other + c, c, slope, wanted, whole(y))
                if full < channels:
                    pattern = rest(y, channels - full)
                    _element(y, bias, addend, place + full, other + full, full, slope, wanted, pattern)


@part
def _element(
    y: Any, bias: Any, addend: Any, place: int, other: int, c: int, slope: float, wanted: int, pattern: Any
) -> None:
    store(y, place, finished(load(y, place, pattern), bias, c, addend, other, slope, wanted, pattern), pattern)


@part
def finished(
    value: Any, bias: Any, channel: int, addend: Any, other: int, slope: float, wanted: int, pattern: Any
) -> Any:
    """The lanes with all that is `wanted` done to them: bias from `channel` on, addend from `other` on, ReLU."""
    if wanted & BIAS:
        value = value + load(bias, channel, pattern)
    if wanted & ADDEND:
        value = value + load(addend, other, pattern)
    if wanted & RELU:
        negative = zeros(pattern)
        if slope != 0:
            negative = value * spread(slope, pattern)
        value = choose(below(value, zeros(pattern)), negative, value)
    return value
