"""When what targets derive from parameters is made.

For inference, before the first pass, and kept. In training parameters change with every pass: there, and where memory
is short, it is made a group at a time, shortly before it is used, so that little memory is bound and threads can share
a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netcc.plan.plan import DeriveStep, LayerStep
from netcc.targets.options import Options

MOST_UNITS = 1 << 22
"""Memory, in numbers, that one group may bind: 16 MiB."""

MOST_UNITS_LOW = 1 << 20
"""The same for inference where memory is short."""


def derive_steps(
    steps: Iterable[LayerStep], spans: Mapping[int, tuple[int, int]], options: Options
) -> Iterator[DeriveStep]:
    """What is derived for the steps of a pass in one direction, in their order."""
    most = MOST_UNITS if options.gradients else MOST_UNITS_LOW
    time, units = 0, most
    for step in steps:
        own = sum(view.slot.units for view in step.derived)
        if not own:
            continue
        units += own
        if options.derives_in_passes and units > most:
            time, units = spans.get(step.time, (step.time, step.time))[0], own
        yield _step(step, time)


def _step(step: LayerStep, time: int) -> DeriveStep:
    return DeriveStep(step.node, step.pieces()[0].target, step.direction, step.parameters, step.derived, time)
