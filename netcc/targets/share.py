"""How work is cut that one call shares out."""

from __future__ import annotations

import os
from functools import cache
from itertools import pairwise


@cache
def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ranges(length: int, number: int | None = None) -> list[tuple[int, int]]:
    """`length` things in so many parts (by default one for each processor) of nearly equal size.

    The cut depends on the machine, never on how many threads run: sums are formed in the same order.
    """
    parts = max(1, min(number or processors(), length))
    return list(pairwise(length * index // parts for index in range(parts + 1)))
