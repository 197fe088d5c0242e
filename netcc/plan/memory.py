"""Where every slot lies. Slots whose lifetimes do not meet share memory; held slots never share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netcc.plan.plan import MemoryMap, Plan, Slot, Step

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
    placed: list[Slot] = []
    used = 0
    for slot in sorted(slots, key=lambda slot: -slot.size):
        start = base
        for other in sorted((o for o in placed if lives[o].meets(lives[slot])), key=lambda other: offsets[other]):
            if start + _padded(slot.size) <= offsets[other]:
                break
            start = max(start, offsets[other] + _padded(other.size))
        offsets[slot] = start
        placed.append(slot)
        used = max(used, start + _padded(slot.size) - base)
    return used


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
