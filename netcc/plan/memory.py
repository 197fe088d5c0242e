"""Where every slot lies. Slots whose lifetimes do not meet share memory; held slots never share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from netcc.plan.plan import MemoryMap, Plan, Slot, Step
from netcc.types import Array

ALIGNMENT = 16
"""Elements between possible starts: 64 bytes of float32, a cache line."""


@dataclass
class Lifetime:
    """The times from the first write to the last read, both included."""

    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


def lifetimes(steps: Iterable[Step]) -> dict[Slot, Lifetime]:
    """When each slot holds something that is still wanted."""
    found: dict[Slot, Lifetime] = {}
    for step in steps:
        for slot in (*step.writes(), *step.reads()):
            life = found.setdefault(slot, Lifetime(step.time, step.time))
            life.first = min(life.first, step.time)
            life.last = max(life.last, step.time)
    return found


def assign_memory(plan: Plan) -> MemoryMap:
    """Places all slots of `plan`: held ones one after the other, then the rest, the largest first, in the lowest gap
    that is free for their whole life."""
    lives = lifetimes((*plan.forward, *plan.backward, *plan.backward_add))
    offsets: dict[Slot, int] = {}
    arenas: dict[str, int] = {}
    shared: dict[str, list[Slot]] = {}
    for slot in plan.slots():
        if slot.held or slot not in lives:
            offsets[slot] = arenas.get(slot.arena, 0)
            arenas[slot.arena] = offsets[slot] + _padded(slot.size)
        else:
            shared.setdefault(slot.arena, []).append(slot)
    for arena, slots in shared.items():
        base = arenas.get(arena, 0)
        arenas[arena] = base + _pack(slots, lives, base, offsets)
    return MemoryMap(offsets, arenas)


def _pack(slots: list[Slot], lives: dict[Slot, Lifetime], base: int, offsets: dict[Slot, int]) -> int:
    """Greedy packing by size; returns the elements used. First published for tensors by Pisarchyk and Lee (2020)."""
    first, last, start, end = (np.zeros(len(slots), np.int64) for _ in range(4))
    used = 0
    for placed, slot in enumerate(sorted(slots, key=lambda slot: -slot.size)):
        life, size = lives[slot], _padded(slot.size)
        meets = (first[:placed] <= life.last) & (life.first <= last[:placed])
        offset = _lowest_gap(start[:placed][meets], end[:placed][meets], base, size)
        offsets[slot] = offset
        first[placed], last[placed], start[placed], end[placed] = life.first, life.last, offset, offset + size
        used = max(used, offset + size - base)
    return used


def _lowest_gap(starts: Array, ends: Array, base: int, size: int) -> int:
    """The lowest place from `base` on where `size` elements touch none of the stretches from starts to ends."""
    order = np.argsort(starts, kind="stable")
    offset = base
    for start, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
        if offset + size <= start:
            break
        offset = max(offset, end)
    return offset


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
