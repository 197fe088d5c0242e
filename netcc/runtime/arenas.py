"""The memory of a plan: one array for each of its arenas, and every slot a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from netcc.layers.base import Kind
from netcc.plan.plan import Plan, Slot, View
from netcc.runtime.shortage import enough_memory
from netcc.types import Array, count


class Arenas:
    """Memory for all slots of `plan` but those `given`, which live elsewhere. Real numbers are of `dtype`.

    Raises MemoryShortageError where there is not enough of it.
    """

    def __init__(self, plan: Plan, dtype: npt.DTypeLike, given: Mapping[Slot, Array]) -> None:
        self.dtype = np.dtype(dtype)
        self._slots = dict(given)
        with enough_memory(plan, self.dtype, given):
            self._allocate(plan)

    def __contains__(self, slot: Slot) -> bool:
        return slot in self._slots

    def slot(self, slot: Slot) -> Array:
        """Its numbers, on one axis."""
        return self._slots[slot]

    def array(self, view: View) -> Array:
        """The memory of `view` under its shape."""
        return shaped(self._slots[view.slot], view)

    def _allocate(self, plan: Plan) -> None:
        arenas: dict[str, Array] = {}
        for slot, offset in plan.memory.offsets.items():
            if slot in self._slots:
                continue
            if slot.arena not in arenas:
                arenas[slot.arena] = _zeros(plan.memory.arenas[slot.arena], self.dtype)
            units = arenas[slot.arena][offset : offset + slot.units]
            self._slots[slot] = units.view(self._dtype(slot.kind))[: slot.size]

    def _dtype(self, kind: Kind) -> np.dtype[Any]:
        return {
            "real": self.dtype,
            "index": np.dtype(np.int64),
            "byte": np.dtype(np.uint8),
            "bool": np.dtype(np.bool_),
        }[kind]


def shaped(memory: Array, view: View) -> Array:
    """The numbers of a slot as `view` sees them."""
    memory = memory[view.offset :]
    if view.strides is None:
        return memory[: count(view.shape)].reshape(view.shape)
    strides = [stride * memory.itemsize for stride in view.strides]
    return np.ndarray(view.shape, memory.dtype, memory, strides=strides)


def _zeros(size: int, dtype: npt.DTypeLike) -> Array:
    """Zeros that start on a cache line. The system gives memory only where it is touched."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * item].view(dtype)
