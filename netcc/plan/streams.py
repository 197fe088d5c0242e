"""Streams: one slice of the batch runs through many steps before the next one comes.

What lies between two steps of a stream is never there for the whole batch, but for one slice on each of the lanes that
run at the same time. Plans for inference have streams as long as blobs are large and the weights between them small:
in the early layers of a net, which need most of its memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from netcc.plan.chains import keeps_rows
from netcc.plan.memory import padded
from netcc.plan.packing import Piece, pack
from netcc.plan.plan import LayerStep, Plan, Slot, Step, View
from netcc.plan.slices import batch_of, sliced_forward
from netcc.targets.options import Options
from netcc.targets.share import processors, ranges
from netcc.types import count

SMALL_SHARE = 8
"""A step is not worth streaming if its blobs are smaller than the largest by more than this."""

LEAST_UNITS = 1 << 18
"""Memory, in numbers, that whole blobs may take without being worth streaming: 1 MiB."""

SLICE_UNITS = 1 << 18
"""Numbers of the largest blob of one slice, if that is more than one image."""


def stream(plan: Plan) -> None:
    """Puts the steps forward that are worth it into streams; blobs within them are not there afterwards."""
    for run in list(_runs(plan)):
        inner = _inner_slots(plan, run)
        if sum(slot.units for slot in inner) < 2 * _least(plan.forward):
            continue
        lanes, rounds = _cut(run, inner)
        if rounds < 2:
            continue
        rows = ranges(batch_of(run[0].node), lanes * rounds)
        streamed = _laid(run, inner, rows, rounds, plan.options)
        if not all(step.parts for step in streamed):
            continue
        replaced = {step.node: new for step, new in zip(run, streamed, strict=True)}
        left = [step for step in plan.forward if not (isinstance(step, LayerStep) and _only_there(step, inner))]
        plan.forward = [replaced.get(step.node, step) if isinstance(step, LayerStep) else step for step in left]
        plan.streams.append((run[0].time, run[-1].time))
        plan.data = {value: view for value, view in plan.data.items() if view.slot not in inner}


def _runs(plan: Plan) -> Iterator[list[LayerStep]]:
    """Neighbours that may share a stream: cut by rows of one batch, with large blobs and few weights."""
    steps = [step for step in plan.forward if isinstance(step, LayerStep)]
    if any(step.node.layer.dynamic for step in steps):
        return  # a pass may begin again behind such a layer
    least = _least(steps)
    run: list[LayerStep] = []
    for step in steps:
        if keeps_rows(step):
            continue
        same = not run or batch_of(step.node) == batch_of(run[0].node)
        if same and _fits(step, least):
            run.append(step)
            continue
        yield from [run] if len(run) > 1 else []
        run = [step] if _fits(step, least) else []
    yield from [run] if len(run) > 1 else []


def _least(steps: Sequence[Step]) -> int:
    """Numbers of a blob that is worth streaming."""
    largest = max((_largest(step) for step in steps if isinstance(step, LayerStep)), default=0)
    return max(LEAST_UNITS, largest // SMALL_SHARE)


def _fits(step: LayerStep, least: int) -> bool:
    if not step.target.sliced or step.state or batch_of(step.node) < 2:
        return False
    weights = sum(view.slot.units for view in step.derived or step.parameters)
    blobs = sum(count(view.shape) for view in (*step.bottoms, *step.tops))
    return _largest(step) >= least and weights <= blobs


def _largest(step: LayerStep) -> int:
    return max((count(view.shape) for view in (*step.bottoms, *step.tops) if not view.slot.held), default=0)


def _inner_slots(plan: Plan, run: Sequence[LayerStep]) -> dict[Slot, int]:
    """The blobs that only steps of `run` touch, and how many numbers of each belong to one row of the batch."""
    batch = batch_of(run[0].node)
    views = [view for step in run for view in (*step.bottoms, *step.tops)]
    others = {slot for step in _others(plan, run) for slot in (*step.reads(), *step.writes())}
    inner = {view.slot: view.slot.size // batch for view in views if view.slot.role == "data" and not view.slot.held}
    uneven = {view.slot for view in views if view.slot in inner and _row(view) != inner[view.slot]}
    return {slot: row for slot, row in inner.items() if slot not in others and slot not in uneven}


def _others(plan: Plan, run: Sequence[LayerStep]) -> list[Step]:
    own = {step.node for step in run}
    steps = (*plan.constant, *plan.forward)
    return [step for step in steps if not (isinstance(step, LayerStep) and (step.node in own or keeps_rows(step)))]


def _only_there(step: LayerStep, inner: Mapping[Slot, int]) -> bool:
    """Whether the step does nothing, with blobs that are never whole."""
    return keeps_rows(step) and any(view.slot in inner for view in (*step.bottoms, *step.tops))


def _row(view: View) -> int:
    return view.strides[0] if view.strides else count(view.shape[1:])


def _cut(run: Sequence[LayerStep], inner: Mapping[Slot, int]) -> tuple[int, int]:
    """How many lanes there are, and how many slices each has."""
    batch = batch_of(run[0].node)
    lanes = min(processors(), batch)
    rows = max(1, SLICE_UNITS // max(inner.values()))
    return lanes, max(1, batch // (lanes * rows))


def _laid(
    run: Sequence[LayerStep],
    inner: Mapping[Slot, int],
    rows: Sequence[tuple[int, int]],
    rounds: int,
    options: Options,
) -> list[LayerStep]:
    """The steps of `run` cut into `rows`, with one piece of memory for all that a lane needs between and in them."""
    cut = [replace(sliced_forward(replace(step, parts=()), options, rows), rounds=rounds) for step in run]
    if not all(step.parts for step in cut):
        return cut
    most = max(stop - start for start, stop in rows)
    parts: list[list[LayerStep]] = [[] for _ in run]
    for first in range(0, len(rows), rounds):
        lane = _Lane.of(cut, {slot: row * most for slot, row in inner.items()}, slice(first, first + rounds), first)
        for index, (start, _) in enumerate(rows[first : first + rounds], start=first):
            for own, step in zip(parts, cut, strict=True):
                own.append(lane.moved(step.parts[index], inner, start))
    return [replace(step, parts=tuple(own)) for step, own in zip(cut, parts, strict=True)]


@dataclass(frozen=True)
class _Lane:
    """The memory of the slices that run one after the other: where each blob begins, and the scratch of each step."""

    block: Slot
    places: Mapping[Slot, int]
    scratch: Mapping[tuple[int, int], int]

    @classmethod
    def of(cls, steps: Sequence[LayerStep], sizes: Mapping[Slot, int], own: slice, number: int) -> _Lane:
        """For the parts `own` of `steps`, whose blobs take `sizes` numbers of a slice."""
        lives: dict[Slot | tuple[int, int], tuple[int, int]] = {}
        needed: dict[Slot | tuple[int, int], int] = {}
        needed.update(sizes.items())
        for time, step in enumerate(steps):
            for view in (*step.bottoms, *step.tops):
                if view.slot in sizes:
                    lives[view.slot] = lives.get(view.slot, (time, time))[0], time
            for part in step.parts[own]:
                for index, view in enumerate(part.scratch):
                    if view.slot.kind == "real":
                        lives[step.time, index] = time, time
                        needed[step.time, index] = max(needed.get((step.time, index), 0), view.slot.size)
        pieces = [Piece(padded(Slot("", "data", needed[key])), first, last) for key, (first, last) in lives.items()]
        packing = pack(pieces)
        offsets = dict(zip(lives, packing.offsets, strict=True))
        block = Slot(f"{steps[0].node.name} to {steps[-1].node.name}, lane {number}", "data", packing.used)
        return cls(
            block,
            {key: offset for key, offset in offsets.items() if isinstance(key, Slot)},
            {key: offset for key, offset in offsets.items() if not isinstance(key, Slot)},
        )

    def moved(self, part: LayerStep, rows: Mapping[Slot, int], start: int) -> LayerStep:
        """`part`, of the rows of the batch from `start` on, in this memory."""

        def blob(view: View) -> View:
            if view.slot not in self.places:
                return view
            return replace(view, slot=self.block, offset=self.places[view.slot] + view.offset - start * rows[view.slot])

        def scratch(index: int, view: View) -> View:
            place = self.scratch.get((part.time, index)) if view.slot.kind == "real" else None
            return view if place is None else replace(view, slot=self.block, offset=place + view.offset)

        return replace(
            part,
            bottoms=tuple(map(blob, part.bottoms)),
            tops=tuple(map(blob, part.tops)),
            scratch=tuple(scratch(index, view) for index, view in enumerate(part.scratch)),
        )
