"""A listener that writes events down as the golden runs do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netcc.solver.events import (
    Displayed,
    FinalLoss,
    Finished,
    Iterated,
    Listener,
    NetTested,
    Score,
    Snapshotted,
)


class Recorder(Listener):
    """`events` in the form of golden/runs/meta.json; `losses` and `rates` of every iteration."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.finished: list[Finished] = []

    def on_test(self, event: NetTested) -> None:
        self._add("test", iter=event.iteration, net=event.net, outputs=_outputs(event.scores))

    def on_display(self, event: Displayed) -> None:
        self._add("train", iter=event.iteration, loss=event.loss, outputs=_outputs(event.scores))
        self._add("lr", iter=event.iteration, lr=event.lr)

    def on_iteration(self, event: Iterated) -> None:
        self.losses.append(event.loss)
        self.rates.append(event.lr)

    def on_snapshot(self, event: Snapshotted) -> None:
        self._add("snapshot", file=event.model.name)
        self._add("snapshot", file=event.state.name)

    def on_final(self, event: FinalLoss) -> None:
        self._add("final", iter=event.iteration, loss=event.loss)

    def on_finish(self, event: Finished) -> None:
        self.finished.append(event)

    def _add(self, kind: str, **facts: Any) -> None:
        self.events.append({"event": kind, **facts})


def _outputs(scores: Sequence[Score]) -> list[list[Any]]:
    return [
        [score.name, score.value, score.loss_weight] if score.loss_weight else [score.name, score.value]
        for score in scores
    ]
