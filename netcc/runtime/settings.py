"""What a net is asked to be: the arguments of its maker, checked, and what is said where they cannot be met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from netcc.errors import Diagnostic, NetccError, UsageError
from netcc.targets.options import MEMORY_USES, MemoryUse
from netcc.types import Phase, Shape, format_shape

FLOATS = ("float32", "float64")


def float_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """The type of a net's numbers. Raises UsageError for one that nets cannot compute with."""
    try:
        kind: np.dtype[Any] | None = np.dtype(dtype)
    except TypeError:
        kind = None
    if kind is None or kind.name not in FLOATS:
        raise UsageError(f"a net cannot compute with dtype {dtype!r}", notes=[f"expected one of: {', '.join(FLOATS)}"])
    return kind


def memory_use(name: str) -> MemoryUse:
    """What a net spends memory on. Raises UsageError for a name that says nothing about it."""
    for use in MEMORY_USES:
        if name == use:
            return use
    raise UsageError(f"a net has no memory {name!r}", notes=[f"expected one of: {', '.join(MEMORY_USES)}"])


def phase_of(phase: Phase | int) -> Phase:
    """The phase with this number. Raises UsageError if there is none."""
    try:
        return Phase(phase)
    except ValueError:
        raise UsageError(f"there is no phase {phase!r}", notes=["TRAIN is 0, TEST is 1"]) from None


def refused_shapes(shapes: Mapping[str, tuple[Shape, Shape]], error: NetccError) -> NetccError:
    """`error` of the layer that cannot take the new shapes of inputs; `shapes` has the asked and the present ones."""
    asked = " and ".join(
        f"{name!r} cannot be {format_shape(new)} (it is {format_shape(now)})" for name, (new, now) in shapes.items()
    )
    if not asked:
        return error
    first, *others = error.diagnostics
    told = Diagnostic(f"input {asked}: {first.message}", first.span, first.notes, first.suggestion)
    return type(error)([told, *others])
