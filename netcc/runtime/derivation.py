"""What a plan derives from parameters, bound to its arrays: as calls that may be made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from netcc.ir.graph import Node
from netcc.plan.plan import DeriveStep, Direction, View
from netcc.runtime.threads import Call
from netcc.targets.base import Arrays
from netcc.types import Array

Derive: TypeAlias = Callable[[Arrays, Arrays], None]


class Derivation:
    """`kept`: the calls of the steps whose results are kept between passes."""

    def __init__(self, steps: Sequence[DeriveStep], array: Callable[[View], Array]) -> None:
        bound = [(step, _bind(step, array)) for step in steps]
        self.kept: list[Call] = [call for step, calls in bound if step.kept for call in calls]
        self._in_passes = [(step, calls) for step, calls in bound if not step.kept]
        self._by_node = {(step.node, step.direction): calls for step, calls in self._in_passes}

    def before(self, node: Node | None, direction: Direction) -> list[Call]:
        """What every pass makes for a node alone, before it."""
        return self._by_node.get((node, direction), []) if node else []

    def groups(self) -> dict[int, list[Call]]:
        """What every pass makes, by the time of the step before which it is made."""
        groups: dict[int, list[Call]] = {}
        for step, calls in self._in_passes:
            groups.setdefault(step.time, []).extend(calls)
        return groups


def _bind(step: DeriveStep, array: Callable[[View], Array]) -> list[Call]:
    parameters, derived = tuple(map(array, step.parameters)), tuple(map(array, step.derived))
    target = step.target
    if step.direction == "forward":
        return [(_derive, (target.derive, *part)) for part in target.derive_parts(parameters, derived)]
    return [(_derive, (target.derive_backward, *part)) for part in target.derive_backward_parts(parameters, derived)]


def _derive(operands: tuple[Derive, Arrays, Arrays]) -> None:
    derive, parameters, derived = operands
    derive(parameters, derived)
