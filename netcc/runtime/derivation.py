"""What a plan derives from parameters, bound to its arrays: as calls that may be made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from netcc.ir.graph import Node
from netcc.plan.plan import DeriveStep, Direction, View
from netcc.runtime.threads import Call
from netcc.types import Array

Derive: TypeAlias = Callable[[Sequence[Array], Sequence[Array]], None]


class Derivation:
    """`kept`: the calls of the steps whose results are kept between passes."""

    def __init__(self, steps: Sequence[DeriveStep], array: Callable[[View], Array]) -> None:
        bound = [(step, _bind(step, array)) for step in steps]
        self.kept: list[Call] = [call for step, call in bound if step.kept]
        self._in_passes = [(step, call) for step, call in bound if not step.kept]
        self._by_node = {(step.node, step.direction): call for step, call in self._in_passes}

    def before(self, node: Node | None, direction: Direction) -> Call | None:
        """What every pass makes for a node alone, before it."""
        return self._by_node.get((node, direction)) if node else None

    def groups(self) -> dict[int, list[Call]]:
        """What every pass makes, by the time of the step before which it is made."""
        groups: dict[int, list[Call]] = {}
        for step, call in self._in_passes:
            groups.setdefault(step.time, []).append(call)
        return groups


def _bind(step: DeriveStep, array: Callable[[View], Array]) -> Call:
    derive = step.target.derive if step.direction == "forward" else step.target.derive_backward
    return _derive, (derive, tuple(map(array, step.parameters)), tuple(map(array, step.derived)))


def _derive(operands: tuple[Derive, tuple[Array, ...], tuple[Array, ...]]) -> None:
    derive, parameters, derived = operands
    derive(parameters, derived)
