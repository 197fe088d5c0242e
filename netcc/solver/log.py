"""The log of a run in Caffe's words, for the tools that read Caffe's logs.

Lines are those of src/caffe/solver.cpp and sgd_solver.cpp behind the prefix of glog, of which tools/extra/parse_log.py,
parse_log.sh and plot_training_log.py take iterations, rates, outputs and times. Numbers have six digits, as in C++.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime

from netcc.solver.events import (
    Displayed,
    FinalLoss,
    Finished,
    Inspected,
    Listener,
    NetTested,
    NetTestStarted,
    Normed,
    Restored,
    Score,
    Snapshotted,
    Started,
)

_INSPECTED = {"Forward": "net.cpp:594", "Backward": "net.cpp:622", "Update": "net.cpp:650"}


class CaffeLog(Listener):
    """Gives each line of the log to `write`; `now` is the clock."""

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime] = datetime.now) -> None:
        self._write = write
        self._now = now

    def on_start(self, event: Started) -> None:
        self._line("solver.cpp:272", f"Solving {event.net}")
        self._line("solver.cpp:273", f"Learning Rate Policy: {event.lr_policy}")

    def on_restore(self, event: Restored) -> None:
        self._line("solver.cpp:279", f"Restoring previous solver status from {event.state}")

    def on_test_start(self, event: NetTestStarted) -> None:
        self._line("solver.cpp:330", f"Iteration {event.iteration}, Testing net (#{event.net})")

    def on_test(self, event: NetTested) -> None:
        if event.loss is not None:
            self._line("solver.cpp:387", f"Test loss: {event.loss:g}")
        self._scores("solver.cpp:397", "Test", event.scores)

    def on_display(self, event: Displayed) -> None:
        rate = event.iterations / (event.seconds or 1)
        self._line(
            "solver.cpp:218",
            f"Iteration {event.iteration} ({rate:g} iter/s, {event.seconds:g}s/{event.iterations} iters), "
            f"loss = {event.loss:g}",
        )
        self._scores("solver.cpp:237", "Train", event.scores)
        self._line("sgd_solver.cpp:105", f"Iteration {event.iteration}, lr = {event.lr:g}")

    def on_inspect(self, event: Inspected) -> None:
        values = {"data": event.data, "diff": event.diff}
        shown = "; ".join(f"{name}: {value:g}" for name, value in values.items() if value is not None)
        self._line(_INSPECTED[event.stage], f"    [{event.stage}] Layer {event.layer}, {event.what} {shown}")

    def on_norms(self, event: Normed) -> None:
        first, second = (f"({data:g}, {diff:g})" for data, diff in (event.first, event.second))
        norms = f"L1 norm = {first}; L2 norm = {second}"
        self._line("net.cpp:721", f"    [Backward] All net params (data, diff): {norms}", severity="E")

    def on_snapshot(self, event: Snapshotted) -> None:
        kind = "HDF5" if event.model.suffix == ".h5" else "binary proto"
        self._line("solver.cpp:447", f"Snapshotting to {kind} file {event.model}")
        self._line("sgd_solver.cpp:273", f"Snapshotting solver state to {kind} file {event.state}")

    def on_final(self, event: FinalLoss) -> None:
        self._line("solver.cpp:310", f"Iteration {event.iteration}, loss = {event.loss:g}")

    def on_finish(self, event: Finished) -> None:
        self._line("solver.cpp:315", "Optimization stopped early." if event.stopped else "Optimization Done.")

    def _scores(self, place: str, phase: str, scores: Sequence[Score]) -> None:
        for index, score in enumerate(scores):
            loss = f" (* {score.loss_weight:g} = {score.loss_weight * score.value:g} loss)" if score.loss_weight else ""
            self._line(place, f"    {phase} net output #{index}: {score.name} = {score.value:g}{loss}")

    def _line(self, place: str, text: str, severity: str = "I") -> None:
        """The prefix of glog: severity, date, time, thread, place in Caffe's source."""
        self._write(f"{severity}{self._now():%m%d %H:%M:%S.%f} {os.getpid():5d} {place}] {text}")
