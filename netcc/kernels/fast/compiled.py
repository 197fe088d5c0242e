"""How a twin is compiled: once for each type of number, kept on disk, whatever the strides of its arrays.

Numba would compile a function anew for arrays whose memory has gaps. Twins reckon with strides in any case, so they are
compiled for arrays of any layout and these take all. The machine code lies beside this file or, where that folder
cannot be written, in the user's cache folder; where neither can, every process compiles for itself. It holds for one
state of this package's sources and one kind of processor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numba
from numba import njit, typeof, types
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.errors import NumbaError

from netcc.errors import UsageError
from netcc.kernels.twins import VARIABLE, tell_of_compiling

if numba.version_info < (0, 62):
    raise ImportError(f"netcc needs numba 0.62 or later, found {numba.__version__}")

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""Without the interpreter's lock, and without counting references: a twin can allocate no arrays."""

part: Callable[..., Any] = njit(forceinline=True, **_OPTIONS)
"""Marks a piece of twins, which becomes part of their machine code."""


@cache
def _sources() -> str:
    """A digest of all files of this package: a twin is stale if one of the pieces that it is made of has changed."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _Cache(FunctionCache):
    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return super()._index_key(sig, codegen), _sources()

    @contextmanager
    def _guard_against_spurious_io_errors(self) -> Iterator[None]:
        with suppress(Exception):  # a full disk, a damaged file: the code is made anew and good all the same
            yield


def compiled(function: Callable[..., Any]) -> Any:
    """The function in machine code. Arguments are arrays, tuples of integers, numbers and None, by position.

    The types of the numbers are those of the first call: say `float(x)` where a number may be an integer.
    """
    return _Compiled(function)


class _Compiled:
    """Two dispatchers: one compiles, the other is called and, since it never compiles, takes arrays of any layout."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._compiler = njit(**_OPTIONS)(function)
        self._called = njit(**_OPTIONS)(function)
        self._called._can_compile = False
        self._lock = Lock()
        # numba has no folder to keep it in if this raises
        with suppress(RuntimeError):
            self._compiler._cache = _Cache(function)

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._called(*arguments)
        except TypeError:
            if not self._compile(tuple(_loose(typeof(argument)) for argument in arguments)):
                raise
        return self._called(*arguments)

    def _compile(self, kinds: tuple[Any, ...]) -> bool:
        """False if the types were known before."""
        known = kinds in self._called.overloads
        with self._lock:
            if kinds not in self._called.overloads:
                self._called.add_overload(self._made(kinds))
        return not known

    def _made(self, kinds: tuple[Any, ...]) -> Any:
        """Machine code for these types, from the folder if it is there."""
        try:
            with event.install_listener("numba:compile", _Announcer(self._compiler)):
                self._compiler.compile(kinds)
        except (NumbaError, AttributeError, RuntimeError) as error:  # inner parts of numba have changed
            first = str(error).strip().splitlines()[0]
            raise UsageError(
                f"numba {numba.__version__} cannot compile {self.__name__}: {first}",
                notes=[f"{VARIABLE}=numpy computes without numba; please report this"],
            ) from error
        return self._compiler.overloads[kinds]

    def assembly(self) -> str:
        """The machine code made so far in this process, to look at."""
        return "\n".join(self._compiler.inspect_asm().values())


class _Announcer(event.Listener):
    """Hears that a dispatcher begins to compile, which it does only if no machine code is kept."""

    def __init__(self, dispatcher: Any) -> None:
        self.dispatcher = dispatcher

    def on_start(self, event: Any) -> None:
        if event.data["dispatcher"] is self.dispatcher:
            tell_of_compiling(cache_folder())

    def on_end(self, event: Any) -> None:
        pass


def _loose(kind: Any) -> Any:
    """The type of all arrays of this element and number of axes; integers of one size."""
    if isinstance(kind, types.Array):
        return types.Array(kind.dtype, kind.ndim, "A", readonly=not kind.mutable)
    if isinstance(kind, types.Integer):
        return types.intp
    return kind


def cache_folder() -> str | None:
    """Where machine code is kept; None if no folder can be written."""
    try:
        return str(FunctionCache(compiled).cache_path)
    except RuntimeError:
        return None
