"""Which of two functions runs: the NumPy definition, or a twin that computes the same numbers faster.

A twin stands in `netcc/kernels/fast/`, marked with `@twin_of(definition)`, and is there only if numba is installed. A
kernel asks `pick(definition)` once, when the plan is made; a layer asks the `pick` of its operands, which was chosen
then. Twins become machine code when they first run.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, TypeVar

from netcc.errors import Diagnostic, NetccWarning, UsageError
from netcc.layers.base import Pick, definition_itself

VARIABLE = "NETCC_TARGET"
"""Environment variable: `numpy` leaves the twins out, `fast` wants them; the default takes them where they are."""

Function = TypeVar("Function", bound=Callable[..., Any])

_TWINS: dict[Callable[..., Any], Callable[..., Any]] = {}
_CHOSEN: list[str] = []
_LISTENERS: list[Callable[[str | None], None]] = []


def twin_of(definition: Callable[..., Any]) -> Callable[[Function], Function]:
    """Marks the decorated function as the twin of `definition`: same arguments, same results up to rounding."""

    def mark(twin: Function) -> Function:
        _TWINS[definition] = twin
        return twin

    return mark


def pick(definition: Function) -> Function:
    """The twin of `definition` if the target has one, else `definition`."""
    return picker()(definition)


def picker() -> Pick:
    """`pick` for the target of this moment, which is not asked for again."""
    if target() == "numpy":
        return definition_itself
    _load()
    return _twin_or_itself


def _twin_or_itself(definition: Function) -> Function:
    twin: Any = _TWINS.get(definition, definition)
    return twin  # type: ignore[no-any-return]


def twins() -> dict[Callable[..., Any], Callable[..., Any]]:
    """All twins by definition. Empty where numba is missing."""
    if _numba_is_there():
        _load()
    return dict(_TWINS)


def target() -> str:
    """`fast` or `numpy`. Raises UsageError where the environment asks for something else, or for what is missing.

    Warns, once, of an installed numba that cannot be used.
    """
    wanted = _CHOSEN[-1] if _CHOSEN else os.environ.get(VARIABLE, "")
    if wanted not in ("", "numpy", "fast"):
        raise UsageError(f"{VARIABLE} must be numpy or fast, found {wanted!r}")
    if wanted == "numpy":
        return wanted
    if not _numba_is_there():
        if wanted == "fast":
            raise UsageError(f"{VARIABLE} is fast, but numba is not installed", notes=["pip install 'netcc[fast]'"])
        return "numpy"
    reason = _why_not()
    if reason is None:
        return "fast"
    if wanted == "fast":
        raise UsageError(f"{VARIABLE} is fast, but numba cannot be used: {reason}")
    _warn_of(reason)
    return "numpy"


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
def _why_not() -> str | None:
    """What keeps an installed numba from being used, if anything does."""
    try:
        _load()
    except (ImportError, AttributeError) as error:  # of another NumPy, or of another age than ours
        return str(error)
    return None


@cache
def _warn_of(reason: str) -> None:
    notes = (f"netcc computes with NumPy alone, which is slower; {VARIABLE}=numpy does so without this warning",)
    warning = Diagnostic(f"numba is installed but cannot be used: {reason}", notes=notes, severity="warning")
    warnings.warn(NetccWarning(warning), stacklevel=2)


@cache
def _load() -> None:
    package = import_module("netcc.kernels.fast")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


@contextmanager
def told_of_compiling(callback: Callable[[str | None], None]) -> Iterator[None]:
    """Before a twin becomes machine code within the block, calls `callback` with the folder where that will be kept.

    None if it can be kept nowhere. Nothing is told of twins that were found in the folder.
    """
    _LISTENERS.append(callback)
    try:
        yield
    finally:
        _LISTENERS.remove(callback)


def tell_of_compiling(folder: str | None) -> None:
    """Calls all who asked for it."""
    for callback in tuple(_LISTENERS):
        callback(folder)
