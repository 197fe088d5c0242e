"""The snapshots of a run on the disk: the newest one that is good, and which ones to keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netcc.errors import NetccError, WeightsError
from netcc.runtime.solverstate import read_solverstate
from netcc.runtime.weights import read_caffemodel
from netcc.solver.events import Listener, Snapshotted
from netcc.solver.resume import digests, find_record
from netcc.solver.resume_file import RESUME_SUFFIX, STATE_SUFFIXES, read_resume, resume_path
from netcc.solver.snapshot import find_learned_net

MODEL_SUFFIXES = (".caffemodel.h5", ".caffemodel")


@dataclass(frozen=True)
class Found:
    """The state to resume from, None if there is none that is good; `skipped` says of newer ones why not they."""

    state: Path | None
    skipped: tuple[str, ...]


def newest_good(prefix: Path) -> Found:
    """The snapshot of `prefix` that was written last, of those that are whole.

    One with the file that makes resuming exact goes before any without, which was cut short while it was written, or
    comes from Caffe.
    """
    states = sorted(_states(prefix), key=_age)
    exact = [state for state in states if resume_path(state).exists()]
    bare = [state for state in states if state not in exact]
    skipped: list[str] = []
    for state in exact:
        try:
            _check_exact(state)
        except NetccError as error:
            skipped.append(_passed_over(state, error))
        else:
            return Found(state, tuple(skipped))
    for state in bare:
        try:
            _check_files(state)
        except NetccError as error:
            skipped.append(_passed_over(state, error))
        else:
            return Found(state, tuple(skipped))
    return Found(None, tuple(skipped))


def _passed_over(state: Path, error: NetccError) -> str:
    return f"{state} is passed over: {error.message.removeprefix(f'{state}: ')}"


def _age(state: Path) -> tuple[float, int]:
    """Sorts the newest first: by the time of writing, not by iteration, so that an older run does not come back."""
    with suppress(WeightsError):
        record = read_resume(resume_path(state))
        if record is not None:
            return -record.written, -record.iteration
    with suppress(OSError):
        return -state.stat().st_mtime, -_iteration(state.name)
    return 0.0, 0


def recorded_seed(state: Path) -> int | None:
    """The seed of the run that wrote the snapshot, if it is known."""
    with suppress(WeightsError):
        record = read_resume(resume_path(state))
        return None if record is None else record.seed
    return None


def _check_exact(state: Path) -> None:
    """Raises WeightsError unless the three files are whole and belong together."""
    record, reason = find_record(state, _check_files(state))
    if record is None:
        raise WeightsError(reason)


def _check_files(state: Path) -> dict[str, str]:
    """The digests of what a snapshot holds. Raises WeightsError if one of its files is missing or damaged."""
    saved = read_solverstate(state)
    layers = read_caffemodel(find_learned_net(state, saved.learned_net)) if saved.learned_net else []
    weights = {
        f"{layer.name}/{index}": blob.data
        for layer in layers
        for index, blob in enumerate(layer.blobs)
        if blob is not None
    }
    return digests(weights, saved.history)


@dataclass(frozen=True)
class Keeper(Listener):
    """Removes the older snapshots of `prefix` whenever a new one is written, but for the last `number` (at least 1).

    Those of later iterations, which belong to another run, stay. A file that cannot be removed stays as well.
    """

    prefix: Path
    number: int

    def on_snapshot(self, event: Snapshotted) -> None:
        snapshots: dict[int, list[Path]] = {}
        for path in _files(self.prefix):
            snapshots.setdefault(_iteration(path.name), []).append(path)
        # Weights alone are no snapshot: somebody has kept them.
        whole = [number for number, paths in snapshots.items() if not all(map(_is_model, paths))]
        older = sorted(number for number in whole if number <= event.iteration)
        for number in older[: -self.number]:
            for path in sorted(snapshots[number], key=_turn):
                with suppress(OSError):
                    path.unlink()


def _turn(path: Path) -> int:
    """The state goes first, as without it nobody takes the rest for good, the record last, as it betrays a rest."""
    return 0 if _is_state(path) else 1 if _is_model(path) else 2


def _is_model(path: Path) -> bool:
    return path.name.endswith(MODEL_SUFFIXES)


def _is_state(path: Path) -> bool:
    return path.name.endswith(STATE_SUFFIXES)


def _states(prefix: Path) -> Iterator[Path]:
    return (path for path in _files(prefix) if _is_state(path))


def _files(prefix: Path) -> Iterator[Path]:
    """The files of all snapshots of `prefix`."""
    suffixes = "|".join(map(re.escape, (*STATE_SUFFIXES, *MODEL_SUFFIXES, RESUME_SUFFIX)))
    pattern = re.compile(rf"{re.escape(prefix.name)}_iter_\d+({suffixes})")
    if not prefix.parent.is_dir():
        return iter(())
    return (path for path in prefix.parent.iterdir() if pattern.fullmatch(path.name) and path.is_file())


def _iteration(name: str) -> int:
    """The number in PREFIX_iter_N.SUFFIX."""
    return int(name.rpartition("_iter_")[2].partition(".")[0])
