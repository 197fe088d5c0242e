"""`netcc test`: how good are these weights?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.options import (
    allow_python_option,
    exact_option,
    json_option,
    memory_option,
    mismatch_option,
    on_bad_record_option,
    state_options,
    strict_option,
)
from netcc.errors import GraphError

if TYPE_CHECKING:
    from netcc.runtime.loading import Mismatch
    from netcc.schema.bind import BoundNet
    from netcc.solver.events import Score
    from netcc.targets.options import MemoryUse

    Scores = tuple[Score, ...]


@click.command(
    epilog="""\b
Examples
  netcc test train_val.prototxt --weights lenet_iter_10000.caffemodel --iterations 100
  netcc test train_val.prototxt --weights w.caffemodel --iterations 10 --json | jq .scores
"""
)
@click.argument("net")
@click.option("--weights", required=True, metavar="FILE,...", help="Weights to test (.caffemodel).")
@mismatch_option
@click.option("--iterations", type=click.IntRange(min=1), default=50, show_default=True, help="Batches to run.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of what is random in the net.")
@state_options
@strict_option
@exact_option
@memory_option
@allow_python_option
@on_bad_record_option
@json_option
def test(
    net: str,
    weights: str,
    mismatch: Mismatch,
    iterations: int,
    seed: int | None,
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    exact: bool,
    memory: MemoryUse,
    as_json: bool,
) -> None:
    """Run NET over batches of its test data and average its outputs.

    NET is built for phase TEST. The lines are those of `caffe test`.
    """
    from netcc.cli.loading import advising, warn_of_gaps
    from netcc.cli.reading import read_net
    from netcc.runtime.loading import load_weights, split_names
    from netcc.runtime.net import Net
    from netcc.solver.evaluate import MeanScores, output_scores
    from netcc.types import TEST

    bound = read_net(net, strict=strict)
    require_source(bound, level, stages)
    scorer, loss = MeanScores(), 0.0
    with Net(
        bound,
        TEST,
        level=level,
        stages=stages,
        seed=seed,
        keep_all=False,
        gradients=False,
        exact=exact,
        memory=memory,
    ) as made:
        for file in split_names(weights):
            with advising(mismatch):
                warn_of_gaps(load_weights(made.graph, made.node_arrays(), Path(file), mismatch))
        for batch in range(iterations):
            made.forward()
            loss += made.loss / iterations
            scorer.add(made)
            if not as_json:
                show_batch(batch, output_scores(made))
    result = Result(iterations, loss, scorer.scores())
    click.echo(json.dumps(result.as_json(), indent=2) if as_json else result.as_text())


def require_source(net: BoundNet, level: int | None, stages: tuple[str, ...]) -> None:
    """Raises GraphError if nothing brings data into the net in phase TEST: the usual sign of a net for training."""
    from netcc.report.check import has_source
    from netcc.schema.select import select
    from netcc.types import TEST

    if not has_source(select(net, TEST, level, stages)):
        raise GraphError(
            f"{net.source.name}: no layer brings data into the net in phase TEST",
            notes=["is it a net for training only? give it a data layer with include { phase: TEST }"],
        )


def show_batch(batch: int, scores: Scores) -> None:
    for score in scores:
        click.echo(f"Batch {batch}, {score.name} = {score.value:g}")


@dataclass(frozen=True)
class Result:
    """Means over `iterations` batches."""

    iterations: int
    loss: float
    scores: Scores

    def as_text(self) -> str:
        """The means as `caffe test` prints them (tools/caffe.cpp)."""
        lines = [f"Loss: {self.loss:g}"]
        for score in self.scores:
            weighted = score.loss_weight * score.value
            loss = f" (* {score.loss_weight:g} = {weighted:g} loss)" if score.loss_weight else ""
            lines.append(f"{score.name} = {score.value:g}{loss}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """An output of several elements is a list."""
        values: dict[str, list[float]] = {}
        for score in self.scores:
            values.setdefault(score.name, []).append(score.value)
        scores = {name: several if len(several) > 1 else several[0] for name, several in values.items()}
        return {"iterations": self.iterations, "loss": self.loss, "scores": scores}
