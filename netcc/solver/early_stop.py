"""Early stopping: a run ends when its tests have not improved for a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from netcc.errors import UsageError, closest
from netcc.ir.graph import Value
from netcc.runtime.net import Net
from netcc.solver.events import Listener, NetTested, Started
from netcc.types import count


class EarlyStop(Listener):
    """Calls `stop` when `patience` tests in a row (of the first test net) have not improved the output `watch`.

    A loss should fall, any other output rise; `watch` may say otherwise: `error:min`. Without `watch` it is the first
    output that is no loss, else the first loss. `best` is the best value so far and `best_iteration` when it was seen;
    `reached` says that the run was stopped. Prechelt, Early Stopping - But When? (1998).

    Raises UsageError if `nets` has no test net, or that has no such output, or it has several elements.
    """

    def __init__(self, nets: list[Net], patience: int, watch: str | None, stop: Callable[[], None]) -> None:
        if patience < 1:
            raise UsageError(f"patience is {patience}; expected a number of tests, at least 1")
        if not nets:
            raise UsageError("there is nothing to be patient with: the solver makes no tests")
        name, direction = _split(watch)
        output = _choose_output(nets[0], name)
        self.patience = patience
        self.watch = output.name
        self.falls = direction == "min" or (direction is None and output.loss_weight != 0)
        self.best: float | None = None
        self.best_iteration = 0
        self.reached = False
        self._waited = 0
        self._stop = stop
        self._max_iter = 0

    def on_start(self, event: Started) -> None:
        self._max_iter = event.max_iter

    def on_test(self, event: NetTested) -> None:
        if event.net != 0:
            return
        value = next(score.value for score in event.scores if score.name == self.watch)
        if self._is_better(value):
            self.best, self.best_iteration, self._waited = value, event.iteration, 0
            return
        self._waited += 1
        if self._waited >= self.patience and event.iteration < self._max_iter:
            self.reached = True
            self._stop()

    def _is_better(self, value: float) -> bool:
        if self.best is None or not math.isfinite(value):
            return math.isfinite(value)
        return value < self.best if self.falls else value > self.best

    def state(self) -> dict[str, Any]:
        return {
            "watch": self.watch,
            "best": self.best,
            "best_iteration": self.best_iteration,
            "waited": self._waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError if another output was watched."""
        if state["watch"] != self.watch:
            raise ValueError(f"{state['watch']} was watched")
        best = None if state["best"] is None else float(state["best"])
        self._waited, self.best_iteration, self.best = int(state["waited"]), int(state["best_iteration"]), best

    def describe(self) -> str:
        """Why the run was stopped, in words."""
        best = "" if self.best is None else f" (best {self.best:.6g} at iteration {self.best_iteration})"
        return f"{self.watch} has not improved in {self._waited} tests{best}"


def _split(watch: str | None) -> tuple[str | None, str | None]:
    """NAME, NAME:min or NAME:max as a name and a direction."""
    name, colon, direction = (watch or "").rpartition(":")
    return (name, direction) if colon and direction in ("min", "max") else (watch, None)


def _choose_output(net: Net, watch: str | None) -> Value:
    outputs = {value.name: value for value in net.graph.outputs()}
    single = [value for value in outputs.values() if count(value.shape) == 1]
    if watch is None:
        if not single:
            raise UsageError("the test net has no output of a single number to watch")
        return next((value for value in single if not value.loss_weight), single[0])
    notes = [f"outputs: {', '.join(value.name for value in single) or 'none'}"]
    if watch not in outputs:
        raise UsageError(f"{watch!r} is not an output of the test net", notes=notes, suggestion=closest(watch, outputs))
    if outputs[watch] not in single:
        raise UsageError(f"{watch!r} has several numbers; watch one that has one", notes=notes)
    return outputs[watch]
