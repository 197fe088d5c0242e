"""How each layer of a plan is computed: by which algorithm, over which order of memory, together with which others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from netcc.plan.plan import LayerStep, Plan


@dataclass(frozen=True, slots=True)
class KernelRow:
    """`layers` are computed by one call of `kernel`; the batch is cut into `slices` that may run at the same time.

    A row without a type changes the order of memory of a blob. `once`: not in every pass, but when parameters may have
    changed.
    """

    layers: tuple[str, ...]
    types: tuple[str, ...]
    kernel: str
    layout: str
    slices: int
    once: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def kernel_rows(plan: Plan) -> list[KernelRow]:
    """One row for each step of the forward pass, in the order of the net."""
    return list(_rows(plan))


def _rows(plan: Plan) -> Iterator[KernelRow]:
    steps = [step for step in (*plan.constant, *plan.forward) if isinstance(step, LayerStep)]
    for step in sorted(steps, key=lambda step: step.time):
        parts = [step.node, *step.node.absorbed]
        layouts = {value.layout for value in step.node.outputs if len(value.shape) == 4}
        yield KernelRow(
            tuple(part.name for part in parts),
            tuple(part.type for part in parts if part.type),
            step.pieces()[0].target.name,
            ", ".join(sorted(layouts)),
            len(step.pieces()),
            step in plan.constant,
        )
