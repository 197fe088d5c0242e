"""Where every slot lies. Slots whose lifetimes do not meet share memory; held slots never share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netcc.plan.packing import Piece, pack
from netcc.plan.plan import MemoryMap, Plan, Slot, Step

ALIGNMENT = 16
"""Units between possible starts: 64 bytes of float32, a cache line."""


@dataclass
class Lifetime:
    """The times from the first write to the last read, both included."""

    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


def lifetimes(steps: Iterable[Step], spans: Mapping[int, tuple[int, int]] | None = None) -> dict[Slot, Lifetime]:
    """When each slot holds something that is still wanted; within a chain, all of its `spans`."""
    found: dict[Slot, Lifetime] = {}
    for step in steps:
        first, last = (spans or {}).get(step.time, (step.time, step.time))
        for slot in (*step.writes(), *step.reads()):
            life = found.setdefault(slot, Lifetime(first, last))
            life.first = min(life.first, first)
            life.last = max(life.last, last)
    return found


def plan_lifetimes(plan: Plan) -> dict[Slot, Lifetime]:
    """The lifetimes over a whole pass, forward and either way backward."""
    return lifetimes((*plan.derive, *plan.constant, *plan.forward, *plan.backward, *plan.backward_add), plan.spans)


def assign_memory(plan: Plan) -> MemoryMap:
    """Places all slots of `plan`: held ones one after the other, behind them the rest, packed by their lifetimes."""
    lives = plan_lifetimes(plan)
    offsets: dict[Slot, int] = {}
    arenas: dict[str, int] = {}
    shared: dict[str, list[Slot]] = {}
    for slot in plan.slots():
        if slot.held or slot not in lives:
            offsets[slot] = arenas.get(slot.arena, 0)
            arenas[slot.arena] = offsets[slot] + padded(slot)
        else:
            shared.setdefault(slot.arena, []).append(slot)
    for arena, slots in shared.items():
        base = arenas.get(arena, 0)
        packing = pack([Piece(padded(slot), lives[slot].first, lives[slot].last) for slot in slots])
        offsets.update((slot, base + offset) for slot, offset in zip(slots, packing.offsets, strict=True))
        arenas[arena] = base + packing.used
    return MemoryMap(offsets, arenas)


def padded(slot: Slot) -> int:
    """The units that `slot` takes in its arena."""
    return -(-slot.units // ALIGNMENT) * ALIGNMENT
