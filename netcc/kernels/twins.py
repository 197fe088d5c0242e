"""Which of two functions runs: the NumPy definition, or a twin that computes the same numbers faster.

A twin stands in `netcc/kernels/fast/`, marked with `@twin_of(definition)`, and is there only if numba is installed. A
kernel asks `pick(definition)` once, when the plan is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, TypeVar

from netcc.errors import UsageError

VARIABLE = "NETCC_TARGET"
"""Environment variable: `numpy` leaves the twins out, `fast` wants them; the default takes them where they are."""

Function = TypeVar("Function", bound=Callable[..., Any])

_TWINS: dict[Callable[..., Any], Callable[..., Any]] = {}
_CHOSEN: list[str] = []


def twin_of(definition: Callable[..., Any]) -> Callable[[Function], Function]:
    """Marks the decorated function as the twin of `definition`: same arguments, same results up to rounding."""

    def mark(twin: Function) -> Function:
        _TWINS[definition] = twin
        return twin

    return mark


def pick(definition: Function) -> Function:
    """The twin of `definition` if the target has one, else `definition`."""
    if target() == "numpy":
        return definition
    _load()
    twin: Any = _TWINS.get(definition, definition)
    return twin  # type: ignore[no-any-return]


def twins() -> dict[Callable[..., Any], Callable[..., Any]]:
    """All twins by definition. Empty where numba is missing."""
    if find_spec("numba") is not None:
        _load()
    return dict(_TWINS)


def target() -> str:
    """`fast` or `numpy`. Raises UsageError where the environment asks for something else, or for what is missing."""
    wanted = _CHOSEN[-1] if _CHOSEN else os.environ.get(VARIABLE, "")
    if wanted not in ("", "numpy", "fast"):
        raise UsageError(f"{VARIABLE} must be numpy or fast, found {wanted!r}")
    there = _numba_is_there()
    if wanted == "fast" and not there:
        raise UsageError(f"{VARIABLE} is fast, but numba is not installed", notes=["pip install 'netcc[fast]'"])
    return "fast" if there and wanted != "numpy" else "numpy"


@contextmanager
def use_target(name: str) -> Iterator[None]:
    """Plans that are made within have kernels of the target `name`, whatever the environment says."""
    _CHOSEN.append(name)
    try:
        yield
    finally:
        _CHOSEN.pop()


@cache
def _numba_is_there() -> bool:
    return find_spec("numba") is not None


@cache
def _load() -> None:
    package = import_module("netcc.kernels.fast")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
