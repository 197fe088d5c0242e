"""What a plan needs at once if some of its blobs were computed again: known without making its steps.

Plans differ in which blobs those are, so hundreds are compared; a rehearsal goes through slots and times alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from netcc.plan.memory import lifetimes, padded
from netcc.plan.plan import LayerStep, Slot, Step

Writers: TypeAlias = tuple[LayerStep, ...]
"""The forward steps that write a blob, one over the other, in order."""

Slots: TypeAlias = tuple[Slot, ...]


def wanted(slot: Slot, chosen: Mapping[Slot, Writers], done: set[Slot]) -> Iterator[LayerStep]:
    """The steps that compute a blob again, after those that compute what they read; nothing for what is `done`."""
    if slot in done:
        return
    done.add(slot)
    for step in chosen[slot]:
        for view in step.bottoms:
            if view.slot in chosen:
                yield from wanted(view.slot, chosen, done)
        yield step


def remade(step: LayerStep) -> Iterator[Slot]:
    """What a layer saves for backward and can make again."""
    for piece in step.pieces():
        if piece.target.repeats() == "all":
            yield from (view.slot for view in piece.saved)


@dataclass
class _Lives:
    """First and last times of slots; those that are computed again live twice."""

    first: dict[Slot, int]
    last: dict[Slot, int]
    again_first: dict[Slot, int] = field(default_factory=dict)
    again_last: dict[Slot, int] = field(default_factory=dict)

    def touch(self, slot: Slot, time: int, *, again: bool) -> None:
        first, last = (self.again_first, self.again_last) if again else (self.first, self.last)
        first.setdefault(slot, time)
        last[slot] = time


class Rehearsal:
    """Of a forward pass and the backward pass that follows it; `found` are all blobs that can be computed again."""

    def __init__(self, forward: Sequence[Step], backward: Sequence[Step], found: Mapping[Slot, Writers]) -> None:
        lives = lifetimes(forward)
        self._first = {slot: life.first for slot, life in lives.items()}
        self._last = {slot: life.last for slot, life in lives.items()}
        self._steps: list[tuple[int, Slots, Slots]] = []
        for step in backward:
            reads = tuple(dict.fromkeys(step.reads()))
            self._steps.append((step.time, reads, tuple(dict.fromkeys((*reads, *step.writes())))))
        self._owners = {slot: slot for slot in found}
        self._touched: dict[int, Slots] = {}
        self._scratch: dict[int, int] = {}
        for slot, writers in found.items():
            for step in writers:
                self._owners.update(dict.fromkeys(remade(step), slot))
                pieces = step.pieces()
                views = [view for piece in pieces for view in (*piece.bottoms, *piece.tops, *piece.saved)]
                self._touched[id(step)] = tuple(dict.fromkeys(view.slot for view in views))
                self._scratch[id(step)] = sum(padded(view.slot) for piece in pieces for view in piece.scratch)

    def most_alive(self, chosen: Mapping[Slot, Writers]) -> int:
        """The most units that are needed at one time, beside what is held, if `chosen` are computed again."""
        lives, owners = _Lives(dict(self._first), dict(self._last)), self._owners
        scratch: list[tuple[int, int]] = []
        done: set[Slot] = set()
        later = 0

        def touch(slots: Slots, time: int) -> None:
            for slot in slots:
                lives.touch(slot, time, again=owners.get(slot) in chosen)

        for time, reads, touched in self._steps:
            for slot in reads:
                owner = owners.get(slot)
                if owner is not None and owner in chosen:
                    for step in wanted(owner, chosen, done):
                        touch(self._touched[id(step)], time + later)
                        scratch.append((time + later, self._scratch[id(step)]))
                        later += 1
            touch(touched, time + later)
        return _peak(lives, scratch)


def _peak(lives: _Lives, scratch: Sequence[tuple[int, int]]) -> int:
    end = 2 + max((time for last in (lives.last, lives.again_last) for time in last.values()), default=0)
    change = [0] * end
    for first, last in ((lives.first, lives.last), (lives.again_first, lives.again_last)):
        for slot, time in first.items():
            if not slot.held:
                units = padded(slot)
                change[time] += units
                change[last[slot] + 1] -= units
    for time, units in scratch:
        change[time] += units
        change[time + 1] -= units
    return int(np.cumsum(change).max())
