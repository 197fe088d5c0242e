"""What the outputs of a net say: after one pass, or averaged over many (`Solver::Test` of src/caffe/solver.cpp)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netcc.errors import UsageError
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


def evaluate(
    net: Net,
    batches: int,
    interrupted: Callable[[], bool] = lambda: False,
    forward: Callable[[Net], object] = Net.forward,
) -> Evaluation | None:
    """Runs `batches` (at least 1) forward passes by `forward`; None if `interrupted` says so before one of them.

    Every batch counts the same, as does every element of an output.
    """
    if batches < 1:
        raise UsageError(f"{batches} batches to test with; expected at least 1")
    totals = np.zeros(0)
    loss = 0.0
    for batch in range(batches):
        if interrupted():
            return None
        forward(net)
        loss += net.loss
        values = np.array([score.value for score in output_scores(net)])
        totals = totals + values if batch else values
    scores = tuple(
        Score(score.name, float(total) / batches, score.loss_weight)
        for score, total in zip(output_scores(net), totals, strict=True)
    )
    return Evaluation(scores, loss / batches)
