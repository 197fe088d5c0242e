"""`eval_type: "detection"`: the mean average precision of what DetectionEvaluate layers judge.

Behaves as `Solver::TestDetection` of src/caffe/solver.cpp and `ComputeAP` of src/caffe/util/bbox_util.cpp in
weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from netcc.errors import DataError, SolverError, closest
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.solver.evaluate import Scorer
from netcc.solver.events import Score
from netcc.types import Array, format_shape

COLUMNS = 5
"""Of a row: item, label, score, right, wrong. Item -1: label, and in place of the score its number of true boxes."""

SMALLEST_STEP = 1e-6
"""Of recall that counts."""

Precision: TypeAlias = Callable[[Array, Array], float]
"""The average precision, given precision and recall after each detection, the surest first; there is at least one."""


@dataclass
class Judged:
    """All rows of one output: true boxes of each label, and score and rightness of each detection that counts."""

    truths: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    detections: dict[int, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: Array) -> None:
        for item, label, score, right, wrong in rows.reshape(-1, COLUMNS).tolist():
            if int(item) == -1:
                self.truths[int(label)] += int(score)
            elif right or wrong:
                self.detections[int(label)].append((score, int(right)))

    def average_precisions(self, average: Precision) -> dict[int, float]:
        """By label; 0 where nothing was detected or there is nothing to detect."""
        return {label: self._of(label, average) for label in sorted(self.truths)}

    def _of(self, label: int, average: Precision) -> float:
        if not self.detections[label] or not self.truths[label]:
            return 0.0
        ranked = sorted(self.detections[label], key=lambda detection: -detection[0])
        right = np.cumsum([detection[1] for detection in ranked])
        return average(right / np.arange(1, len(ranked) + 1), right / self.truths[label])


class DetectionScores:
    """For each output its mean average precision; with `by_class` also that of each label, as `NAME class LABEL`."""

    def __init__(self, version: str, *, by_class: bool) -> None:
        self._average = VERSIONS[version]
        self._by_class = by_class
        self._outputs: dict[str, Judged] = {}

    def add(self, net: Net) -> None:
        for name in net.outputs:
            rows = net.blobs[name].data
            if rows.shape[-1:] != (COLUMNS,):
                raise DataError(
                    f"output {name!r} of the test net is {format_shape(rows.shape)}; detections have rows of {COLUMNS}",
                    notes=['eval_type: "detection" needs a DetectionEvaluate layer before every output'],
                )
            self._outputs.setdefault(name, Judged()).add(rows)

    def scores(self) -> tuple[Score, ...]:
        return tuple(score for name, judged in self._outputs.items() for score in self._of(name, judged))

    def _of(self, name: str, judged: Judged) -> list[Score]:
        precisions = judged.average_precisions(self._average)
        mean = sum(precisions.values()) / len(precisions) if precisions else 0.0
        classes = precisions if self._by_class else {}
        return [Score(name, mean), *(Score(f"{name} class {label}", value) for label, value in classes.items())]


def make_scorer(param: caffe_pb2.SolverParameter) -> Scorer | None:
    """How the solver's tests are scored; None for means. Raises SolverError if there is no such way."""
    _check("eval_type", param.eval_type, ("classification", "detection"))
    _check("ap_version", param.ap_version, tuple(VERSIONS))
    if param.eval_type == "classification":
        return None
    return DetectionScores(param.ap_version, by_class=param.show_per_class_result)


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        note = f"expected one of: {', '.join(known)}"
        raise SolverError(f"unknown {name} {value!r}", notes=[note], suggestion=closest(value, known))


def _eleven_points(precision: Array, recall: Array) -> float:
    """The mean of the best precision at a recall of at least 0, 0.1, ... 1 (Pascal VOC 2007).

    A point whose search meets the first detection leaves those behind the last turning point to the points above it.
    """
    best, start = [0.0] * 11, len(recall) - 1
    for point in range(10, -1, -1):
        for index in range(start, -1, -1):
            if recall[index] < point / 10:
                start = index
                if point:
                    best[point - 1] = best[point]
                break
            best[point] = max(best[point], float(precision[index]))
    return sum(best) / 11


def _largest_integral(precision: Array, recall: Array) -> float:
    """The area below the curve of the best precision at each recall or above (Pascal VOC 2012).

    Between two recalls it is the best of the lower one, as in SSD.
    """
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return _integral(np.insert(best[:-1], 0, best[0]), recall)


def _integral(precision: Array, recall: Array) -> float:
    """The area below the curve of precision over recall."""
    steps = np.diff(recall, prepend=0.0)
    return float(np.sum(precision * steps, where=steps > SMALLEST_STEP))


VERSIONS: dict[str, Precision] = {
    "11point": _eleven_points,
    "MaxIntegral": _largest_integral,
    "Integral": _integral,
}
