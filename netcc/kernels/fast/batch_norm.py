"""Statistics of channels in one pass, and the gradient of a batch normalization in another."""

from __future__ import annotations

from typing import Any

from netcc.kernels import batch_norm as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, rest, store, whole, width, zeros
from netcc.kernels.fast.scale_bias import CHUNK, add_wide, of_type
from netcc.kernels.strips import pixels
from netcc.kernels.twins import twin_of
from netcc.types import Array


@twin_of(definitions.statistics)
def statistics(x: Array, out: Array, scratch: Array) -> None:
    """See the definition; the mean of the first pixels is taken from the others, `scratch` is not used."""
    rows = pixels(x)
    pivot = rows[:CHUNK].mean(axis=0)
    out.fill(0)
    _statistics(rows, pivot, out)
    out[0] /= len(rows)
    out[1] -= out[0] ** 2 * len(rows)
    out[1].clip(0, None, out=out[1])
    out[0] += pivot


@compiled
def _statistics(x: Any, pivot: Any, out: Any) -> None:
    rows, channels = x.shape
    step = width(x)
    full = channels // step * step
    tail = rest(x, channels - full)
    for start in range(0, rows, CHUNK):
        stop = min(start + CHUNK, rows)
        for c in range(0, full, step):
            _distances(x, pivot, out, start, stop, c, whole(x))
        if full < channels:
            _distances(x, pivot, out, start, stop, full, tail)


@part
def _distances(x: Any, pivot: Any, out: Any, start: int, stop: int, c: int, pattern: Any) -> None:
    centre, total, squares = load(pivot, c, pattern), zeros(pattern), zeros(pattern)
    by_row = x.strides[0] // x.itemsize
    for r in range(start, stop):
        distance = load(x, r * by_row + c, pattern) - centre
        total = total + distance
        squares = squares + distance * distance
    add_wide(out, c, total, pattern)
    add_wide(out, out.strides[0] // 8 + c, squares, pattern)


@twin_of(definitions.apply_gradient)
def apply_gradient(
    g: Array,
    x: Array,
    mean: Array | None,
    gradient: Array,
    distance: Array,
    constant: Array,
    dx: Array,
    scratch: Array,
) -> None:
    """See the definition; `scratch` is not used."""
    shift = constant if mean is None else constant - distance * mean
    source = pixels(g)
    given = (of_type(values, source) for values in (gradient, distance, shift))
    _apply_gradient(source, pixels(x), *given, pixels(dx))


@compiled
def _apply_gradient(g: Any, x: Any, gradient: Any, distance: Any, shift: Any, dx: Any) -> None:
    rows, channels = x.shape
    step = width(x)
    full = channels // step * step
    tail = rest(x, channels - full)
    for r in range(rows):
        for c in range(0, full, step):
            _apply_lanes(g, x, gradient, distance, shift, dx, r, c, whole(x))
        if full < channels:
            _apply_lanes(g, x, gradient, distance, shift, dx, r, full, tail)


@part
def _apply_lanes(
    g: Any, x: Any, gradient: Any, distance: Any, shift: Any, dx: Any, r: int, c: int, pattern: Any
) -> None:
    item = x.itemsize
    value = load(g, r * (g.strides[0] // item) + c, pattern) * load(gradient, c, pattern)
    value = value + load(x, r * (x.strides[0] // item) + c, pattern) * load(distance, c, pattern)
    store(dx, r * (dx.strides[0] // item) + c, value + load(shift, c, pattern), pattern)
