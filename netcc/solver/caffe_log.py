"""Reads the log of a run of Caffe: lines of src/caffe/solver.cpp and sgd_solver.cpp behind the prefix of glog.

The logs of forks differ in what stands between iteration and loss; those of old releases have no pace there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""An event of a run in the form of a line of a metrics file, see netcc/solver/metrics.py."""

_NUMBER = r"([-+]?(?:nan|inf|\d*\.?\d+(?:[eE][-+]?\d+)?))"
GLOG = re.compile(r"[IWEF](?:(\d{4}))?(\d{4} \d\d:\d\d:\d\d(?:\.\d+)?)\s+\d+ \S+:\d+\] ?(.*)")
_OUTPUT = re.compile(rf"\s*(Train|Test) net output #\d+: (\S+) = {_NUMBER}(?: \(\* {_NUMBER} = {_NUMBER} loss\))?")
_LOSS = re.compile(rf"Iteration (\d+)\b.*, loss = {_NUMBER}")
_RATE = re.compile(rf"Iteration (\d+), lr = {_NUMBER}")
_TEST = re.compile(r"Iteration (\d+), Testing net \(#(\d+)\)")
_TEST_LOSS = re.compile(rf"\s*Test loss: {_NUMBER}")
_SOLVING = re.compile(r"Solving ?(.*)")
_RESTORING = re.compile(r"Restoring previous solver status from (.*)")
_STATE = re.compile(r"_iter_(\d+)\.solverstate")


def read_caffe_log(lines: Iterable[str]) -> list[Row]:
    """The events in the lines of a log, as `netcc.solver.metrics.read_metrics` gives them; other lines are passed over.

    Seconds count from the line "Solving", as in tools/extra/parse_log.py.
    """
    reader = _Reader()
    for line in lines:
        if found := GLOG.match(line):
            reader.read(found[3], _moment(found[1], found[2]))
    return reader.finish()


def _moment(year: str | None, rest: str) -> datetime:
    """Old logs do not say the year: then it is a leap year, as any day may stand there."""
    whole, _, fraction = rest.partition(".")
    moment = datetime.strptime(f"{year or 2000} {whole}", "%Y %m%d %H:%M:%S")
    return moment + timedelta(seconds=float(f"0.{fraction or 0}"))


class _Reader:
    """Gathers the lines that belong to one event."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._begin: datetime | None = None
        self._last: datetime | None = None
        self._new_years = 0
        self._solving = False
        self._open: Row | None = None
        """The test or display to which outputs still may come."""
        self._loss_is_known = False
        self._displayed: Row | None = None
        self._early_rate: tuple[int, float | None] = (-1, None)
        """Iteration and rate, where the oldest releases say the rate before the loss."""

    def read(self, text: str, moment: datetime) -> None:
        seconds = self._seconds(moment)
        handlers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], float], None]], ...] = (
            (_OUTPUT, self._output),
            (_LOSS, self._display),
            (_RATE, self._rate),
            (_TEST, self._test),
            (_TEST_LOSS, self._test_loss),
            (_SOLVING, self._start),
            (_RESTORING, self._restore),
        )
        for pattern, handle in handlers:
            if found := pattern.match(text):
                handle(found, seconds)
                return

    def finish(self) -> list[Row]:
        """All events. A display that nothing follows is the loss after the last update."""
        for row in self.rows:
            if row["event"] == "train" and row["lr"] is None and not row["outputs"]:
                row["event"] = "final"
                for name in ("lr", "outputs", "losses"):
                    del row[name]
        return self.rows

    def _seconds(self, moment: datetime) -> float:
        if self._last is not None and moment < self._last - timedelta(days=180):
            self._new_years += 1  # the months begin again where the year is not written
        self._last = moment
        moment += timedelta(days=366 * self._new_years)
        if self._begin is None:
            self._begin = moment
        return round((moment - self._begin).total_seconds(), 6)

    def _start(self, found: re.Match[str], seconds: float) -> None:
        if not self._solving:
            self._solving, self._begin = True, self._last
            seconds = 0.0
        self._add({"event": "start", "iteration": 0, "net": found[1].strip(), "seconds": seconds})

    def _restore(self, found: re.Match[str], seconds: float) -> None:
        state = _STATE.search(found[1])
        iteration = int(state[1]) if state else 0
        self._add({"event": "restore", "iteration": iteration, "state": found[1], "seconds": seconds})

    def _display(self, found: re.Match[str], seconds: float) -> None:
        iteration, (early, rate) = int(found[1]), self._early_rate
        row = {"event": "train", "iteration": iteration, "loss": _value(found[2])}
        row = {**row, "lr": rate if early == iteration else None, "outputs": {}, "losses": [], "seconds": seconds}
        self._displayed = row
        self._add(row)

    def _rate(self, found: re.Match[str], seconds: float) -> None:
        iteration, rate = int(found[1]), _value(found[2])
        if self._displayed is not None and self._displayed["iteration"] == iteration:
            self._displayed["lr"] = rate
        else:
            self._early_rate = iteration, rate

    def _test(self, found: re.Match[str], seconds: float) -> None:
        row = {"event": "test", "iteration": int(found[1]), "net": int(found[2]), "loss": None}
        self._add({**row, "outputs": {}, "losses": [], "seconds": seconds})

    def _test_loss(self, found: re.Match[str], seconds: float) -> None:
        if self._open is not None and self._open["event"] == "test":
            self._open["loss"], self._loss_is_known = _value(found[1]), True

    def _output(self, found: re.Match[str], seconds: float) -> None:
        kind, name, value = found[1].lower(), found[2], _value(found[3])
        row = self._open
        if row is None or row["event"] != kind:
            return
        if kind == "test" and not row["outputs"]:
            row["seconds"] = seconds  # when the test was over
        _add_output(row["outputs"], name, value)
        if found[5] is not None:
            if name not in row["losses"]:
                row["losses"].append(name)
            if kind == "test" and not self._loss_is_known:
                weighted = _value(found[5])
                row["loss"] = None if weighted is None else (row["loss"] or 0.0) + weighted

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self._open, self._loss_is_known = row, False


def _add_output(outputs: dict[str, Any], name: str, value: float | None) -> None:
    """An output of several elements is a list."""
    if name not in outputs:
        outputs[name] = value
    elif isinstance(outputs[name], list):
        outputs[name].append(value)
    else:
        outputs[name] = [outputs[name], value]


def _value(text: str) -> float | None:
    """The number, None for one that is not finite."""
    value = float(text)
    return value if math.isfinite(value) else None
