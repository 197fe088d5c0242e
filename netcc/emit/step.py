"""How a layer becomes calls of plain functions: which function, what it reads and writes, with which options.

Families announce theirs with `@emits("Type")`; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from netcc.errors import LayerError
from netcc.layers.base import Layer
from netcc.types import Shape


@dataclass(frozen=True)
class Call:
    """One call of a function of `netcc.emit.numpy_source`.

    `reads` are its positional arguments, `writes` what it gives, both with spaces between: x0 is the first bottom, y1
    the second top, p0 the first parameter, dx0, dy1 and dp0 are their gradients, `random` is the module's generator,
    `None` is None and `_` is not wanted; any other name is kept from forward for backward. `options` are arguments by
    name.
    With `listed` the function gives a list even of one.
    """

    function: str
    reads: str
    writes: str
    options: Mapping[str, Any] = field(default_factory=dict)
    listed: bool = False


@dataclass(frozen=True)
class Step:
    """A layer. Without `forward` it computes nothing; without `backward` no gradient passes it.

    `starts` are shapes of arrays that it keeps from one pass to the next, zeros at first, by names that forward reads
    and writes; backward reads what they were before forward.
    """

    forward: Call | None
    backward: Call | None = None
    starts: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """A layer among its shapes; `parameters` are the names of its parameters."""

    layer: Any
    bottoms: tuple[Shape, ...]
    tops: tuple[Shape, ...]
    parameters: tuple[str, ...]

    def listed(self, stem: str) -> str:
        """`x0 x1 ...` for all bottoms (stem `x` or `dx`), or the like for all tops (`y`, `dy`)."""
        number = len(self.bottoms) if stem.endswith("x") else len(self.tops)
        return " ".join(f"{stem}{index}" for index in range(number))


class CannotEmit(Exception):  # noqa: N818  # a reason, which a LayerError then gives
    """There is no plain function for a layer with such attributes; the message says with which."""


Maker = Callable[[Placed], Step]
M = TypeVar("M", bound=Maker)

_makers: dict[str, Maker] = {}


def emits(*types: str) -> Callable[[M], M]:
    """Decorator: the function makes the step of layers of these types. It raises CannotEmit with a reason."""

    def add(maker: M) -> M:
        for name in types:
            if name in _makers:
                raise LayerError(f"two functions make the step of {name}")
            _makers[name] = maker
        return maker

    return add


@cache
def _load() -> None:
    import netcc.emit.steps as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def emitted_types() -> list[str]:
    """The layer types that can be written as NumPy, sorted."""
    _load()
    return sorted(_makers)


def step_of(layer: Layer, placed: Placed) -> Step:
    """The step of a layer. Raises CannotEmit with the reason where there is none."""
    _load()
    if layer.type not in _makers:
        raise CannotEmit("there is no function for the type")
    return _makers[layer.type](placed)


def without_defaults(options: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Those of `options` that differ from `defaults`, for shorter calls."""
    return {name: value for name, value in options.items() if name not in defaults or value != defaults[name]}


def refuse(reason: str, *, when: bool) -> None:
    """Raises CannotEmit with `reason` if so."""
    if when:
        raise CannotEmit(reason)
