"""One training run from the command line: its files, its listeners, its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netcc.cli.loading import advising
from netcc.cli.progress import Progress
from netcc.cli.reading import show_warnings
from netcc.cli.signals import Effect, heeding_signals
from netcc.errors import DataError, OutputError
from netcc.runtime.loading import Mismatch
from netcc.schema.bind import BoundNet, BoundSolver
from netcc.solver.early_stop import EarlyStop
from netcc.solver.events import FinalLoss, Finished, Iterated, Listener, NetTested, Snapshotted
from netcc.solver.lines import LineFile
from netcc.solver.log import CaffeLog
from netcc.solver.metrics import Metrics
from netcc.solver.plot import draw_curves
from netcc.solver.resume_search import Keeper, recorded_seed
from netcc.solver.snapshot import check_writable, snapshot_prefix
from netcc.solver.solver import Solver
from netcc.targets.options import MemoryUse

STDERR = 2
"""The descriptor of standard error."""


@dataclass(frozen=True)
class Order:
    """What the user asks for. `net` takes the place of the one that the solver names; `out` is the folder of all
    results; `snapshot` is the state to go on from; `strict` makes an error of a field that the net cannot have,
    `exact` leaves out algorithms that round more than plain sums of products do, `memory` is as for Net.

    `patience` ends the run after so many tests that did not improve the output `watch`; `keep` removes all snapshots
    but the last ones; `sigint` and `sighup` are the effects of these signals; `settings` are fields that `solver` has
    been given from outside its file.
    """

    solver: BoundSolver
    net: BoundNet | None = None
    snapshot: Path | None = None
    weights: tuple[str, ...] = ()
    mismatch: Mismatch = "error"
    max_iter: int | None = None
    seed: int | None = None
    out: Path | None = None
    strict: bool = False
    exact: bool = False
    memory: MemoryUse = "fast"
    patience: int | None = None
    watch: str | None = None
    keep: int | None = None
    sigint: Effect = "stop"
    sighup: Effect = "snapshot"
    settings: tuple[str, ...] = ()

    @property
    def prefix(self) -> Path:
        """What the names of all results begin with."""
        return snapshot_prefix(self.solver.message.snapshot_prefix, self.solver.source.name, self.out)


@dataclass
class Results:
    """Files that a run leaves. All are named as its snapshots are."""

    log: Path
    metrics: Path
    curves: Path | None
    weights: Path | None = None
    state: Path | None = None

    @classmethod
    def beside(cls, prefix: Path) -> Results:
        name = prefix.name
        return cls(*(prefix.with_name(name + end) for end in (".log", ".metrics.jsonl", ".png")))

    def files(self) -> list[Path]:
        """Those that exist, weights first."""
        return [path for path in (self.weights, self.state, self.log, self.metrics, self.curves) if path]


@dataclass
class Summary(Listener):
    """How a run went; fills itself while it listens. `seconds` are those of the whole run, tests included.

    `stopped`: something ended the run before max_iter; `early`: why, where that was the lack of progress.
    """

    results: Results
    net: str = ""
    seed: int = 0
    iteration: int = 0
    iterations: int = 0
    images: int = 0
    seconds: float = 0.0
    training_seconds: float = 0.0
    stopped: bool = False
    early: str | None = None
    loss: float | None = None
    tests: dict[int, NetTested] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def images_per_second(self) -> float:
        """Images per second of training, tests excluded."""
        return self.images * self.iterations / self.training_seconds if self.training_seconds else 0.0

    def on_iteration(self, event: Iterated) -> None:
        self.iteration = event.iteration + 1
        self.iterations += 1
        self.training_seconds += event.seconds
        self.loss = event.loss

    def on_test(self, event: NetTested) -> None:
        self.tests[event.net] = event

    def on_snapshot(self, event: Snapshotted) -> None:
        self.results.weights, self.results.state = event.model, event.state

    def on_final(self, event: FinalLoss) -> None:
        self.loss = event.loss

    def on_finish(self, event: Finished) -> None:
        self.iteration, self.stopped = event.iteration, event.stopped

    def as_json(self) -> dict[str, Any]:
        results = self.results
        files = {name: getattr(results, name) for name in ("weights", "state", "log", "metrics", "curves")}
        return {
            "net": self.net,
            "seed": self.seed,
            "iteration": self.iteration,
            "iterations": self.iterations,
            "stopped": self.stopped,
            "stopped_early": self.early,
            "loss": self.loss,
            "tests": [_test_json(test) for _, test in sorted(self.tests.items())],
            "seconds": round(self.seconds, 3),
            "images_per_second": round(self.images_per_second, 1),
            "files": {name: None if path is None else str(path) for name, path in files.items()},
        }


def _test_json(test: NetTested) -> dict[str, Any]:
    return {"net": test.net, "iteration": test.iteration, "scores": {score.name: score.value for score in test.scores}}


def run(order: Order, progress: Progress) -> Summary:
    """Trains as ordered and leaves log, metrics, curves and snapshots. Raises the NetccError that ends the run."""
    begin = time.perf_counter()
    prefix = order.prefix
    with _make_solver(order) as solver:
        show_warnings(solver.warnings)
        for report in solver.weights_reports:
            progress.say("\n".join(report.lines()))
        check_writable(prefix)
        summary = Summary(Results.beside(prefix), net=solver.net.name, seed=solver.seed, iteration=solver.iter)
        _solve(solver, order, summary, progress)
    _draw(summary)
    summary.seconds = time.perf_counter() - begin
    return summary


def _make_solver(order: Order) -> Solver:
    weights = () if order.snapshot else order.weights or None  # a snapshot brings its own, as in Caffe
    seed = recorded_seed(order.snapshot) if order.seed is None and order.snapshot else order.seed
    with advising(order.mismatch):
        return Solver(
            order.solver,
            order.net,
            seed=seed,
            weights=weights,
            out=order.out,
            max_iter=order.max_iter,
            strict=order.strict,
            exact=order.exact,
            memory=order.memory,
            mismatch=order.mismatch,
        )


def _solve(solver: Solver, order: Order, summary: Summary, progress: Progress) -> None:
    """The run itself, heard by the files, the screen and the summary."""
    results, append = summary.results, order.snapshot is not None
    early = _add_early_stop(solver, order)
    if order.keep:
        solver.listeners.append(Keeper(order.prefix, order.keep))
    with LineFile(results.log, append=append) as log, LineFile(results.metrics, append=append) as metrics:
        solver.listeners[:0] = [CaffeLog(log.write), Metrics(metrics.write), summary, progress]
        stop = _stop(solver, progress.say)
        with progress, heeding_signals(stop, solver.request_snapshot, sigint=order.sigint, sighup=order.sighup):
            solver.solve(order.snapshot)
    summary.images, summary.seed = progress.pace.images, solver.seed
    if early and early.reached:
        summary.early = early.describe()
    if summary.stopped and results.state is None:
        solver.snapshot()


def _add_early_stop(solver: Solver, order: Order) -> EarlyStop | None:
    if order.patience is None:
        return None
    early = EarlyStop(solver.test_nets, order.patience, order.watch, solver.request_stop)
    solver.listeners.append(early)
    solver.remember("early_stop", early)
    return early


def _stop(solver: Solver, say: Callable[[str], None]) -> Callable[[], None]:
    def stop() -> None:
        line = "stopping after this iteration (once more to stop at once)"
        solver.request_stop()
        try:
            say(line)
        except RuntimeError:  # the signal came while a line was written, and a buffer cannot be entered twice
            os.write(STDERR, f"{line}\n".encode())

    return stop


def _draw(summary: Summary) -> None:
    """The curves; a run without them is still a good run."""
    results = summary.results
    try:
        if results.curves:
            draw_curves(results.metrics, results.curves)
    except (DataError, OutputError) as error:
        results.curves = None
        summary.notes.append(f"no curves: {error.message}")
        summary.notes += error.diagnostics[0].notes
