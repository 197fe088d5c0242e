"""What lies where in memory and for how long, beside the least that any plan of the same steps would need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netcc.plan.dump import unit_bytes
from netcc.plan.memory import Lifetime, padded, plan_lifetimes
from netcc.plan.packing import Piece, alive
from netcc.plan.plan import LayerStep, Plan, RecomputeStep, Slot
from netcc.types import count

ARENA = "buffers"
"""The arena of all that is no parameter."""


@dataclass(frozen=True)
class BufferRow:
    """One buffer: its bytes, its place in the arena, the first and the last step that need it.

    What is `held` keeps its contents between passes: it is needed at all steps, and shares with nothing.
    """

    name: str
    role: str
    bytes: int
    offset: int
    first: int
    last: int
    held: bool

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.bytes


@dataclass(frozen=True)
class MemoryTable:
    """The buffers of a plan in order of their places, and what they take; all sizes in bytes, real numbers as float32.

    `steps` are the names of the steps by time, `forward` of them before the backward pass; `alive` are the bytes that
    are needed at each: the largest of them is the lower bound of the arena. `again` are the layers that are computed
    once more in the backward pass, `again_bytes` the blobs that they write there; `fast_arena` is the arena of the plan
    that does without.
    """

    name: str
    phase: str
    buffers: tuple[BufferRow, ...]
    steps: tuple[str, ...]
    forward: int
    alive: tuple[int, ...]
    arena: int
    parameters: int
    again: tuple[str, ...] = ()
    again_bytes: int = 0
    fast_arena: int | None = None

    @property
    def separate(self) -> int:
        """What all buffers would take if each had memory of its own."""
        return sum(row.bytes for row in self.buffers)

    @property
    def saved(self) -> int:
        return self.separate - self.arena

    @property
    def lower_bound(self) -> int:
        return max(self.alive, default=0)

    @property
    def ratio(self) -> float:
        """The arena as a multiple of the lower bound."""
        return self.arena / self.lower_bound if self.lower_bound else 1.0

    @property
    def fullest(self) -> str:
        """The step at which most is alive."""
        return self.steps[self.alive.index(self.lower_bound)] if self.alive else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "phase": self.phase,
            "arena_bytes": self.arena,
            "separate_bytes": self.separate,
            "saved_bytes": self.saved,
            "lower_bound_bytes": self.lower_bound,
            "ratio": self.ratio,
            "fullest_step": self.fullest,
            "parameter_bytes": self.parameters,
            "computed_again": list(self.again),
            "computed_again_bytes": self.again_bytes,
            **({} if self.fast_arena is None else {"fast_arena_bytes": self.fast_arena}),
            "steps": list(self.steps),
            "forward_steps": self.forward,
            "alive_bytes": list(self.alive),
            "buffers": [
                {
                    "name": row.name,
                    "role": row.role,
                    "bytes": row.bytes,
                    "offset": row.offset,
                    "first_step": row.first,
                    "last_step": row.last,
                    "held": row.held,
                }
                for row in self.buffers
            ],
        }


def memory_table(plan: Plan, fast: Plan | None = None) -> MemoryTable:
    """What `plan` keeps where; for one that saves memory, beside the `fast` one."""
    again = [step for step in plan.backward if isinstance(step, RecomputeStep)]
    names = _step_names(plan)
    lives = plan_lifetimes(plan)
    slots = [slot for slot in plan.memory.offsets if slot.arena == ARENA]
    pieces = [_piece(slot, lives.get(slot), len(names)) for slot in slots]
    rows = [
        BufferRow(
            slot.name,
            slot.role,
            unit_bytes(piece.size),
            unit_bytes(plan.memory.offsets[slot]),
            piece.first,
            piece.last,
            slot.held or slot not in lives,
        )
        for slot, piece in zip(slots, pieces, strict=True)
    ]
    return MemoryTable(
        plan.graph.name,
        plan.graph.phase.name,
        tuple(sorted(rows, key=lambda row: (row.offset, row.first))),
        tuple(names),
        max((step.time for step in plan.forward), default=-1) + 1,
        tuple(map(unit_bytes, alive(pieces))),
        unit_bytes(plan.memory.arenas.get(ARENA, 0)),
        unit_bytes(sum(units for arena, units in plan.memory.arenas.items() if arena != ARENA)),
        tuple(step.step.node.name for step in again),
        unit_bytes(sum(count(view.shape) for step in again for view in step.step.tops)),
        None if fast is None else unit_bytes(fast.memory.arenas.get(ARENA, 0)),
    )


def _step_names(plan: Plan) -> list[str]:
    """By time, the name of the step that runs then: the layer's, where sums and fills run too."""
    names: dict[int, str] = {}
    steps = (*plan.forward, *plan.backward, *plan.backward_add)
    for step in sorted(steps, key=lambda step: not isinstance(step, LayerStep)):
        names.setdefault(step.time, step.name)
    return [names.get(time, "") for time in range(max(names, default=-1) + 1)]


def _piece(slot: Slot, life: Lifetime | None, times: int) -> Piece:
    if slot.held or life is None:
        return Piece(padded(slot), 0, max(0, times - 1))
    return Piece(padded(slot), life.first, life.last)
