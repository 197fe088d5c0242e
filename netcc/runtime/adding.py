"""Adding gradients that arrive from several sides; large ones are shared out among the threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netcc.runtime.threads import run_together
from netcc.targets.share import ranges
from netcc.types import Array

LEAST_PART = 1 << 18
"""Numbers that are worth waking a thread for."""


def adding(target: Array, part: Array) -> tuple[Callable[[Any], None], Any]:
    """The function, and what to call it with, that adds `part` to `target`."""
    if target.size < 2 * LEAST_PART:
        return _add, (target, part)
    rows = [slice(*row) for row in ranges(len(target))]
    return run_together, [(_add, (target[row], part[row])) for row in rows]


def _add(operands: tuple[Array, Array]) -> None:
    target, part = operands
    np.add(target, part, out=target)
