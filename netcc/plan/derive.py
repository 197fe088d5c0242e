"""When what targets derive from parameters is made.

In training parameters change with every pass: it is made a group at a time, shortly before it is used, so that little
memory is bound and threads can share a group. Inference does the same if this takes little of its time, as it does for
a batch of some images, or if memory is short; else all of it is made before the first pass, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netcc.ir.graph import Node
from netcc.plan.plan import DeriveStep, LayerStep
from netcc.targets.base import Target
from netcc.targets.options import Options
from netcc.types import count

MOST_UNITS = 1 << 22
"""Memory, in numbers, that one group may bind: 16 MiB."""

MOST_UNITS_LOW = 1 << 20
"""The same for inference where memory is short."""

MACS_PER_NUMBER = 100
"""Multiply-accumulates that take as long as making one number."""

LARGEST_SHARE = 1 / 5
"""Of a pass for inference that may be spent on making what could be kept."""


def makes_in_passes(targets: Mapping[Node, Target], options: Options) -> bool:
    """Whether what is derived is made in every pass, or else kept from pass to pass."""
    numbers = sum(count(buffer.shape) for target in targets.values() for buffer in target.memory.derived)
    work = sum(node.signature.macs for node in targets)
    return options.derives_in_passes or MACS_PER_NUMBER * numbers <= LARGEST_SHARE * work


def derive_steps(
    steps: Iterable[LayerStep], spans: Mapping[int, tuple[int, int]], options: Options
) -> Iterator[DeriveStep]:
    """What is derived for the steps of a pass in one direction, in their order."""
    most = MOST_UNITS if options.gradients else MOST_UNITS_LOW
    time, units = 0, most
    for step in steps:
        own = sum(view.slot.units for view in step.derived if not view.slot.held)
        units += own
        if own and units > most:
            time, units = spans.get(step.time, (step.time, step.time))[0], own
        if step.derived:
            yield _step(step, time)


def _step(step: LayerStep, time: int) -> DeriveStep:
    return DeriveStep(step.node, step.pieces()[0].target, step.direction, step.parameters, step.derived, time)
