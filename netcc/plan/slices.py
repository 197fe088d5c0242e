"""Steps cut into slices of the batch, so that several threads can share the work.

How a step is cut depends on shapes and on the number of processors of the machine, never on how many threads run: the
same sums are formed in the same order, and one seed gives the same bytes with one thread or many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netcc.ir.graph import Node
from netcc.layers.base import Buffer
from netcc.plan.plan import AddStep, LayerStep, Role, View, new_slot
from netcc.targets.base import Target
from netcc.targets.choose import choose
from netcc.targets.options import Options
from netcc.targets.share import processors, ranges
from netcc.types import count

MOST_SLICES = 16

LEAST_WORK = 1 << 16
"""Numbers read and written, or multiplied: below this, waking a thread costs more than it saves."""


def cut(node: Node, *, sliced: bool) -> list[tuple[int, int]]:
    """Where to cut the batch of `node`: ranges of rows. One range means not at all, as without `sliced`."""
    batch = batch_of(node)
    number = min(processors(), MOST_SLICES, batch)
    if number < 2 or not sliced or _work(node) < LEAST_WORK:
        return [(0, batch)]
    return ranges(batch, number)


def batch_of(node: Node) -> int:
    """The first size of all blobs of `node`; 1 if they have none in common."""
    shapes = [value.shape for value in (*node.inputs, *node.outputs)]
    if not shapes or any(not shape or shape[0] != shapes[0][0] for shape in shapes):
        return 1
    return shapes[0][0]


def _work(node: Node) -> int:
    return max(node.signature.macs, sum(count(value.shape) for value in (*node.inputs, *node.outputs)))


def buffers(
    node: Node, role: Role, wanted: tuple[Buffer, ...], *, held: bool = False, below: View | None = None
) -> tuple[View, ...]:
    """New slots for the buffers that a target asks for; those of the shape of `below` lie in memory as it does."""
    return tuple(
        new_slot(
            f"{node.name} {role} {index}",
            role,
            buffer.shape,
            kind=buffer.kind,
            held=held,
            layout="channels last" if below and below.strides and below.shape == buffer.shape else "plain",
        )
        for index, buffer in enumerate(wanted)
    )


def sliced_forward(step: LayerStep, options: Options, rows: Sequence[tuple[int, int]] = ()) -> LayerStep:
    """`step` with its parts, if its target and its size allow; else `step` with buffers of its own.

    `rows` says how it is cut in any case.
    """
    node, rows = step.node, rows or cut(step.node, sliced=step.target.sliced)
    if len(rows) == 1:
        return _with_buffers(step, step.target)
    parts = []
    for start, stop in rows:
        part = replace(
            step,
            bottoms=tuple(view.rows(start, stop) for view in step.bottoms),
            tops=tuple(view.rows(start, stop) for view in step.tops),
        )
        parts.append(_with_buffers(part, choose(node, options, stop - start)))
    return replace(step, parts=tuple(parts)) if _agree(step, parts) else _with_buffers(step, step.target)


def _agree(step: LayerStep, parts: Sequence[LayerStep]) -> bool:
    """Whether all slices take what is derived from parameters in the form that the whole step does."""
    shapes = [view.shape for view in step.derived]
    return all([buffer.shape for buffer in part.target.memory.derived] == shapes for part in parts)


def _with_buffers(step: LayerStep, target: Target) -> LayerStep:
    below = step.bottoms[0] if step.bottoms and target.layout == "any" else None
    saved = buffers(step.node, "saved", target.memory.saved, below=below)
    return replace(
        step, target=target, saved=saved, scratch=buffers(step.node, "scratch", target.memory.scratch, below=below)
    )


def fresh_scratch(step: LayerStep) -> LayerStep:
    """`step` and its parts with new scratch buffers: nobody needs what a call left in its own."""

    def new(view: View) -> View:
        return replace(new_slot(view.slot.name, "scratch", view.shape, kind=view.slot.kind), strides=view.strides)

    return replace(step, scratch=tuple(map(new, step.scratch)), parts=tuple(map(fresh_scratch, step.parts)))


def sliced_backward(step: LayerStep, scratch: tuple[tuple[View, ...], ...]) -> tuple[LayerStep, list[AddStep]]:
    """`step`, a backward step that still has the parts of its forward step, with parts of its own.

    The first part writes parameter diffs to where the step would; those of the others are added afterwards.
    """
    parts: list[LayerStep] = []
    sums: list[AddStep] = []
    start = 0
    for forward, own_scratch in zip(step.parts, scratch, strict=True):
        stop = start + forward.bottoms[0].shape[0]
        targets = [_part_target(view, bool(parts), sums, step.time) for view in step.parameter_diffs]
        part = replace(
            forward,
            direction="backward",
            time=step.time,
            scratch=own_scratch,
            top_diffs=tuple(view.rows(start, stop) for view in step.top_diffs),
            bottom_diffs=tuple(view.rows(start, stop) if view else None for view in step.bottom_diffs),
            parameter_diffs=tuple(targets),
            adds=step.adds,
        )
        parts.append(part)
        start = stop
    return replace(step, parts=tuple(parts)), sums


def _part_target(view: View | None, later: bool, sums: list[AddStep], time: int) -> View | None:
    """Where a part writes the diff of a parameter: to `view`, or beside it to be added if it is not the first."""
    if view is None or not later:
        return view
    own = new_slot(f"slice of {view.slot.name}", "scratch", view.shape)
    sums.append(AddStep(view, own, time, deferrable=True))
    return own
