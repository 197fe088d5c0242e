"""Blobs that are cheap to compute are computed again for the backward pass instead of being kept for it.

Chen et al., Training Deep Nets with Sublinear Memory Cost (2016), let every blob go that lies between two that are
kept, convolutions included. Here only what costs a few passes over memory is computed again, from the same numbers by
the same kernels: results stay the same bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netcc.ir.graph import Node
from netcc.plan.plan import LayerStep, Plan, RecomputeStep, Slot, Step, View
from netcc.plan.rehearsal import Rehearsal, Writers, remade, wanted
from netcc.plan.slices import fresh_scratch

DEPTHS = 1, 2, 4, 1 << 30
"""Blobs to be computed one after the other before the one that is wanted: bounds that are tried."""

SMALLEST = 1 << 10
"""Numbers: blobs with fewer are not worth a call."""


def recompute(plan: Plan) -> None:
    """Rewrites both ways backward of `plan`, which has no chains yet, so that less has to be kept."""
    rewriter = _Rewriter(_worth_it(plan, cheap_blobs(plan.forward)))
    plan.backward, plan.backward_add = rewriter.rewrite(plan.backward), rewriter.rewrite(plan.backward_add)
    for step in rewriter.made.values():
        first = bisect_left(plan.backward_times, step.time)
        plan.backward_times[first:] = [time + 1 for time in plan.backward_times[first:]]


def cheap_blobs(forward: Sequence[Step]) -> dict[Slot, Writers]:
    """The blobs that can be computed again at any later time, and the steps that do it.

    What such a step reads must still be, or be made again, as it was when the step ran: nothing may have been written
    over it since.
    """
    steps = [step for step in forward if isinstance(step, LayerStep)]
    writers: dict[Slot, list[LayerStep]] = {}
    for step in steps:
        for slot in {view.slot for view in step.tops}:
            writers.setdefault(slot, []).append(step)

    def unchanged_since(slot: Slot, step: LayerStep) -> bool:
        return slot not in writers or writers[slot][-1].time < step.time

    return {
        slot: tuple(own)
        for slot, own in writers.items()
        if not slot.held
        and slot.size >= SMALLEST
        and all(_is_cheap(step) and all(view.slot is slot for view in step.tops) for step in own)
        and all(view.slot is slot or unchanged_since(view.slot, step) for step in own for view in step.bottoms)
    }


def _is_cheap(step: LayerStep) -> bool:
    return not step.state and not step.derived and all(piece.target.repeats() != "never" for piece in step.pieces())


def _worth_it(plan: Plan, found: Mapping[Slot, Writers]) -> Mapping[Slot, Writers]:
    """Those of `found` without which more memory would be needed at once; smaller blobs are kept first.

    Blobs are tried in groups, halved where a group as a whole is needed again.
    """
    rehearsal = Rehearsal(plan.forward, plan.backward, found)
    least, chosen = min(
        ((rehearsal.most_alive(some), some) for some in (_not_deeper(found, depth) for depth in DEPTHS)),
        key=lambda pair: pair[0],
    )
    waiting = [sorted(chosen, key=lambda slot: slot.units)]
    while waiting:
        group = waiting.pop()
        rest = {slot: own for slot, own in chosen.items() if slot not in group}
        needed = rehearsal.most_alive(rest)
        if needed <= least:
            chosen, least = rest, needed
        elif len(group) > 1:
            middle = len(group) // 2
            waiting += [group[middle:], group[:middle]]
    return chosen


def _not_deeper(found: Mapping[Slot, Writers], depth: int) -> dict[Slot, Writers]:
    """Those of `found` for which at most `depth` blobs have to be computed one after the other.

    Without a bound, the sums of a residual net would all have to be there at once, each made from the one before.
    """
    depths: dict[Slot, int] = {}
    for slot, writers in found.items():
        below = [depths.get(view.slot, 0) for step in writers for view in step.bottoms if view.slot is not slot]
        own = 1 + max(below, default=0)
        depths[slot] = own if own <= depth else 0
    return {slot: found[slot] for slot, own in depths.items() if own}


@dataclass
class _Rewriter:
    """Puts steps that compute the `chosen` blobs again before the first step backward that reads them.

    Whatever else those steps can make again (what layers save for backward) is not kept either.
    """

    chosen: Mapping[Slot, Writers]
    again: dict[Slot, Slot] = field(default_factory=dict)
    owners: dict[Slot, Slot] = field(default_factory=dict)
    made: dict[Node, RecomputeStep] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for slot, writers in self.chosen.items():
            self._replace(slot, slot)
            for step in writers:
                for saved in remade(step):
                    self._replace(saved, slot)

    def _replace(self, slot: Slot, owner: Slot) -> None:
        self.again[slot] = Slot(f"{slot.name} again", slot.role, slot.size, slot.kind)
        self.owners[slot] = owner

    def rewrite(self, backward: Sequence[Step]) -> list[Step]:
        """The steps with those that compute again among them, each at a time of its own; what follows comes later."""
        result: list[Step] = []
        done: set[Slot] = set()
        later = 0
        for step in backward:
            for slot in dict.fromkeys(step.reads()):
                if slot in self.owners:
                    for writer in wanted(self.owners[slot], self.chosen, done):
                        result.append(self._again(writer, step.time + later))
                        later += 1
            step = replace(step, time=step.time + later)
            result.append(self._moved(step) if isinstance(step, LayerStep) else step)
        return result

    def _again(self, step: LayerStep, time: int) -> RecomputeStep:
        """The same for both ways backward."""
        if step.node not in self.made:
            self.made[step.node] = RecomputeStep(self._moved(fresh_scratch(step)), time)
        return self.made[step.node]

    def _moved(self, step: LayerStep) -> LayerStep:
        return replace(
            step,
            bottoms=self._views(step.bottoms),
            tops=self._views(step.tops),
            saved=self._views(step.saved),
            parts=tuple(map(self._moved, step.parts)),
        )

    def _views(self, views: tuple[View, ...]) -> tuple[View, ...]:
        return tuple(replace(view, slot=self.again.get(view.slot, view.slot)) for view in views)
