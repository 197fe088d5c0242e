"""Scale, bias and ReLU of channels in one pass, and the sums of their gradients in another.

Sums are formed in the type of the arrays over a few pixels, and of these in float64. Results may be written over what
they are made of.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netcc.kernels import scale_bias as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import above, below, choose, load, rest, spread, store, whole, widened, width, zeros
from netcc.kernels.fast.runs import clear_run
from netcc.kernels.strips import pixels
from netcc.kernels.twins import twin_of
from netcc.types import Array

MEAN, FACTOR, SHIFT, RELU, MASK, KEEP, PRODUCT, ADDEND = 1, 2, 4, 8, 16, 32, 64, 128
"""What is asked for, as bits."""

CHUNK = 32
"""Pixels that are summed in the type of the arrays."""


def of_type(values: Array | None, like: Array) -> Array:
    """The values in the type of the other array; anything at all instead of None."""
    return like[0] if values is None else np.ascontiguousarray(values, like.dtype)


@twin_of(definitions.affine)
def affine(
    x: Array,
    mean: Array | None,
    factor: Array | None,
    shift: Array | None,
    addend: Array | None,
    y: Array,
    relu: float | None,
    scratch: Array,
) -> None:
    """See the definition; `scratch` is not used."""
    wanted = (mean is not None) * MEAN + (factor is not None) * FACTOR + (shift is not None) * SHIFT
    wanted += (relu is not None) * RELU + (addend is not None) * ADDEND
    source, target = pixels(x), pixels(y)
    given = (of_type(values, source) for values in (mean, factor, shift))
    _affine(source, *given, target if addend is None else pixels(addend), target, float(relu or 0), wanted)


@compiled
def _affine(x: Any, mean: Any, factor: Any, shift: Any, addend: Any, y: Any, slope: float, wanted: int) -> None:
    rows, channels = x.shape
    by_row, out_row, add_row = x.strides[0] // x.itemsize, y.strides[0] // x.itemsize, addend.strides[0] // x.itemsize
    step = width(x)
    full = channels // step * step
    tail = rest(x, channels - full)
    for r in range(rows):
        for c in range(0, full, step):
            _affine_lanes(
                x, r * by_row + c, mean, factor, shift, addend, r * add_row + c, c, y, r * out_row + c, slope, wanted,
                whole(x),
            )  # fmt: skip
        if full < channels:
            c = full
            _affine_lanes(
                x, r * by_row + c, mean, factor, shift, addend, r * add_row + c, c, y, r * out_row + c, slope, wanted,
                tail,
            )  # fmt: skip


@part
def _affine_lanes(
    x: Any, place: int, mean: Any, factor: Any, shift: Any, addend: Any, other: int, c: int, y: Any, target: int,
    slope: float, wanted: int, pattern: Any,
) -> None:  # fmt: skip
    value = load(x, place, pattern)
    if wanted & MEAN:
        value = value - load(mean, c, pattern)
    if wanted & FACTOR:
        value = value * load(factor, c, pattern)
    if wanted & SHIFT:
        value = value + load(shift, c, pattern)
    if wanted & ADDEND:
        value = value + load(addend, other, pattern)
    if wanted & RELU:
        negative = zeros(pattern)
        if slope != 0:
            negative = value * spread(slope, pattern)
        value = choose(below(value, zeros(pattern)), negative, value)
    store(y, target, value, pattern)


@twin_of(definitions.gradient_sums)
def gradient_sums(
    dy: Array,
    y: Array | None,
    x: Array | None,
    mean: Array | None,
    g: Array | None,
    out: Array,
    relu: float | None,
    scratch: Array,
) -> None:
    """See the definition."""
    masks = relu is not None and y is not None
    keeps = g is not None and (masks or g is not dy)
    wanted = masks * MASK + keeps * KEEP + (x is not None) * PRODUCT + (mean is not None) * MEAN
    gradient = pixels(dy)
    arrays = (gradient if array is None else pixels(array) for array in (y, x))
    kept = gradient if g is None else pixels(g)
    out.fill(0)
    _gradient_sums(gradient, *arrays, of_type(mean, gradient), kept, out, float(relu or 0), wanted, scratch)


@compiled
def _gradient_sums(
    dy: Any, y: Any, x: Any, mean: Any, g: Any, out: Any, slope: float, wanted: int, scratch: Any
) -> None:
    """Sums of a few pixels lie in scratch: memory is read from front to back, whatever the number of channels."""
    rows, channels = dy.shape
    step = width(dy)
    full = channels // step * step
    tail = rest(dy, channels - full)
    for start in range(0, rows, CHUNK):
        clear_run(scratch, 0, 2 * channels, 2 * channels)
        for r in range(start, min(start + CHUNK, rows)):
            for c in range(0, full, step):
                _sum_lanes(dy, y, x, mean, g, r, c, channels, slope, wanted, scratch, whole(dy))
            if full < channels:
                _sum_lanes(dy, y, x, mean, g, r, full, channels, slope, wanted, scratch, tail)
        for c in range(0, full, step):
            _add_wide(scratch, c, channels, out, whole(dy))
        if full < channels:
            _add_wide(scratch, full, channels, out, tail)


@part
def _sum_lanes(
    dy: Any, y: Any, x: Any, mean: Any, g: Any, r: int, c: int, channels: int,
    slope: float, wanted: int, scratch: Any, pattern: Any,
) -> None:  # fmt: skip
    item = dy.itemsize
    value = load(dy, r * (dy.strides[0] // item) + c, pattern)
    distance = zeros(pattern)
    if wanted & PRODUCT:
        distance = load(x, r * (x.strides[0] // item) + c, pattern)
    if wanted & MEAN:
        distance = distance - load(mean, c, pattern)
    if wanted & MASK:
        passes = above(load(y, r * (y.strides[0] // item) + c, pattern), zeros(pattern))
        value = choose(passes, value, value * spread(slope, pattern))
    total, product = load(scratch, c, pattern) + value, zeros(pattern)
    if wanted & PRODUCT:
        product = load(scratch, channels + c, pattern) + value * distance
        store(scratch, channels + c, product, pattern)
    store(scratch, c, total, pattern)
    if wanted & KEEP:
        store(g, r * (g.strides[0] // item) + c, value, pattern)


@part
def _add_wide(scratch: Any, c: int, channels: int, out: Any, pattern: Any) -> None:
    add_wide(out, c, load(scratch, c, pattern), pattern)
    add_wide(out, out.strides[0] // 8 + c, load(scratch, channels + c, pattern), pattern)


@part
def add_wide(out: Any, place: int, value: Any, pattern: Any) -> None:
    """Adds lanes to float64 numbers."""
    store(out, place, load(out, place, pattern) + widened(value), pattern)
