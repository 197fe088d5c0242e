"""Batches made ready while the net computes (`src/caffe/layers/base_data_layer.cpp`).

A source that is read ahead has a generator of its own, so that what it draws at random does not depend on when it
draws. The batches are the same as without reading ahead, and so is the position: that of the batch last taken.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.prefetch_worker import Batch, PrefetchWorker
from netcc.data.seeded import SeededSource
from netcc.data.source import Source, is_prefetched, open_source
from netcc.errors import UsageError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

VARIABLE = "NETCC_PREFETCH"
"""Environment variable: batches made ready ahead for every data layer, over what the layer says; 0 switches it off."""

BATCHES = 3
"""Batches made ready ahead where a layer does not say otherwise with `data_param { prefetch }`."""

MOST_BATCHES = 1024


def open_for_net(
    message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None = None
) -> Source:
    """As `open_source`, but read ahead where the layer's type allows it. Raises as `open_source` and `depth_of` do."""
    if not is_prefetched(message.type):
        return open_source(message, phase, random, base)
    depth = depth_of(message)
    (own,) = random.spawn(1)
    source = SeededSource(open_source(message, phase, own, base), own)
    return PrefetchedSource(source, depth) if depth else source


def depth_of(message: caffe_pb2.LayerParameter) -> int:
    """How many batches are made ready ahead for a data layer; Caffe looks into `data_param` for all types.

    Raises UsageError if the variable NETCC_PREFETCH is no number of batches.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        param = message.data_param
        return min(param.prefetch, MOST_BATCHES) if param.HasField("prefetch") else BATCHES
    if not text.isdecimal() or int(text) > MOST_BATCHES:
        raise UsageError(f"{VARIABLE} must be a number of batches from 0 to {MOST_BATCHES}, found {text!r}")
    return int(text)


class PrefetchedSource:
    """Reads `source` up to `depth` (at least 1) batches ahead in a thread.

    The thread starts with the first `read` and ends with `close`, with the life of this object, or with the program.
    """

    def __init__(self, source: Source, depth: int) -> None:
        self._source = source
        self._depth = depth
        self._worker: PrefetchWorker | None = None
        self._taken: dict[str, Any] = {}
        """The position after the batch last taken, while a worker runs ahead of it."""

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        """Of the next batch; waits for it if it is on its way."""
        worker = self._running()
        if worker is None:
            return self._source.shapes(tops)
        batch = worker.peek()
        if isinstance(batch, Batch) and len(batch.arrays) >= tops:
            return tuple(array.shape for array in batch.arrays[:tops])
        self._rewind()
        return self._source.shapes(tops)

    def read(self, tops: Sequence[Array]) -> None:
        """Fills `tops` with the next batch. What the thread could not read is raised here, in its turn."""
        worker = self._running() or self._start(tops)
        batch = worker.peek()
        if isinstance(batch, BaseException):
            self._end()
            raise batch
        if not batch.fits(tops):
            # Other tops than before: the source reads into them, or says itself what does not fit.
            self._rewind()
            self._source.read(tops)
            return
        for top, array in zip(tops, batch.arrays, strict=True):
            np.copyto(top, array)
        self._taken = batch.position
        worker.take()

    def position(self) -> dict[str, Any]:
        return self._source.position() if self._running() is None else dict(self._taken)

    def restore(self, position: Mapping[str, Any]) -> None:
        """Goes to what `position` gave before; batches made ready are thrown away."""
        self._rewind()
        self._source.restore(position)

    def close(self) -> None:
        """Ends the thread and closes the source; a second call does nothing."""
        self._end()
        self._source.close()

    def _running(self) -> PrefetchWorker | None:
        """The worker, if one runs."""
        if self._worker is not None and self._worker.process != os.getpid():
            # This process was forked; threads are not.
            self._worker = None
            self._source.restore(self._taken)
        return self._worker

    def _start(self, tops: Sequence[Array]) -> PrefetchWorker:
        self._taken = self._source.position()
        self._worker = worker = PrefetchWorker(self._source, len(tops), tops[0].dtype, self._depth)
        weakref.finalize(self, worker.ask_to_stop).atexit = False
        return worker

    def _end(self) -> None:
        """Ends the thread; the source stays where the thread left it."""
        worker = self._running()
        if worker is not None:
            worker.stop()
            self._worker = None

    def _rewind(self) -> None:
        """Ends the thread and goes back to where the batch last taken ended."""
        if self._running() is not None:
            self._end()
            self._source.restore(self._taken)
