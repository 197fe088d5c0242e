"""A plan as text, for people: every step with the memory it touches, then where everything lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netcc.plan.plan import ELEMENT_BYTES, LayerStep, Plan, Slot, Step


def dump_plan(plan: Plan) -> str:
    """The steps of a pass forward and backward, the memory map, and the totals."""
    lines = [f"plan of {plan.graph.name!r}, phase {plan.graph.phase.name}"]
    if plan.constant:
        lines += _pass_lines("once, and where parameters may have changed", plan.constant)
    lines += _pass_lines("forward", plan.forward)
    lines += _pass_lines("backward", plan.backward)
    lines += _memory_lines(plan)
    return "\n".join(lines) + "\n"


def _pass_lines(title: str, steps: Iterable[Step]) -> Iterator[str]:
    yield ""
    yield title
    for step in steps:
        yield f"{step.time:4} {_label(step) if isinstance(step, LayerStep) else step.name}"
        yield f"       reads  {_names(step.reads())}"
        yield f"       writes {_names(step.writes())}"


def _label(step: LayerStep) -> str:
    """The layers that the step computes, and how if not by their own methods."""
    parts = [step.node, *step.node.absorbed]
    names = " + ".join(f"{part.name} ({part.type})" if part.type else part.name for part in parts)
    how = step.pieces()[0].target.name
    return names if how == "layer" else f"{names}: {how}"


def _names(slots: Iterable[Slot]) -> str:
    return ", ".join(dict.fromkeys(slot.name for slot in slots)) or "nothing"


def _memory_lines(plan: Plan) -> Iterator[str]:
    yield ""
    yield "memory (offset and size in bytes; what is held shares with nothing)"
    order = sorted(plan.memory.offsets.items(), key=lambda item: (item[0].arena, item[1], item[0].name))
    for slot, offset in order:
        size = slot.size * ELEMENT_BYTES[slot.kind]
        held = " (held)" if slot.held else ""
        yield f"  {slot.arena:<15}{unit_bytes(offset):>12}{size:>12}  {slot.name}{held}"
    for arena, units in plan.memory.arenas.items():
        yield f"{arena}: {unit_bytes(units):,} bytes"
    yield f"total: {total_bytes(plan):,} bytes"


def unit_bytes(units: int) -> int:
    """Bytes of `units` of an arena, where real numbers are float32."""
    return units * ELEMENT_BYTES["real"]


def total_bytes(plan: Plan) -> int:
    """Bytes of all memory that the plan asks for."""
    return unit_bytes(sum(plan.memory.arenas.values()))
