"""Chains: steps cut into the same slices, each slice of which runs through all of them without waiting for the others.

Threads wait for each other only at the end of a chain. Between slices that run ahead and slices that lag no memory may
change hands, so what lives within a chain lives as long as the chain: a chain is only as long as that costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netcc.plan.plan import AddStep, LayerStep, Slot, Step
from netcc.targets.base import InPlace

MOST_UNITS = 1 << 20
"""Memory, in numbers, that may stay bound within one chain: 4 MiB."""

Span = tuple[int, int]
"""The times of the first and the last step of a chain."""


def find_chains(steps: Sequence[Step]) -> Iterator[list[LayerStep]]:
    """The chains of two steps or more, in order; sums of the parts of parameters' gradients may stand between them."""
    chain: list[LayerStep] = []
    bound: set[Slot] = set()
    for step in steps:
        if (isinstance(step, AddStep) and step.deferrable) or keeps_rows(step):
            continue
        if isinstance(step, LayerStep) and step.parts and step.rounds == 1:
            own = {slot for slot in (*step.writes(), *step.reads()) if not slot.held}
            fits = sum(slot.units for slot in bound | own) <= MOST_UNITS
            if fits and (not chain or _cut(step) == _cut(chain[-1])):
                chain.append(step)
                bound |= own
                continue
            yield from [chain] if len(chain) > 1 else []
            chain, bound = ([step], own) if sum(slot.units for slot in own) <= MOST_UNITS else ([], set())
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


def chain_spans(steps: Sequence[Step], streams: Sequence[Span] = ()) -> dict[int, Span]:
    """The span of its chain for the time of every step in one; `streams` are chains already."""
    spans: dict[int, Span] = {}
    for chain in find_chains(steps):
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
