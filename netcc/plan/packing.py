"""Packing pieces of memory that live for a while: each gets a place, and no two that live at once overlap.

Greedy placement in the lowest gap, the largest first, was published for tensors by Pisarchyk and Lee (2020). Where that
stays above the lower bound, what stands highest is placed first in a further try: it has no lower place because smaller
pieces came before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netcc.types import Array

TRIES = 64
"""Most orders that are tried."""

PLACEMENTS = 24_000
"""Most pieces that are placed in all tries after the first; it bounds the time that large nets take."""

GOOD_ENOUGH = 1.005
"""Times the lower bound: what is packed so well is not packed again."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` units of memory that are needed from time `first` to time `last`, both included."""

    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Packing:
    """The offset of every piece, and the units that all take together."""

    offsets: list[int]
    used: int


def pack(pieces: Sequence[Piece]) -> Packing:
    """The best packing that is found; the same pieces are always packed the same way."""
    least = most_alive(pieces)
    order = sorted(range(len(pieces)), key=lambda index: -pieces[index].size)
    best = latest = _place(pieces, order)
    for _ in range(min(TRIES, PLACEMENTS // max(1, len(pieces)))):
        if best.used <= GOOD_ENOUGH * least:
            break
        highest = next(index for index in order if latest.offsets[index] + pieces[index].size == latest.used)
        order.remove(highest)
        order.insert(0, highest)
        latest = _place(pieces, order)
        best = min(best, latest, key=lambda packing: packing.used)
    return best


def most_alive(pieces: Sequence[Piece]) -> int:
    """The most units that are needed at one time: no packing takes less."""
    return max(alive(pieces), default=0)


def alive(pieces: Sequence[Piece]) -> list[int]:
    """The units that are needed at each time, from 0 to the last."""
    change = np.zeros(max((piece.last for piece in pieces), default=-1) + 2, np.int64)
    for piece in pieces:
        change[piece.first] += piece.size
        change[piece.last + 1] -= piece.size
    total: list[int] = np.cumsum(change)[:-1].tolist()
    return total


def _place(pieces: Sequence[Piece], order: Sequence[int]) -> Packing:
    """Every piece, in `order`, in the lowest gap that is free for its whole life."""
    first, last, start, end = (np.zeros(len(pieces), np.int64) for _ in range(4))
    offsets, used = [0] * len(pieces), 0
    for placed, index in enumerate(order):
        piece = pieces[index]
        meets = (first[:placed] <= piece.last) & (piece.first <= last[:placed])
        offset = offsets[index] = _lowest_gap(start[:placed][meets], end[:placed][meets], piece.size)
        first[placed], last[placed] = piece.first, piece.last
        start[placed], end[placed] = offset, offset + piece.size
        used = max(used, offset + piece.size)
    return Packing(offsets, used)


def _lowest_gap(starts: Array, ends: Array, size: int) -> int:
    """The lowest place where `size` units touch none of the stretches from starts to ends."""
    if not len(starts):
        return 0
    order = np.argsort(starts, kind="stable")
    reached = np.zeros(len(starts) + 1, np.int64)  # the end of all stretches before each
    np.maximum.accumulate(ends[order], out=reached[1:])
    fits = starts[order] - reached[:-1] >= size
    first = int(fits.argmax())
    return int(reached[first] if fits[first] else reached[-1])
