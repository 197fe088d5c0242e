"""Which class implements which `type`. Families announce themselves; there is no list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from netcc.errors import LayerError, closest
from netcc.layers.base import Layer

_classes: dict[str, type[Layer]] = {}

L = TypeVar("L", bound=Layer)


def register(name: str) -> Callable[[type[L]], type[L]]:
    """Class decorator: the class implements layers of `type: "name"`."""

    def add(cls: type[L]) -> type[L]:
        if name in _classes:
            raise LayerError(
                f"layer type {name!r} is registered twice: {_classes[name].__qualname__}, {cls.__qualname__}"
            )
        cls.type = name
        _classes[name] = cls
        return cls

    return add


@cache
def _load_families() -> None:
    import netcc.layers as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def layer_types() -> list[str]:
    """All known layer types, sorted."""
    _load_families()
    return sorted(_classes)


def layer_class(name: str) -> type[Layer]:
    """The class for `type: "name"`; raises LayerError that lists near names."""
    _load_families()
    found = _classes.get(name)
    if found is None:
        raise LayerError(f"unknown layer type {name!r}", field=("type",), suggestion=closest(name, _classes))
    return found
