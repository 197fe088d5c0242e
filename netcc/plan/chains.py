"""Chains: steps cut into the same slices, each slice of which runs through all of them without waiting for the others.

Threads wait for each other only at the end of a chain. Between slices that run ahead and slices that lag no memory may
change hands, so what lives within a chain lives as long as the chain: a chain is only as long as that costs little, or
nothing. Scratch costs little if all steps that a slice runs through have it in the same place: with that, training has
long chains where no more memory is needed at once than with short ones, or little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from netcc.plan.memory import lifetimes, padded
from netcc.plan.packing import Piece, most_alive
from netcc.plan.plan import AddStep, LayerStep, Plan, Slot, Step, View
from netcc.targets.base import InPlace

MOST_UNITS = 1 << 20
"""Memory, in numbers, that may stay bound within one chain: 4 MiB."""

MOST_UNITS_LONG = (1 << 23, 1 << 22, 1 << 21)
"""The same, without scratch, for long chains; the first of these that costs nothing is taken."""

LITTLE_UNITS = 3 << 20
"""What a small net may need at once, 12 MiB, whether or not it needs less with short chains."""

Span: TypeAlias = tuple[int, int]
"""The times of the first and the last step of a chain."""


def chain(plan: Plan) -> None:
    """Lets threads run through several steps without waiting; both ways backward have the same chains."""
    spans = _spans(plan, MOST_UNITS)
    if plan.options.gradients:
        allowed = max(LITTLE_UNITS, _most_alive((*plan.forward, *plan.backward, *plan.backward_add), spans))
        for most in MOST_UNITS_LONG:
            longer = _spans(plan, most, scratch=False)
            shared = _shared_scratch((*plan.forward, *plan.backward_add), longer)
            passes = [[_moved(step, shared) for step in steps] for steps in _passes(plan)]
            if _most_alive([step for steps in passes for step in steps], longer) <= allowed:
                plan.forward, plan.backward, plan.backward_add = passes
                spans = longer
                break
    plan.spans = spans
    plan.forward, plan.backward, plan.backward_add = (in_chains(steps, spans) for steps in _passes(plan))


def _passes(plan: Plan) -> tuple[list[Step], list[Step], list[Step]]:
    return plan.forward, plan.backward, plan.backward_add


def _spans(plan: Plan, most: int, *, scratch: bool = True) -> dict[int, Span]:
    backward = chain_spans(plan.backward_add, most=most, scratch=scratch)
    return chain_spans(plan.forward, plan.streams, most=most, scratch=scratch) | backward


def _most_alive(steps: Sequence[Step], spans: Mapping[int, Span]) -> int:
    """The most units that are needed at once, beside what is held."""
    lives = lifetimes(steps, spans)
    pieces = [Piece(padded(slot), life.first, life.last) for slot, life in lives.items() if not slot.held]
    return most_alive(pieces) if pieces else 0


def _shared_scratch(steps: Sequence[Step], spans: Mapping[int, Span]) -> dict[Slot, tuple[Slot, int]]:
    """For all scratch within chains its place in memory that the steps of one slice share: a slot, and an offset."""
    places: dict[Slot, tuple[Slot, int]] = {}
    lanes: dict[tuple[Span, int], Slot] = {}
    for step in steps:
        if step.time not in spans or not isinstance(step, LayerStep) or step.rounds > 1:
            continue
        for number, part in enumerate(step.parts):
            key = spans[step.time], number
            lane = lanes.setdefault(key, Slot(f"scratch of slice {number} from {step.name} on", "scratch", 0))
            used = 0
            for view in part.scratch:
                if view.slot.kind == "real":
                    places[view.slot] = lane, used
                    used += padded(view.slot)
            lane.size = max(lane.size, used)
    return places


def _moved(step: Step, places: Mapping[Slot, tuple[Slot, int]]) -> Step:
    """`step` with its scratch in these places."""
    if not isinstance(step, LayerStep):
        return step

    def moved(view: View) -> View:
        if view.slot not in places:
            return view
        slot, offset = places[view.slot]
        return replace(view, slot=slot, offset=offset + view.offset)

    return replace(step, parts=tuple(replace(part, scratch=tuple(map(moved, part.scratch))) for part in step.parts))


def find_chains(steps: Sequence[Step], most: int, *, scratch: bool = True) -> Iterator[list[LayerStep]]:
    """The chains of two steps or more that bind at most so many numbers, in order; `scratch` counts or does not.

    Sums of the parts of parameters' gradients may stand between the steps of a chain.
    """
    chain: list[LayerStep] = []
    bound: set[Slot] = set()
    for step in steps:
        if (isinstance(step, AddStep) and step.deferrable) or keeps_rows(step):
            continue
        if isinstance(step, LayerStep) and step.parts and step.rounds == 1:
            own = {slot for slot in (*step.writes(), *step.reads()) if not slot.held}
            own = {slot for slot in own if scratch or slot.role != "scratch"}
            fits = sum(slot.units for slot in bound | own) <= most
            if fits and (not chain or _cut(step) == _cut(chain[-1])):
                chain.append(step)
                bound |= own
                continue
            yield from [chain] if len(chain) > 1 else []
            chain, bound = ([step], own) if sum(slot.units for slot in own) <= most else ([], set())
            continue
        yield from [chain] if len(chain) > 1 else []
        chain, bound = [], set()
    yield from [chain] if len(chain) > 1 else []


def keeps_rows(step: Step) -> bool:
    """Whether the step does nothing, and what follows finds every row where it was written."""
    return isinstance(step, LayerStep) and isinstance(step.target, InPlace) and step.node.layer.batchwise()


def _cut(step: LayerStep) -> list[int]:
    """How many rows each slice has."""
    views = (*step.parts[0].bottoms, *step.parts[0].tops)
    return [len(step.parts), *(view.shape[0] for view in views[:1])]


def chain_spans(
    steps: Sequence[Step], streams: Sequence[Span] = (), *, most: int, scratch: bool = True
) -> dict[int, Span]:
    """The span of its chain for the time of every step in one (see `find_chains`); `streams` are chains already."""
    spans: dict[int, Span] = {}
    for chain in find_chains(steps, most, scratch=scratch):
        spans.update((step.time, (chain[0].time, chain[-1].time)) for step in chain)
    for first, last in streams:
        times = (step.time for step in steps if isinstance(step, LayerStep) and step.rounds > 1)
        spans.update((time, (first, last)) for time in times if first <= time <= last)
    return spans


def in_chains(steps: Sequence[Step], spans: Mapping[int, Span]) -> list[Step]:
    """`steps` with each chain in one piece: sums that can wait stand behind it."""
    result: list[Step] = []
    waiting: list[Step] = []
    last = -1
    for step in steps:
        first, end = spans.get(step.time, (step.time, step.time))
        if first > last:
            result += waiting
            waiting, last = [], end
        if isinstance(step, AddStep) and step.deferrable and step.time in spans:
            waiting.append(step)
        else:
            result.append(step)
    return [*result, *waiting]
