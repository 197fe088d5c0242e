"""The numbers of a run as JSON lines: one object for each event, readable while the run goes on."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netcc.errors import DataError
from netcc.solver.events import (
    Displayed,
    FinalLoss,
    Finished,
    Iterated,
    Listener,
    NetTested,
    Restored,
    Score,
    Snapshotted,
    Started,
)


class Metrics(Listener):
    """Gives each event, but for single iterations, to `write` as one line of JSON.

    All have `event`, `iteration` and `seconds` (since the start). `outputs` maps the name of an output to its value, a
    list where it has several elements; `losses` names those that are losses. Values that are not finite are null.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self._write = write
        self._clock = clock
        self._begin = clock()
        self._images = 0
        self._busy = 0.0
        self._iterations = 0

    def on_start(self, event: Started) -> None:
        self._images = event.images
        self._say(
            "start",
            event.iteration,
            max_iter=event.max_iter,
            net=event.net,
            lr_policy=event.lr_policy,
            seed=event.seed,
            images_per_iteration=event.images,
        )

    def on_restore(self, event: Restored) -> None:
        self._say("restore", event.iteration, state=str(event.state))

    def on_iteration(self, event: Iterated) -> None:
        self._busy += event.seconds
        self._iterations += 1

    def on_display(self, event: Displayed) -> None:
        images = self._images * self._iterations
        speed = images / self._busy if images and self._busy else None
        self._busy, self._iterations = 0.0, 0
        self._say(
            "train",
            event.iteration,
            loss=event.loss,
            lr=event.lr,
            **_outputs(event.scores),
            images_per_second=None if speed is None else round(speed, 1),
        )

    def on_test(self, event: NetTested) -> None:
        weighted = [score.loss_weight * score.value for score in event.scores if score.loss_weight]
        loss = event.loss if event.loss is not None or not weighted else sum(weighted)
        self._say("test", event.iteration, net=event.net, loss=loss, **_outputs(event.scores))

    def on_snapshot(self, event: Snapshotted) -> None:
        self._say("snapshot", event.iteration, model=str(event.model), state=str(event.state))

    def on_final(self, event: FinalLoss) -> None:
        self._say("final", event.iteration, loss=event.loss)

    def on_finish(self, event: Finished) -> None:
        self._say("finish", event.iteration, stopped=event.stopped)

    def _say(self, kind: str, iteration: int, **values: Any) -> None:
        seconds = round(self._clock() - self._begin, 3)
        row = {"event": kind, "iteration": iteration, **values, "seconds": seconds}
        self._write(json.dumps(_finite(row), allow_nan=False))


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """The objects of a metrics file, in order. A last line that is cut short is left out.

    Raises DataError if the file cannot be read or is something else.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a metrics file", notes=["it is not text"]) from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            if number == len(lines) and not line.endswith("\n"):
                break
            raise DataError(f"{path}:{number}: not a line of JSON") from error
        if not isinstance(row, dict) or "event" not in row or "iteration" not in row:
            raise DataError(f"{path}:{number}: not an event of a run")
        rows.append(row)
    return rows


def _outputs(scores: Sequence[Score]) -> dict[str, Any]:
    """`outputs` and `losses` of a row."""
    values: dict[str, list[float]] = {}
    for score in scores:
        values.setdefault(score.name, []).append(score.value)
    outputs = {name: several if len(several) > 1 else several[0] for name, several in values.items()}
    return {"outputs": outputs, "losses": list(dict.fromkeys(score.name for score in scores if score.loss_weight))}


def _finite(value: Any) -> Any:
    """`value` with null for nan and infinity, for which JSON has no word."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
