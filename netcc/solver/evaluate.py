"""What the outputs of a net say: after one pass, or averaged over many (`Solver::Test` of src/caffe/solver.cpp)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from netcc.errors import DataError, UsageError
from netcc.runtime.net import Net
from netcc.solver.events import Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Means over batches: one score for each element of each output, and the objective of the net."""

    scores: tuple[Score, ...]
    loss: float


def output_scores(net: Net) -> tuple[Score, ...]:
    """Every element of every output blob of the last forward pass, blobs in alphabetical order."""
    return tuple(
        Score(value.name, float(number), value.loss_weight)
        for value in net.graph.outputs()
        for number in net.blobs[value.name].data.flat
    )


class Scorer(Protocol):
    """What becomes of the outputs of many passes."""

    def add(self, net: Net) -> None:
        """Takes in the outputs of the last forward pass of `net`."""

    def scores(self) -> tuple[Score, ...]:
        """What they come to."""


class MeanScores:
    """Every batch counts the same, as does every element of an output."""

    def __init__(self) -> None:
        self._totals: list[Score] = []
        self._batches = 0

    def add(self, net: Net) -> None:
        scores, self._batches = output_scores(net), self._batches + 1
        if self._batches == 1:
            self._totals = list(scores)
            return
        if len(scores) != len(self._totals):
            raise DataError(
                f"the outputs of the test net have {len(scores)} elements, those of the batch before "
                f"{len(self._totals)}: they have no mean",
                notes=['detections are scored with eval_type: "detection"'],
            )
        pairs = zip(self._totals, scores, strict=True)
        self._totals = [replace(total, value=total.value + score.value) for total, score in pairs]

    def scores(self) -> tuple[Score, ...]:
        return tuple(replace(total, value=total.value / self._batches) for total in self._totals)


def evaluate(
    net: Net,
    batches: int,
    interrupted: Callable[[], bool] = lambda: False,
    *,
    forward: Callable[[Net], object] = Net.forward,
    scorer: Scorer | None = None,
) -> Evaluation | None:
    """Runs `batches` (at least 1) forward passes by `forward`; None if `interrupted` says so before one of them.

    `scorer` makes scores of the outputs, by default their means. Raises DataError where outputs do not fit it.
    """
    if batches < 1:
        raise UsageError(f"{batches} batches to test with; expected at least 1")
    loss, scorer = 0.0, scorer or MeanScores()
    for _ in range(batches):
        if interrupted():
            return None
        forward(net)
        loss += net.loss
        scorer.add(net)
    return Evaluation(scorer.scores(), loss / batches)
