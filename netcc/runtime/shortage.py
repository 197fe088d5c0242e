"""What is said when a net takes more memory than there is: how much, for what, and what helps."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from netcc.errors import Diagnostic, MemoryShortageError, NetccWarning
from netcc.plan.plan import Plan, Slot

ARENAS = {
    "buffers": "blobs, their diffs and what layers note",
    "parameter": "parameters",
    "parameter diff": "gradients of parameters",
}
MIB = 1 << 20
SMALL = 64 * MIB
"""Nets that take less are not worth a look at the machine."""
MOST_BUFFERS = 3
"""So many of the largest buffers are named."""


@contextmanager
def enough_memory(plan: Plan, dtype: np.dtype[Any], given: Collection[Slot]) -> Iterator[None]:
    """Around the allocation of what `plan` needs, but for slots that are `given`, with real numbers of `dtype`.

    Raises MemoryShortageError where it fails. Where it does not, but the machine has less memory to give, warns:
    systems promise more than they have, and end the process later.
    """
    before = set(given)
    needed = _by_arena(plan, dtype.itemsize, before)
    total = sum(needed.values())
    free = free_bytes() if total >= SMALL else None
    there = "" if free is None else f", and {_mib(free)} are free"
    try:
        yield
    except MemoryError:
        message = f"there is not enough memory: {_net(plan)} takes {_mib(total)}{there}"
        raise MemoryShortageError(message, notes=_notes(plan, needed, dtype.itemsize, before)) from None
    if free is not None and total > free:
        message = f"{_net(plan)} takes {_mib(total)} of memory{there}: the system may end the process"
        notes = tuple(_notes(plan, needed, dtype.itemsize, before))
        warnings.warn(NetccWarning(Diagnostic(message, notes=notes, severity="warning")), stacklevel=6)


def free_bytes() -> int | None:
    """Memory that the system, or the container that the process is in, can still give; None where that is not known."""
    found = [*_of_system(), *_of_container()]
    return min(found, default=None)


def _of_system() -> Iterator[int]:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024


def _of_container(folder: Path = Path("/sys/fs/cgroup")) -> Iterator[int]:
    with suppress(OSError, ValueError):
        limit, used = (int((folder / name).read_text()) for name in ("memory.max", "memory.current"))
        yield max(0, limit - used)


def _net(plan: Plan) -> str:
    shapes = ", ".join(f"{value.name} {' x '.join(map(str, value.shape))}" for value in plan.graph.inputs())
    return (f"net {plan.graph.name!r}" if plan.graph.name else "the net") + (f" ({shapes})" if shapes else "")


def _by_arena(plan: Plan, item: int, given: Collection[Slot]) -> dict[str, int]:
    arenas = {slot.arena for slot in plan.memory.offsets if slot not in given}
    return {arena: units * item for arena, units in plan.memory.arenas.items() if arena in arenas}


def _notes(plan: Plan, needed: dict[str, int], item: int, given: Collection[Slot]) -> list[str]:
    order = sorted(needed, key=lambda arena: -needed[arena])
    lines = ["; ".join(f"{ARENAS[arena]}: {_mib(needed[arena])}" for arena in order)]
    largest = sorted((slot for slot in plan.memory.offsets if slot not in given), key=lambda slot: -slot.units)
    named = [f"{slot.name} ({slot.role}) {_mib(slot.units * item)}" for slot in largest[:MOST_BUFFERS]]
    lines.append(f"largest: {', '.join(named)}")
    helps = ["a smaller batch (batch_size, --input)"]
    trains = plan.options.gradients and bool(plan.backward)
    if plan.options.memory == "fast" and trains:
        helps.append('computing again what is cheap (--memory low, memory="low")')
    if plan.options.keep_all:
        helps.append("fewer blobs that are kept (keep_all=False)")
        helps += ["no gradients, if they are not wanted (gradients=False)"] if trains else []
    return [*lines, f"less memory is taken by: {'; '.join(helps)}"]


def _mib(size: int) -> str:
    return f"{size / MIB:,.0f} MiB"
