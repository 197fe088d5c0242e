"""What pooling does to one tile of planes: the largest number, the mean, or one drawn by weight, and their gradients.

`x` holds planes of the bottom, `y` the numbers of their windows. Taps come in order, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.layers.pooling_plan import Pooled
from netcc.types import Array, count

LOWEST = float(np.finfo(np.float32).min)
"""What a maximum starts from (-FLT_MAX): a window with nothing larger, or nothing at all, gives this."""


def part(buffer: Array, like: Array) -> Array:
    """The beginning of a flat scratch buffer in the shape of `like`."""
    return buffer[: like.size].reshape(like.shape)


def extend(plan: Pooled, planes: Array, buffer: Array, outside: float) -> Array:
    """The extended planes, `outside` where they lie outside the planes."""
    if not plan.ragged:
        return planes
    extended = buffer[: len(planes) * count(plan.extended)].reshape(-1, *plan.extended)
    extended.fill(outside)
    np.copyto(extended[:, *plan.inside], planes[:, *plan.reached])
    return extended


def maximum(plan: Pooled, x: Array, y: Array, winner: Array, scratch: Sequence[Array]) -> None:
    """The maxima, and in `winner` the number of the tap that gave each, counted from 1 (0: none).

    Only a larger number wins (NaN never does), so the last winner has the highest number.
    """
    y.fill(LOWEST)
    winner.fill(0)
    extended = extend(plan, x, scratch[0], LOWEST)
    values, wins, marks = (part(buffer, y) for buffer in scratch[1:4])
    for tap in plan.taps:
        np.copyto(values, extended[:, *tap.pixels])
        np.greater(values, y, out=wins)
        np.fmax(values, y, out=y)
        np.multiply(wins.view(np.uint8), marks.dtype.type(tap.number + 1), out=marks)
        np.maximum(winner, marks, out=winner)


def positions(plan: Pooled, winner: Array, mask: Array, scratch: Sequence[Array]) -> None:
    """Positions of the winners in the flat plane."""
    numbers, places = part(scratch[4], winner), part(scratch[5], winner)
    np.copyto(numbers, winner)
    np.take(plan.offsets, numbers, out=places, mode="clip")
    places += plan.corners
    np.maximum(places, -1, out=mask, casting="unsafe")


def winner_gradient(plan: Pooled, winner: Array, dy: Array, dx: Array, scratch: Sequence[Array]) -> None:
    """All of the gradient goes to the tap that won."""
    share, wins = part(scratch[1], dy), part(scratch[2], dy)
    for tap in plan.taps:
        pixels = dx[:, *tap.pixels]
        np.equal(winner, tap.number + 1, out=wins)
        np.multiply(dy, wins, out=pixels if plan.disjoint else share)
        if not plan.disjoint:
            np.add(pixels, share, out=pixels)


def mean(plan: Pooled, x: Array, y: Array, scratch: Sequence[Array]) -> None:
    if plan.whole:
        np.sum(x, axis=tuple(range(1, x.ndim)), keepdims=True, out=y)
    else:
        _sum(plan, extend(plan, x, scratch[0], 0), y)
    with np.errstate(divide="ignore", invalid="ignore"):  # a window outside the image has area 0
        np.divide(y, plan.areas, out=y)


def _sum(plan: Pooled, extended: Array, y: Array) -> None:
    y.fill(0)
    for tap in plan.taps:
        np.add(y, extended[:, *tap.pixels], out=y)


def mean_gradient(plan: Pooled, dy: Array, dx: Array, scratch: Sequence[Array]) -> None:
    share = part(scratch[1], dy)
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(dy, plan.areas, out=share)
    if plan.whole:
        np.copyto(dx, share)
        return
    for tap in plan.taps:
        pixels = dx[:, *tap.pixels]
        if plan.disjoint:
            np.copyto(pixels, share)
        else:
            np.add(pixels, share, out=pixels)


def drawn(
    plan: Pooled, x: Array, y: Array, winner: Array, random: np.random.Generator, scratch: Sequence[Array]
) -> None:
    """One number under each window, drawn with its share of the sum; `winner` as in `maximum`.

    It is the first at which the running sum reaches a random part of the whole. Where none does, which takes negative
    numbers, the result is 0 and so is the gradient.
    """
    extended = extend(plan, x, scratch[0], 0)
    running, wins, threshold = part(scratch[1], y), part(scratch[2], y), part(scratch[6], y)
    _sum(plan, extended, y)
    # In float32 whatever the type of the net, so that one seed draws the same in both.
    numbers = running.reshape(-1).view(np.float32)[: y.size].reshape(y.shape)
    random.random(dtype=np.float32, out=numbers)
    np.multiply(y, numbers, out=threshold)
    running.fill(0)
    winner.fill(0)
    y.fill(0)
    for tap in plan.taps:
        pixels = extended[:, *tap.pixels]
        np.add(running, pixels, out=running)
        np.greater_equal(running, threshold, out=wins)
        np.copyto(y, pixels, where=wins)
        np.copyto(winner, tap.number + 1, where=wins)
        np.copyto(threshold, np.inf, where=wins)


def weighted(plan: Pooled, x: Array, y: Array, total: Array, scratch: Sequence[Array]) -> None:
    """The mean of the numbers weighted with themselves: sum of squares / sum, 0 where the sum is not positive.

    `total` gets the sums.
    """
    extended = extend(plan, x, scratch[0], 0)
    square, without = part(scratch[1], y), part(scratch[2], y)
    _sum(plan, extended, total)
    y.fill(0)
    for tap in plan.taps:
        pixels = extended[:, *tap.pixels]
        np.multiply(pixels, pixels, out=square)
        np.add(y, square, out=y)
    np.less_equal(total, 0, out=without)
    np.copyto(total, np.inf, where=without)
    np.divide(y, total, out=y)


def weighted_gradient(
    plan: Pooled, x: Array, y: Array, total: Array, dy: Array, dx: Array, scratch: Sequence[Array]
) -> None:
    """d y / d x = (2 x - y) / sum."""
    extended = extend(plan, x, scratch[3], 0)
    scale, share = part(scratch[1], dy), part(scratch[4], dy)
    np.divide(dy, total, out=scale)
    for tap in plan.taps:
        np.multiply(extended[:, *tap.pixels], 2, out=share)
        np.subtract(share, y, out=share)
        np.multiply(share, scale, out=share)
        pixels = dx[:, *tap.pixels]
        np.add(pixels, share, out=pixels)
