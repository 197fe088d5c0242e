"""What pycaffe keeps for the whole process: mode and device, random numbers, log, ranks; and a stopwatch.

Names and defaults are those of python/caffe/_caffe.cpp.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from datetime import datetime
from typing import NoReturn

import numpy as np

from netcc.errors import Diagnostic, NetccWarning, UsageError
from netcc.layers.registry import layer_types

_random: np.random.SeedSequence | None = None
_least_severity = 0
_solver_count, _solver_rank = 1, 0

_LEVEL_VARIABLE = "GLOG_minloglevel"


def set_mode_cpu() -> None:
    """Nothing to do: all is computed on the processor."""


def set_mode_gpu() -> None:
    """Warns that the processor computes all the same; the results are those of the mode CPU."""
    _warn_of_gpu("set_mode_gpu()")


def set_device(device: int) -> None:
    """Warns, as `set_mode_gpu` does."""
    _warn_of_gpu(f"set_device({device})")


def _warn_of_gpu(call: str) -> None:
    message = f"{call} has no effect: netcc computes on the processor, with the results of set_mode_cpu()"
    warnings.warn(NetccWarning(Diagnostic(message, severity="warning")), stacklevel=3)


def set_random_seed(seed: int) -> None:
    """Makes the nets and solvers that are made from now on repeatable: each gets a seed of its own from `seed`."""
    global _random
    _random = np.random.SeedSequence(seed)


def next_seed() -> int | None:
    """The seed for one more net or solver; None if `set_random_seed` was never called."""
    if _random is None:
        return None
    (child,) = _random.spawn(1)
    return int(child.generate_state(1)[0]) >> 1


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Lets only messages of severity `level` (0 info, 1 warning, 2 error) and above appear, always on stderr."""
    global _least_severity
    _least_severity = level


def log(text: str) -> None:
    """Writes `text` to stderr as glog writes an info."""
    write_info(f"I{datetime.now():%m%d %H:%M:%S.%f} {os.getpid():5d} python] {text}")


def write_info(line: str) -> None:
    """Writes a line of severity info, unless `init_log` or the variable GLOG_minloglevel asks for graver ones."""
    asked = os.environ.get(_LEVEL_VARIABLE, "0")
    least = max(_least_severity, int(asked) if asked.isdecimal() else 0)
    if least <= 0:
        print(line, file=sys.stderr, flush=True)


def layer_type_list() -> list[str]:
    """All layer types that nets may have, sorted."""
    return layer_types()


def solver_count() -> int:
    """How many solvers train together: what `set_solver_count` said, 1 at first."""
    return _solver_count


def set_solver_count(count: int) -> None:
    """Keeps `count` for `solver_count`; every solver trains for itself."""
    global _solver_count
    _solver_count = count


def solver_rank() -> int:
    """The place of this process among the solvers: what `set_solver_rank` said, 0 at first."""
    return _solver_rank


def set_solver_rank(rank: int) -> None:
    """Keeps `rank` for `solver_rank`."""
    global _solver_rank
    _solver_rank = rank


def set_multiprocess(multiprocess: bool) -> None:
    """Nothing to do: processes do not talk to one another."""


def has_nccl() -> bool:
    """Whether gradients can be exchanged between GPUs: never."""
    return False


class NCCL:
    """The exchange of gradients between GPUs, which needs some: everything raises UsageError."""

    def __init__(self, solver: object, uid: bytes | str) -> None:
        _refuse_nccl()

    @staticmethod
    def new_uid() -> NoReturn:
        _refuse_nccl()

    def bcast(self) -> NoReturn:
        _refuse_nccl()


def _refuse_nccl() -> NoReturn:
    notes = ["caffe.has_nccl() says so; train with one solver, whose loops use all cores"]
    raise UsageError("NCCL joins GPUs, and netcc computes on the processor", notes=notes)


class Timer:
    """A stopwatch: `ms` is the time between `start` and `stop`, or until now, in milliseconds; 0 before the start."""

    def __init__(self) -> None:
        self._begin: float | None = None
        self._end: float | None = None

    def start(self) -> None:
        self._begin, self._end = time.perf_counter(), None

    def stop(self) -> None:
        if self._begin is not None and self._end is None:
            self._end = time.perf_counter()

    @property
    def ms(self) -> float:
        if self._begin is None:
            return 0.0
        return 1000 * ((time.perf_counter() if self._end is None else self._end) - self._begin)
