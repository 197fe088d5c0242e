"""One class a layer type, in the file of its family. The package can be called: see `netcc.layers.registry.layers`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """The package itself: `netcc.layers` is this room, and `netcc.layers(...)` asks what is in it."""

    def __call__(self, kind: str | None = None) -> Any:
        from netcc.layers.registry import layers

        return layers() if kind is None else layers(kind)


sys.modules[__name__].__class__ = _Room
