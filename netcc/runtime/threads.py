"""The threads that share a step, and the threads of BLAS.

Slices of a batch run on our own threads, each with BLAS on one: BLAS threads wait for each other by spinning, which
wastes whole processors when anything else runs on the machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from typing import Any, TypeAlias

import numpy as np
from threadpoolctl import ThreadpoolController

from netcc.errors import UsageError
from netcc.targets.share import processors

VARIABLE = "NETCC_THREADS"
"""Environment variable that sets how many threads work on a net; as many as processors by default."""

Call = tuple[Callable[[Any], None], Any]

Errands: TypeAlias = "SimpleQueue[Callable[[], None]]"
"""What helpers are asked to do, in order."""


class _Within(threading.local):
    """Whether the thread makes a call of `run_together` now: what that call shares out, it does alone."""

    busy = False


_within = _Within()


def run_together(calls: Sequence[Call]) -> None:
    """Makes all calls, at the same time as far as there are threads, and returns when all are done.

    If some raise, the exception of the first of them in the order of the calls is raised.
    """
    errands = _errands() if len(calls) > 1 else None
    if errands is None or _within.busy:
        for kernel, operands in calls:
            kernel(operands)
        return
    waiting = enumerate(calls)
    failures: list[tuple[int, BaseException]] = []

    def work() -> None:
        _within.busy = True
        for index, (kernel, operands) in waiting:
            try:
                kernel(operands)
            except BaseException as error:
                failures.append((index, error))
        _within.busy = False

    helpers = min(thread_count(), len(calls)) - 1
    tickets = [None] * helpers
    ended: SimpleQueue[None] = SimpleQueue()

    def help_out() -> None:
        if _taken(tickets):
            work()
            ended.put(None)

    for _ in range(helpers):
        errands.put(help_out)
    work()
    # Nobody waits for a helper that wakes when all is done.
    while _taken(tickets):
        helpers -= 1
    for _ in range(helpers):
        ended.get()
    if failures:
        raise min(failures, key=lambda failure: failure[0])[1]


def _taken(tickets: list[None]) -> bool:
    """Whether there was a ticket left, which is gone then; several threads may ask at the same time."""
    try:
        tickets.pop()
    except IndexError:
        return False
    return True


def call_together(calls: Sequence[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    """As `run_together`, for functions of several arguments."""
    run_together([(_call, call) for call in calls])


def _call(call: tuple[Callable[..., None], tuple[Any, ...]]) -> None:
    function, arguments = call
    function(*arguments)


@cache
def thread_count() -> int:
    """How many threads work on a net. Raises UsageError if the variable NETCC_THREADS is no positive number."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return processors()
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{VARIABLE} must be a positive number, found {text!r}")
    return int(text)


@cache
def _errands() -> Errands | None:
    """What the threads beside the caller's wait for; None where there is to be one thread only.

    A plain queue hands work over in half the time that an executor's futures take.
    """
    count = thread_count()
    if count == 1:
        return None
    errands: Errands = SimpleQueue()
    for index in range(count - 1):
        threading.Thread(target=_serve, args=(errands,), name=f"netcc_{index}", daemon=True).start()
    return errands


def _serve(errands: Errands) -> None:
    np.seterr(all="ignore")
    while True:
        errands.get()()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_errands.cache_clear)  # a child has none of its parent's threads


@contextmanager
def blas_on_one_thread() -> Iterator[None]:
    """BLAS calls within use one thread each."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
