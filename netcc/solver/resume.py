"""Exact resuming: what a solver remembers beyond weights and history, taken down and given back."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from netcc.errors import WeightsError
from netcc.runtime.net import Net
from netcc.runtime.run_state import RunState
from netcc.solver.policies import Progress
from netcc.solver.resume_file import ResumeRecord, read_resume, resume_path, write_resume
from netcc.types import Array


class Memory(Protocol):
    """A part of the solver that remembers something from iteration to iteration."""

    def state(self) -> dict[str, Any]:
        """What it remembers, fit for JSON."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remembers `state` again. Raises ValueError, TypeError or KeyError where that makes no sense."""


@dataclass(frozen=True)
class Restoration:
    """`seed` of the run that goes on, None if it is not known; `lost` is what is not as it was, in words."""

    seed: int | None
    lost: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Standing:
    """A run between two iterations: nets and memories as they were before `iteration`, its tests included."""

    iteration: int
    nets: tuple[RunState, ...]
    memories: Mapping[str, Any]


class HasProgress(Protocol):
    progress: Progress


class ScheduleMemory:
    """The progress of the schedule to the last bit: Caffe's state has the loss that it waits for in float32."""

    def __init__(self, owner: HasProgress) -> None:
        self._owner = owner

    def state(self) -> dict[str, Any]:
        progress = self._owner.progress
        loss = progress.minimum_loss if math.isfinite(progress.minimum_loss) else None
        return {"step": progress.step, "minimum_loss": loss, "last_event": progress.last_event}

    def restore(self, state: Mapping[str, Any]) -> None:
        loss = math.inf if state["minimum_loss"] is None else float(state["minimum_loss"])
        self._owner.progress = Progress(int(state["step"]), loss, int(state["last_event"]))


BEGUN_ANEW = "as Caffe resumes: data begin at their first record, random numbers and averages anew"


class Continuity:
    """What of a run must not be lost between a snapshot and the run that goes on from it.

    `nets` has the training net and then the test nets, `memories` the parts of the solver that remember, by name.
    """

    def __init__(self, nets: Sequence[Net], memories: Mapping[str, Memory]) -> None:
        self.nets = tuple(nets)
        self.memories = dict(memories)
        self._mark: Standing | None = None

    def mark(self, iteration: int) -> None:
        """Notes where the run stands before the tests of `iteration`: a run that resumes there makes them again."""
        self._mark = self._take_down(iteration)

    def write(self, state: Path, iteration: int, seed: int, history: Sequence[Array]) -> None:
        """Writes the record of the snapshot whose state is to be at `state`. Raises OutputError."""
        mark = self._mark
        standing = mark if mark is not None and mark.iteration == iteration else self._take_down(iteration)
        contents = contents_of(self.nets[0], history)
        record = ResumeRecord(iteration, seed, standing.nets, standing.memories, contents, time.time())
        write_resume(resume_path(state), record)

    def restore(self, state: Path, history: Sequence[Array]) -> Restoration:
        """Puts nets and memories where the snapshot was taken whose weights and `history` are in place already."""
        self._mark = None
        record, reason = find_record(state, contents_of(self.nets[0], history))
        if record is None:
            return Restoration(None, (reason, BEGUN_ANEW))
        return Restoration(record.seed, (*self._restore_nets(record), *self._restore_memories(record)))

    def _take_down(self, iteration: int) -> Standing:
        memories = {name: memory.state() for name, memory in self.memories.items()}
        return Standing(iteration, tuple(net.run_state() for net in self.nets), memories)

    def _restore_nets(self, record: ResumeRecord) -> Iterator[str]:
        now, then = len(self.nets) - 1, len(record.nets) - 1
        if now != then:
            yield f"the solver has {now} test nets, the snapshot was taken with {then}"
        for index, (net, state) in enumerate(zip(self.nets, record.nets, strict=False)):
            which = f"test net {index - 1}" if index else "training net"
            yield from (f"{which}: {fault}" for fault in net.restore_run_state(state))

    def _restore_memories(self, record: ResumeRecord) -> Iterator[str]:
        for name, memory in self.memories.items():
            try:
                if name in record.memories:
                    memory.restore(record.memories[name])
            except (ValueError, TypeError, KeyError):
                yield f"{name.replace('_', ' ')}: begins anew, as what was kept does not fit"


def find_record(state: Path, contents: Mapping[str, str]) -> tuple[ResumeRecord | None, str]:
    """The record of the snapshot whose state is at `state` and whose contents have the digests `contents`.

    There may be more digests than those of the record: files repeat a parameter that layers share. None, and why, in
    words, if there is no record that belongs to it.
    """
    path = resume_path(state)
    try:
        record = read_resume(path)
    except WeightsError as error:
        return None, error.message
    if record is None:
        return None, f"there is no {path.name} beside it"
    if not record.contents.items() <= contents.items():
        return None, f"{path.name} belongs to other weights or another history"
    return record, ""


def contents_of(net: Net, history: Sequence[Array]) -> dict[str, str]:
    """Digests of what a snapshot of `net` holds: one for each parameter, by layer and index, and one for the history.

    They depend on the numbers alone, not on the format of the files.
    """
    parameters = net.parameter_arrays().items()
    weights = {f"{parameter.owner.name}/{parameter.index}": array for parameter, array in parameters}
    return digests(weights, history)


def digests(weights: Mapping[str, Array], history: Sequence[Array]) -> dict[str, str]:
    return {**{name: _digest([array]) for name, array in weights.items()}, "history": _digest(history)}


def _digest(arrays: Iterable[Array]) -> str:
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array, "<f4").reshape(-1).view(np.uint8).data)
    return total.hexdigest()
