"""Which class implements which `type`. Families announce themselves; there is no list to keep.

Packages from outside announce theirs under the entry point group `netcc.layers`: see docs/adding_a_layer.md.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TypeVar, overload

from netcc.errors import LayerError, nearest
from netcc.layers.base import Layer
from netcc.schema.outside import load_outside

MOST_NEAR_NAMES = 4
"""So many names are shown for a type that does not exist."""

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
def _families() -> dict[str, bytes]:
    """The sources of the modules of this package by their full names; none where only compiled files are there."""
    import netcc.layers as package

    return {
        f"{package.__name__}.{path.stem}": path.read_bytes()
        for folder in package.__path__
        for path in sorted(Path(folder).glob("*.py"))
    }


def _load_family(name: str) -> None:
    """Imports the module that registers `name`: to import all of them takes longer than to read them."""
    mark = f'register("{name}")'.encode()
    for module, source in _families().items():
        if mark in source:
            importlib.import_module(module)


@cache
def _load_families() -> None:
    import netcc.layers as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def layer_types() -> list[str]:
    """All known layer types, those of packages from outside too, sorted."""
    _load_families()
    load_outside()
    return sorted(_classes)


def layer_class(name: str) -> type[Layer]:
    """The class for `type: "name"`; raises UnknownTypeError that lists near names."""
    for load in (partial(_load_family, name), _load_families, load_outside):
        if name in _classes:
            break
        load()
    found = _classes.get(name)
    if found is None:
        raise _unknown(name)
    return found


@overload
def layers() -> list[str]: ...
@overload
def layers(kind: str) -> type[Layer]: ...
def layers(kind: str | None = None) -> list[str] | type[Layer]:
    """All layer types that nets may have; or the class behind one, whose docstring has its mathematics and shapes.

    >>> import netcc
    >>> len(netcc.layers()) > 100
    True
    >>> print(netcc.layers("TanH").__doc__)
    y = tanh(x). Behaves as src/caffe/layers/tanh_layer.cpp.

    Raises UnknownTypeError, which lists near names, for a type that does not exist.
    """
    return layer_types() if kind is None else layer_class(kind)


class UnknownTypeError(LayerError):
    """No class is registered for the type."""


def _unknown(name: str) -> UnknownTypeError:
    near = nearest(name, _classes, MOST_NEAR_NAMES)
    notes = [f"near names: {', '.join(near)}"] if len(near) > 1 else []
    return UnknownTypeError(
        f"unknown layer type {name!r}",
        field=("type",),
        notes=[*notes, "`netcc layers` lists all; docs/adding_a_layer.md shows how to register a class of your own"],
        suggestion=near[0] if near else None,
    )
