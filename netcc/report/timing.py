"""Where the time of a net goes, layer by layer, beside what the machine could do at its best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from netcc.ir.graph import Node
from netcc.layers.base import Kind
from netcc.plan.plan import ELEMENT_BYTES, DeriveStep, LayerStep, RecomputeStep, Step, View
from netcc.report.limits import Limits
from netcc.runtime.timing import PassTimes, TimedStep
from netcc.types import count

DERIVED = "(weights made ready)"
FILLS = "(fills)"
RELAYOUT = "(order of memory)"
AGAIN = "(computed again)"


@dataclass(frozen=True)
class TimeRow:
    """One row of a pass: `layers` that run together under the name of the first, or work that belongs to none.

    `flop` are floating-point operations counted directly, two for each multiply-accumulate; `bytes` what has to be read
    and written at least: blobs, parameters and what is kept for backward, not scratch.
    """

    name: str
    type: str
    seconds: float
    flop: int
    bytes: int
    layers: tuple[str, ...] = ()

    def limit_seconds(self, limits: Limits) -> tuple[float, str]:
        """The least time that the machine needs for it, and what sets it: "compute" or "memory"."""
        compute, memory = self.flop / limits.flops, self.bytes / limits.bytes_per_second
        return (compute, "compute") if compute >= memory else (memory, "memory")

    def share_of_limit(self, limits: Limits) -> float:
        """1 where nothing could be faster; more where the caches help or fewer operations do."""
        return self.limit_seconds(limits)[0] / self.seconds if self.seconds else 0.0

    def as_json(self, limits: Limits) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "layers": list(self.layers),
            "seconds": self.seconds,
            "flop": self.flop,
            "bytes": self.bytes,
            "flops": self.flop / self.seconds if self.seconds else 0.0,
            "bytes_per_second": self.bytes / self.seconds if self.seconds else 0.0,
            "limited_by": self.limit_seconds(limits)[1],
            "share_of_limit": self.share_of_limit(limits),
        }


@dataclass(frozen=True)
class TimeTable:
    """The rows of both passes in the order in which they run; `update` are the seconds of the solver's update.

    `batch` is the number of images of a pass.
    """

    name: str
    phase: str
    batch: int
    passes: int
    limits: Limits
    forward: tuple[TimeRow, ...]
    backward: tuple[TimeRow, ...]
    update: float

    @property
    def seconds(self) -> float:
        return total(self.forward) + total(self.backward) + self.update

    def by_type(self) -> list[tuple[str, float, float]]:
        """Seconds forward and backward of each type of layer, the dearest first."""
        types = dict.fromkeys(row.type for row in (*self.forward, *self.backward))
        passes = (self.forward, self.backward)
        forward, backward = ([total(row for row in rows if row.type == name) for name in types] for rows in passes)
        sums = zip(types, forward, backward, strict=True)
        return sorted(sums, key=lambda item: -item[1] - item[2])

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "phase": self.phase,
            "batch": self.batch,
            "passes": self.passes,
            "limits": {
                "flops": self.limits.flops,
                "bytes_per_second": self.limits.bytes_per_second,
                "threads": self.limits.threads,
            },
            "forward": [row.as_json(self.limits) for row in self.forward],
            "backward": [row.as_json(self.limits) for row in self.backward],
            "totals": {
                "forward_seconds": total(self.forward),
                "backward_seconds": total(self.backward),
                "update_seconds": self.update,
                "seconds": self.seconds,
                "images_per_second": self.batch / self.seconds if self.seconds else 0.0,
            },
        }


def total(rows: Iterable[TimeRow]) -> float:
    """Seconds of all rows together."""
    return sum(row.seconds for row in rows)


def forward_rows(times: PassTimes) -> tuple[TimeRow, ...]:
    return tuple(_rows(times.forward))


def backward_rows(times: PassTimes) -> tuple[TimeRow, ...]:
    return tuple(_rows(times.backward))


def _rows(steps: Sequence[TimedStep]) -> Iterator[TimeRow]:
    """A row for each node; sums and fills count to the node of the same time."""
    at = {step.time: step.node for step, _ in steps if isinstance(step, LayerStep)}
    groups: dict[Node | str, list[TimedStep]] = {}
    for step, seconds in steps:
        owner: Node | str = at.get(step.time, FILLS)
        if isinstance(step, DeriveStep | RecomputeStep):
            owner = DERIVED if isinstance(step, DeriveStep) else AGAIN
        groups.setdefault(owner, []).append((step, seconds))
    for owner, members in groups.items():
        yield TimeRow(
            owner if isinstance(owner, str) else row_name(owner),
            "" if isinstance(owner, str) else row_type(owner),
            sum(seconds for _, seconds in members),
            sum(step_flop(step) for step, _ in members),
            sum(step_bytes(step) for step, _ in members),
            () if isinstance(owner, str) else tuple(part.name for part in (owner, *owner.absorbed)),
        )


def row_name(node: Node) -> str:
    """The name of the first layer, and how many more are computed with it."""
    return f"{node.name} +{len(node.absorbed)}" if node.absorbed else node.name


def row_type(node: Node) -> str:
    """The types of all layers that are computed together; RELAYOUT where only an order of memory changes."""
    return " + ".join(part.type for part in (node, *node.absorbed)) or RELAYOUT


def step_flop(step: Step) -> int:
    """Two for each multiply-accumulate; backward as many for the data as for the weights, where they are wanted."""
    if not isinstance(step, LayerStep):
        return 0
    passes = 1 if step.direction == "forward" else any(step.bottom_diffs) + any(step.parameter_diffs)
    return 2 * sum(part.signature.macs for part in (step.node, *step.node.absorbed)) * passes


def step_bytes(step: Step) -> int:
    """Bytes that a step reads and writes at least, scratch left out."""
    if isinstance(step, DeriveStep):
        return 0  # the first stands for all
    if not isinstance(step, LayerStep):
        return sum(_bytes(slot.size, slot.kind) for slot in (*step.reads(), *step.writes()))
    if step.node.layer.is_input:
        return 0
    kept = [view for piece in step.pieces() for view in piece.saved]
    if step.direction == "forward":
        read: list[View] = [*step.bottoms, *(step.derived or step.parameters)]
        written: list[View | None] = [*step.tops, *kept, *step.state]
    else:
        wanted = set(step.reads())
        read = [view for view in (*step.bottoms, *step.tops) if view.slot in wanted]
        read += [*(step.derived or step.parameters), *kept, *step.top_diffs]
        read += [view for view, adds in zip(step.bottom_diffs, step.adds, strict=False) if view and adds]
        written = [*step.bottom_diffs, *step.parameter_diffs]
    once = {(view.slot, view.offset): view for view in read}
    views = [*once.values(), *(view for view in written if view)]
    return sum(_bytes(count(view.shape), view.slot.kind) for view in views)


def _bytes(size: int, kind: Kind) -> int:
    return size * ELEMENT_BYTES[kind]
