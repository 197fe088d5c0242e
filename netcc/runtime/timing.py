"""How long every step of a pass takes, over several passes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from netcc.plan.plan import Step
from netcc.runtime.net import Net

TimedStep: TypeAlias = tuple[Step, float]
"""A step of the plan and its seconds."""


@dataclass(frozen=True)
class PassTimes:
    """Medians over several passes, in seconds: of every step, and of the update that followed (0 without one)."""

    forward: list[TimedStep]
    backward: list[TimedStep] = field(default_factory=list)
    update: float = 0.0


def time_passes(
    net: Net,
    passes: int,
    *,
    backward: bool = False,
    update: Callable[[], None] | None = None,
    passed: Callable[[], None] = lambda: None,
) -> PassTimes:
    """Runs `passes` passes of `net`, after one to warm up, and takes medians.

    `update` is called after each backward pass, `passed` after each pass. Raises what the net raises, and UsageError if
    `passes` is not positive.
    """
    net.forward()  # lays the net out for the shapes that dynamic layers measure
    _one_pass(net, backward, update)
    passed()
    forward, back, updates = zip(*(_counted(net, backward, update, passed) for _ in range(passes)), strict=True)
    return PassTimes(_medians(forward), _medians(back), statistics.median(updates))


def _counted(
    net: Net, backward: bool, update: Callable[[], None] | None, passed: Callable[[], None]
) -> tuple[list[TimedStep], list[TimedStep], float]:
    times = _one_pass(net, backward, update)
    passed()
    return times


def _one_pass(
    net: Net, backward: bool, update: Callable[[], None] | None
) -> tuple[list[TimedStep], list[TimedStep], float]:
    forward = net._executor.timed_forward()
    back = net._executor.timed_backward() if backward else []
    begin = time.perf_counter()
    if update is not None:
        update()
    return forward, back, time.perf_counter() - begin if update else 0.0


def _medians(passes: Sequence[Sequence[TimedStep]]) -> list[TimedStep]:
    """The median of every step over passes of the same steps."""
    return [(same[0][0], statistics.median(seconds for _, seconds in same)) for same in zip(*passes, strict=True)]
