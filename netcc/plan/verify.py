"""The laws of the plan: memory that is alive is never written over, and nothing is read before it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from netcc.ir.verify import BrokenLaw
from netcc.plan.memory import plan_lifetimes
from netcc.plan.plan import LayerStep, Plan, RecomputeStep, Slot, Step


def verify_plan(plan: Plan) -> None:
    """Raises BrokenLaw with all breaches."""
    breaches = [*_overlaps(plan), *_changed(plan)]
    forward = (*plan.derive, *plan.constant, *plan.forward)
    for steps in ((*forward, *plan.backward), (*forward, *plan.backward_add)):
        breaches += _unwritten(steps)
    if breaches:
        raise BrokenLaw("\n".join(breaches))


def _overlaps(plan: Plan) -> Iterator[str]:
    lives = plan_lifetimes(plan)
    offsets = plan.memory.offsets
    for one, other in combinations(offsets, 2):
        if one.arena != other.arena or not _touch(offsets[one], one.units, offsets[other], other.units):
            continue
        if one.held or other.held or one not in lives or other not in lives or lives[one].meets(lives[other]):
            yield f"{one!r} and {other!r} lie in the same memory while both are alive"


def _touch(start: int, size: int, other_start: int, other_size: int) -> bool:
    return start < other_start + other_size and other_start < start + size


def _changed(plan: Plan) -> Iterator[str]:
    """What is computed again must read what the forward step read."""
    last_write = {slot: step.time for step in plan.forward for slot in step.writes()}
    for step in plan.backward:
        if isinstance(step, RecomputeStep):
            for view in step.step.bottoms:
                if last_write.get(view.slot, -1) > step.step.time:
                    yield f"{step.name!r} reads {view.slot!r} after something wrote over it"


def _unwritten(steps: Sequence[Step]) -> Iterator[str]:
    written: set[Slot] = set()
    for step in steps:
        for slot in step.reads():
            if not slot.held and slot not in written:
                yield f"{step.name!r} reads {slot!r} before anything wrote it"
        written.update(step.writes())
        if isinstance(step, LayerStep) and step.node.layer.from_outside:
            written.update(view.slot for view in step.tops)
