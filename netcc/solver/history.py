"""What a run said, from its metrics file or from a log of Caffe, and as tables."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from netcc.errors import DataError
from netcc.solver.caffe_log import GLOG, read_caffe_log
from netcc.solver.metrics import read_metrics

Row: TypeAlias = dict[str, Any]

NOT_A_LOG = "expected a log of Caffe or netcc (PREFIX.log), or a metrics file (PREFIX.metrics.jsonl)"
BEGINNINGS = ("start", "restore")


@dataclass(frozen=True)
class Table:
    """`columns` are NumIters, Seconds, LearningRate and the outputs; a number that is not known is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float | None, ...], ...]

    def as_json(self) -> list[dict[str, float | None]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def read_history(path: str | Path) -> list[Row]:
    """The events of the run that the file tells of, as `read_metrics` gives them; the content tells what file it is.

    Of a run that was resumed, what came after the snapshot and was done again is left out.
    Raises DataError if the file cannot be read or tells of no run.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    if text.lstrip()[:1] == "{":
        return without_repeats(read_metrics(path))
    lines = text.splitlines()
    if not any(map(GLOG.match, lines)):
        raise DataError(f"{path} is not the log of a run", notes=[NOT_A_LOG])
    rows = without_repeats(read_caffe_log(lines))
    if not any(row["event"] in ("train", "test", "final") for row in rows):
        raise DataError(f"{path} tells of no training", notes=["no iteration was displayed, no test made"])
    return rows


def without_repeats(rows: Sequence[Row]) -> list[Row]:
    """`rows` without those that a resumed run did again; its seconds go on where the kept ones end."""
    kept: list[Row] = []
    prelude: list[Row] = []
    past = 0.0
    for row in rows:
        if row["event"] in BEGINNINGS:
            prelude.append(row)
            continue
        if prelude:
            first = _first_iteration(prelude)
            kept = [earlier for earlier in kept if earlier["iteration"] < first]
            begins_anew = kept and prelude[-1].get("seconds", 0) < kept[-1].get("seconds", 0)
            past = kept[-1].get("seconds", 0.0) if begins_anew else 0.0
            kept += [_later(beginning, past) for beginning in prelude]
            prelude = []
        kept.append(_later(row, past))
    return kept + prelude


def _first_iteration(prelude: Sequence[Row]) -> int:
    """Where a run begins whose restore and start are given; a log of Caffe says it in the former only."""
    return max(int(row["iteration"]) for row in prelude)


def _later(row: Row, seconds: float) -> Row:
    return {**row, "seconds": round(row["seconds"] + seconds, 6)} if seconds and "seconds" in row else row


def train_table(rows: Sequence[Row]) -> Table:
    """One row for each display, with the outputs of that pass."""
    return _table([row for row in rows if row["event"] == "train"], {_NO_NET: ""}, rows)


def test_table(rows: Sequence[Row]) -> Table:
    """One row for each iteration that was tested; of several test nets, `NAME#1` is an output of the second."""
    tests = [row for row in rows if row["event"] == "test"]
    nets = dict.fromkeys(row["net"] for row in tests)
    return _table(tests, {net: f"#{net}" if net else "" for net in nets}, rows)


_NO_NET = -1


def _table(chosen: Sequence[Row], suffixes: Mapping[int, str], rows: Sequence[Row]) -> Table:
    rates = sorted((row["iteration"], row["lr"]) for row in rows if row["event"] == "train" and row["lr"] is not None)
    lines: dict[int, dict[str, float | None]] = {}
    for row in chosen:
        iteration, suffix = row["iteration"], suffixes[row.get("net", _NO_NET)]
        line = lines.setdefault(iteration, {"Seconds": row.get("seconds"), "LearningRate": _rate_at(iteration, rates)})
        line.update((name + suffix, value) for name, value in _single_values(row["outputs"]))
    names = dict.fromkeys(name for line in lines.values() for name in line)
    columns = tuple(names) or ("Seconds", "LearningRate")
    body = tuple((iteration, *(line.get(name) for name in columns)) for iteration, line in sorted(lines.items()))
    return Table(("NumIters", *columns), body)


def _single_values(outputs: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Names and values; the elements of a list as NAME[0], NAME[1] ..."""
    for name, value in outputs.items():
        if isinstance(value, list):
            yield from ((f"{name}[{index}]", element) for index, element in enumerate(value))
        else:
            yield name, value


def _rate_at(iteration: int, rates: Sequence[tuple[int, float]]) -> float | None:
    """The learning rate of the iteration: the one last displayed by then, before the first display that one."""
    place = bisect_right(rates, (iteration, math.inf))
    return rates[max(0, place - 1)][1] if rates else None
