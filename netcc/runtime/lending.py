"""Arrays that are handed out: who may still write to them is known by whether they are alive.

What a plan derives from parameters (folded, transformed weights) is made anew only if somebody may have changed them.
"""

from __future__ import annotations

import weakref

import numpy as np

from netcc.types import Array


class Lender:
    """Hands out arrays over memory and remembers them until they, and all views of them, are gone."""

    def __init__(self) -> None:
        self._lent: list[weakref.ref[Array]] = []

    def lend(self, memory: Array) -> Array:
        """`memory`, one-dimensional and without gaps, as an array of its own."""
        if not memory.size:
            return memory
        # An array over a buffer stays the base of all views of it, so it lives as long as the last of them.
        lent = np.frombuffer(memory.data, memory.dtype)
        self._lent.append(weakref.ref(lent))
        return lent

    def settle(self) -> bool:
        """Whether anything was lent since the last call, or is still out."""
        touched = bool(self._lent)
        self._lent = [reference for reference in self._lent if reference() is not None]
        return touched

    def take_over(self, other: Lender) -> None:
        """What `other` has lent counts as lent here: the memory is the same."""
        self._lent += other._lent
