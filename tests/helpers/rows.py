"""One row for every layer: what it is tried on. Each family has a file in helpers/families with its `ROWS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from netcc.types import TRAIN, Phase, Shape


@dataclass(frozen=True)
class Row:
    """A layer and the bottoms it is tried on. `gradient_tops`: how many tops pass a gradient back (None: all).

    `gradient` False: what backward gives is not the derivative, as in Caffe, and is tested elsewhere.
    """

    type: str
    fields: str
    shapes: tuple[Shape, ...]
    tops: int = 1
    phase: Phase = TRAIN
    integers: Mapping[int, int] = field(default_factory=dict)
    gradient_tops: int | None = None
    gradient: bool = True
    batched: bool = True


def all_rows() -> list[Row]:
    """The rows of all families."""
    import helpers.families as package

    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    return [row for module in modules for row in module.ROWS]
