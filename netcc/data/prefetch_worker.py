"""The thread that reads a source ahead, and what it hands over."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from netcc.data.source import Source
from netcc.types import Array, Shape

LONGEST_WAIT = 10.0
"""Seconds that the end of a program waits for batches, which may come from a disk that does not answer."""


@dataclass(frozen=True, eq=False)
class Batch:
    """The `arrays` of one batch, and the source's `position` after it."""

    arrays: tuple[Array, ...]
    position: dict[str, Any]

    def fits(self, tops: Sequence[Array]) -> bool:
        """Whether `tops` take the arrays as they are."""
        return [(top.shape, top.dtype) for top in tops] == [(array.shape, array.dtype) for array in self.arrays]


class PrefetchWorker:
    """Reads batches of `tops` arrays of `dtype` from `source`, at most `depth` before the first is taken.

    The memory of a batch that was taken holds a later one. Until `stop` has returned, or `peek` has given an exception,
    nobody else may touch `source`.
    """

    def __init__(self, source: Source, tops: int, dtype: npt.DTypeLike, depth: int) -> None:
        self.process = os.getpid()
        self._source = source
        self._tops, self._dtype = tops, np.dtype(dtype)
        self._free: deque[tuple[Array, ...]] = deque([()] * depth)
        self._ready: deque[Batch | BaseException] = deque()
        self._changed = threading.Condition()
        self._stopping = self._ended = False
        self._thread = threading.Thread(target=self._run, name="netcc-prefetch", daemon=True)
        self._thread.start()
        _workers.add(self)

    def peek(self) -> Batch | BaseException:
        """The next batch, which stays the next one, or what the source raised in its place; waits until there is one.

        Nothing comes after an exception.
        """
        with self._changed:
            while not self._ready:
                self._changed.wait()
            return self._ready[0]

    def take(self) -> None:
        """Moves on to the batch after the one that `peek` gave, whose arrays are filled anew from now on."""
        with self._changed:
            batch = self._ready.popleft()
            if isinstance(batch, Batch):
                self._free.append(batch.arrays)
            self._changed.notify_all()

    def ask_to_stop(self) -> None:
        """Lets the thread end after the batch that it is reading; a second call does nothing.

        Does not wait: the garbage collector calls this, and whoever it interrupts may hold what the thread needs.
        """
        if self.process != os.getpid():
            return  # the thread stayed behind in the process that this one was forked from
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self, longest: float | None = None) -> None:
        """Ends the thread, after the batch that it is reading; a second call does nothing.

        Waits for that as long as it takes, or `longest` seconds.
        """
        self.ask_to_stop()
        if self.process == os.getpid() and self._thread is not threading.current_thread():
            with self._changed:
                self._changed.wait_for(lambda: self._ended, longest)

    def _run(self) -> None:
        # As in the net's own thread: numbers that are not finite are found by whoever asks for a loss.
        with np.errstate(all="ignore"):
            self._read_ahead()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_ahead(self) -> None:
        while (arrays := self._next_free()) is not None:
            item: Batch | BaseException
            try:
                item = self._read(arrays)
            except BaseException as error:
                item = error
            with self._changed:
                self._ready.append(item)
                self._changed.notify_all()
            if isinstance(item, BaseException):
                return

    def _next_free(self) -> tuple[Array, ...] | None:
        """Arrays to fill; waits until some are free. None if the thread is to end."""
        with self._changed:
            while not (self._free or self._stopping):
                self._changed.wait()
            return None if self._stopping else self._free.popleft()

    def _read(self, arrays: tuple[Array, ...]) -> Batch:
        shapes = self._source.shapes(self._tops)
        if tuple(array.shape for array in arrays) != shapes:
            arrays = self._allocate(shapes)
        self._source.read(arrays)
        return Batch(arrays, self._source.position())

    def _allocate(self, shapes: tuple[Shape, ...]) -> tuple[Array, ...]:
        return tuple(np.empty(shape, self._dtype) for shape in shapes)


_workers: WeakSet[PrefetchWorker] = WeakSet()


@atexit.register
def _stop_all() -> None:
    """At the end of the program no thread should be left in the middle of a read; one that hangs is."""
    until = time.monotonic() + LONGEST_WAIT
    for worker in list(_workers):
        worker.ask_to_stop()
    for worker in list(_workers):
        worker.stop(max(0, until - time.monotonic()))
