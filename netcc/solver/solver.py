"""The training loop: passes, tests, reports, updates, snapshots, in the order of src/caffe/solver.cpp."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np

from netcc.compiler import NetSource
from netcc.data.bad_records import BadRecords, Policy, bad_records_for
from netcc.errors import Diagnostic, OutputError, SolverError
from netcc.prototxt.format import format_message
from netcc.runtime.loading import LoadReport, Mismatch, load_weights, split_names
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundSolver, load_solver
from netcc.solver import events
from netcc.solver.average import AverageLoss
from netcc.solver.curve import LossCurve
from netcc.solver.debug import inspect_backward, inspect_forward, parameter_means, tell_update
from netcc.solver.detection import make_scorer
from netcc.solver.evaluate import evaluate, output_scores
from netcc.solver.events import Event, Listener
from netcc.solver.fields import check_fields
from netcc.solver.nets import choose_test_nets, choose_train_net, make_net
from netcc.solver.nonfinite import check_loss, check_parameters
from netcc.solver.optimizer import Optimizer
from netcc.solver.policies import Progress
from netcc.solver.resume import Continuity, Memory, ScheduleMemory
from netcc.solver.schedule import make_schedule
from netcc.solver.snapshot import (
    check_writable,
    progress_of,
    restore_snapshot,
    snapshot_paths,
    snapshot_prefix,
    write_snapshot,
)
from netcc.targets.options import MemoryUse
from netcc.types import TEST, TRAIN, Array, Shape

SolverSource: TypeAlias = "str | Path | caffe_pb2.SolverParameter | BoundSolver"
"""A path, the text itself (anything with a line break, a brace or a colon), a message, or a solver already bound."""

Paths: TypeAlias = "str | Path | Sequence[str | Path]"


class Solver:
    """A net in training, shaped like pycaffe's Solver.

    `net` replaces the net that the solver names, `weights` its list of weights files (an empty one: none), `max_iter`
    and `seed` its fields. `out` is the folder for snapshots. `shapes` gives the shapes of input blobs by name.
    A field of the net that the schema lacks is left out with a NetccWarning; `strict=True` makes it an error.
    `allow_python=True` lets layers of type Python run code of the modules that they name.
    `sources` and `test_sources` are iterables that feed data layers of the training net and of the test nets, and
    `on_bad_record` says what becomes of bad records, as for `Net`; `bad_records` counts those of all nets.
    `keep_diffs=True` leaves the diff of every blob readable after an iteration, at the price of memory, and
    `keep_all=False` saves memory at the price of readable blobs: then only outputs stay. `exact`, `optimize` and
    `memory` are as for `Net`: with "low" blobs do not stay readable unless `keep_all=True` asks for it.
    `mismatch`: what becomes of a layer whose shapes differ in a weights file (see `Net.copy_from`).
    `listeners` hear what happens; more can be put into the list of that name at any time.

    In a notebook a solver shows itself with the `curve` of its losses. As a context manager it closes the data at last.
    `iter` counts the updates done, `seed` is the one in use, `warnings` are faults that were passed over, `param` is
    the solver's message, `weights_reports` say what was loaded into the training net, file by file.

    >>> import netcc
    >>> net = '''
    ... layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 8 dim: 3 } } }
    ... layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } }
    ... layer { name: "loss" type: "Reduction" bottom: "y" top: "loss" loss_weight: 1 }'''
    >>> with netcc.Solver("base_lr: 0.1 lr_policy: 'fixed' max_iter: 10", net, seed=1) as solver:
    ...     solver.step(3)
    >>> solver.iter
    3
    >>> solver.net.params["ip"][1].data
    array([-2.4, -2.4], dtype=float32)

    Raises a NetccError: SolverError for its own fields, else what `Net` raises; OutputError if snapshots are wanted
    but cannot be written.
    """

    def __init__(
        self,
        solver: SolverSource,
        net: NetSource | None = None,
        *,
        seed: int | None = None,
        weights: Paths | None = None,
        out: str | Path | None = None,
        max_iter: int | None = None,
        shapes: Mapping[str, Shape] | None = None,
        listeners: Iterable[Listener] = (),
        strict: bool = False,
        allow_python: bool = False,
        mismatch: Mismatch = "error",
        sources: Mapping[str, Iterable[Any]] | None = None,
        test_sources: Mapping[str, Iterable[Any]] | None = None,
        on_bad_record: Policy | BadRecords | None = None,
        keep_all: bool | None = None,
        keep_diffs: bool = False,
        exact: bool = False,
        optimize: bool = True,
        memory: MemoryUse = "fast",
    ) -> None:
        bound = _bind(solver, max_iter)
        self.param = bound.message
        self.warnings: list[Diagnostic] = [*bound.warnings, *check_fields(bound, net_given=net is not None)]
        self.listeners: list[Listener] = list(listeners)
        self.curve = LossCurve()
        self.iter = 0
        self.progress = Progress()
        self.seed = _choose_seed(seed, self.param)
        self._schedule = make_schedule(self.param)
        self._average = AverageLoss(self.param.average_loss)
        self._resumed = False
        self._prefix = snapshot_prefix(self.param.snapshot_prefix, bound.source.name, _make_folder(out))
        if self.param.snapshot:
            check_writable(self._prefix)
        self._last_snapshot: tuple[int, Path] | None = None
        self._stop_requested = self._snapshot_requested = False
        self._display_time, self._display_iter = time.perf_counter(), 0
        self.bad_records = bad_records_for(on_bad_record)
        make = partial(
            make_net,
            shapes=shapes,
            strict=strict,
            allow_python=allow_python,
            on_bad_record=self.bad_records,
            keep_all=keep_all,
            keep_diffs=keep_diffs,
            exact=exact,
            optimize=optimize,
            memory=memory,
        )
        self.net = make(choose_train_net(bound, net), TRAIN, seed=self.seed, sources=sources)
        self.test_nets: list[Net] = []
        try:
            for index, choice in enumerate(choose_test_nets(bound, net)):
                own_seed = self.seed + 1 + index
                self.test_nets.append(make(choice, TEST, seed=own_seed, share=self.net, sources=test_sources))
            self.weights_reports: list[LoadReport] = []
            self._load(_files(list(self.param.weights) if weights is None else weights), mismatch)
            self._optimizer = Optimizer(self.net, self.param)
            self._continuity = Continuity((self.net, *self.test_nets), {"loss_average": self._average})
            self.remember("schedule", ScheduleMemory(self))
        except BaseException:
            self.close()
            raise

    @property
    def lr(self) -> float:
        """The learning rate of the coming update."""
        return self._schedule.rate(self.iter, self._schedule.advance(self.iter, self.progress))

    @property
    def current_step(self) -> int:
        """How often the learning rate has dropped."""
        return self.progress.step

    @property
    def history(self) -> list[Array]:
        """The live moments of the update rule: those of all parameters in their order, then all second ones."""
        return self._optimizer.history

    def step(self, iterations: int) -> None:
        """Runs `iterations` iterations, fewer if a stop is requested.

        Raises NumericsError if the loss is not finite, naming the layer; nothing is written or updated then.
        """
        with np.errstate(all="ignore"):  # values that are not finite are found in the loss and reported once
            self._run(self.iter + iterations)

    def solve(self, resume: str | Path | None = None) -> None:
        """Runs until `max_iter`, from the snapshot `resume` if given; then the last snapshot, loss and test.

        Raises as `step` does; OutputError, before the first iteration, if snapshots cannot be written.
        """
        param = self.param
        if not param.HasField("max_iter"):
            raise SolverError("max_iter is not given", notes=["solve runs until iteration max_iter"])
        if param.snapshot_after_train:
            check_writable(self._prefix)
        if resume is not None:
            self.restore(resume)
        images = _batch_size(self.net) * param.iter_size
        self._tell(events.Started(self.iter, param.max_iter, self.net.name, param.lr_policy, self.seed, images))
        with np.errstate(all="ignore"):
            stopped = self._run(param.max_iter)
            if param.snapshot_after_train and not self._has_snapshot():
                self.snapshot()
            if not stopped:
                stopped = self._report_end()
        self._tell(events.Finished(self.iter, stopped))

    def snapshot(self) -> tuple[Path, Path]:
        """Writes the weights and the solver state of this iteration; returns both paths.

        Raises NumericsError if a parameter is not finite (nothing is written), OutputError if a file cannot be written.
        """
        check_parameters(self.net, self.iter, self._kept())
        diffs, history = self.param.snapshot_diff, self._optimizer.history
        hdf5 = self.param.snapshot_format == caffe_pb2.SolverParameter.HDF5
        # First of all: a state whose record is missing would be resumed, but not as the run that it belongs to.
        self._continuity.write(snapshot_paths(self._prefix, self.iter, hdf5=hdf5)[1], self.iter, self.seed, history)
        model, state = write_snapshot(self._prefix, self.iter, self.progress, self.net, history, diffs=diffs, hdf5=hdf5)
        self._last_snapshot = self.iter, state
        self._tell(events.Snapshotted(self.iter, model, state))
        return model, state

    def restore(self, path: str | Path) -> None:
        """Continues from the snapshot whose `.solverstate` is at `path`: weights, history, iteration, and all else if
        the file beside it is there that netcc writes; the event says what is lost without it, as in Caffe.

        Raises WeightsError if the snapshot is of another net.
        """
        state = restore_snapshot(Path(path), self.net, self._optimizer)
        self.iter, self.progress = state.iter, progress_of(state)
        self._last_snapshot = self.iter, Path(path)
        restored = self._continuity.restore(Path(path), self._optimizer.history)
        self._resumed = restored.seed is not None
        self.seed = self.seed if restored.seed is None else restored.seed
        self._tell(events.Restored(self.iter, Path(path), restored.lost))

    def remember(self, name: str, memory: Memory) -> None:
        """Lets every snapshot from now on have the state of `memory`, and `restore` give it back."""
        self._continuity.memories[name] = memory

    def request_stop(self) -> None:
        """Asks `step` or `solve` to end after the running iteration or test batch; signal handlers may call it."""
        self._stop_requested = True

    def request_snapshot(self) -> None:
        """Asks for a snapshot after the running iteration or test batch; signal handlers may call it."""
        self._snapshot_requested = True

    def close(self) -> None:
        """Closes the data sources of all nets. The solver can be used as a context manager instead."""
        for net in (self.net, *self.test_nets):
            net.close()

    def __repr__(self) -> str:
        loss = f", loss {self._average.value:.4g}" if self.curve.points else ""
        tests = f", {len(self.test_nets)} test nets" if len(self.test_nets) != 1 else ", 1 test net"
        net = f"net {self.net.name!r} of {self.net.graph.parameter_count():,} parameters"
        return f"Solver({self.param.type}, iteration {self.iter} of {self.param.max_iter}{loss}, {net}{tests})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.curve.as_svg()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, end: int) -> bool:
        """Iterates up to `end`; says whether a stop was asked for before."""
        if not self._resumed:
            self._average.clear()
        self._resumed = False
        self._display_time, self._display_iter = time.perf_counter(), self.iter
        while self.iter < end:
            self._optimizer.clear_unwritten()
            if self._due(self.param.test_interval) and (self.iter or self.param.test_initialization):
                self._continuity.mark(self.iter)
                self._test_all()
            if self._stop_requested or not self._iterate():
                self._stop_requested = False
                return True
        return False

    def _iterate(self) -> bool:
        """One iteration; False if a stop was asked for meanwhile."""
        begin = time.perf_counter()
        loss = self._gradient()
        self._average.add(loss)
        self.progress = self._schedule.advance(self.iter, self.progress, self._average.value)
        rate = self._schedule.rate(self.iter, self.progress)
        if self._due(self.param.display):
            self._display(rate)
        self._update(rate)
        self.iter += 1
        self._tell(events.Iterated(self.iter - 1, loss, rate, time.perf_counter() - begin))
        if self._due(self.param.snapshot) or self._snapshot_requested:
            self._snapshot_requested = False
            self.snapshot()
        return not self._stop_requested

    def _gradient(self) -> float:
        """The summed gradients of `iter_size` passes, and their mean loss."""
        total, passes = 0.0, self.param.iter_size
        inspected = self._inspected()
        for index in range(passes):
            if inspected:
                inspect_forward(self.net, self._tell)
            else:
                self.net.forward()
            loss = self.net.loss
            check_loss(self.net, loss, self.iter, self._kept())
            if inspected:
                inspect_backward(self.net, self._tell, accumulate=index > 0)
            else:
                self.net.gradient(accumulate=index > 0)
            total += loss
        return total / passes

    def _inspected(self) -> bool:
        """Whether debug_info tells of this iteration: only of those that are displayed, as in Caffe."""
        return bool(self.param.debug_info) and self._due(self.param.display)

    def _update(self, rate: float) -> None:
        before = parameter_means(self.net) if self._inspected() else None
        self._optimizer.apply(rate, self.iter, self._schedule.growth(self.iter))
        if before is not None:
            tell_update(self.net, before, self._tell)

    def _display(self, rate: float) -> None:
        now = time.perf_counter()
        seconds, iterations = now - self._display_time, self.iter - self._display_iter
        self._display_time, self._display_iter = now, self.iter
        scores = output_scores(self.net)
        self._tell(events.Displayed(self.iter, self._average.value, rate, scores, seconds, iterations))

    def _report_end(self) -> bool:
        """The loss and the scores after the last update; says whether a stop was asked for meanwhile."""
        self._continuity.mark(self.iter)
        if self._due(self.param.display):
            self.net.forward()
            self._average.add(self.net.loss)
            self._tell(events.FinalLoss(self.iter, self._average.value))
        if self._due(self.param.test_interval):
            self._test_all()
        stopped, self._stop_requested = self._stop_requested, False
        return stopped

    def _test_all(self) -> None:
        for index, net in enumerate(self.test_nets):
            if not self._test(index, net):
                return

    def _test(self, index: int, net: Net) -> bool:
        """Tests one net; False if a stop was asked for meanwhile."""
        begin, batches = time.perf_counter(), self.param.test_iter[index]
        self._tell(events.NetTestStarted(self.iter, index, batches))
        inspected = partial(inspect_forward, tell=self._tell)
        forward = inspected if self.param.debug_info else Net.forward
        result = evaluate(net, batches, self._interrupted, forward=forward, scorer=make_scorer(self.param))
        if result is None:
            return False
        loss = result.loss if self.param.test_compute_loss else None
        self._tell(events.NetTested(self.iter, index, result.scores, loss, time.perf_counter() - begin))
        return True

    def _interrupted(self) -> bool:
        """Answers requests between the batches of a test; whether to leave it."""
        if self._snapshot_requested:
            self._snapshot_requested = False
            self.snapshot()
        return self._stop_requested

    def _due(self, interval: int) -> bool:
        return interval > 0 and self.iter % interval == 0

    def _has_snapshot(self) -> bool:
        return self._last_snapshot is not None and self._last_snapshot[0] == self.iter

    def _kept(self) -> str:
        return f"the last snapshot is {self._last_snapshot[1]}" if self._last_snapshot else "there is no snapshot yet"

    def _load(self, weights: Sequence[str | Path], mismatch: Mismatch) -> None:
        """Weights files into all nets: a test net may have layers of its own."""
        for path in weights:
            report, *_ = (
                load_weights(net.graph, net.node_arrays(), Path(path), mismatch) for net in (self.net, *self.test_nets)
            )
            self.weights_reports.append(report)

    def _tell(self, event: Event) -> None:
        for listener in (self.curve, *self.listeners):
            event.tell(listener)


def _bind(solver: SolverSource, max_iter: int | None) -> BoundSolver:
    """The solver's definition, with another `max_iter` if one is given; what the caller holds stays as it is."""
    if isinstance(solver, caffe_pb2.SolverParameter):
        bound = load_solver(format_message(solver) + "\n")
    else:
        bound = solver if isinstance(solver, BoundSolver) else load_solver(solver)
    param = caffe_pb2.SolverParameter()
    param.CopyFrom(bound.message)
    if max_iter is not None:
        param.max_iter = max_iter
    return replace(bound, message=param)


def _choose_seed(given: int | None, param: caffe_pb2.SolverParameter) -> int:
    """The caller's seed, else random_seed, else one from the system; a negative one asks for that as well."""
    seed = param.random_seed if given is None else given
    return seed if seed >= 0 else secrets.randbits(31)


def _make_folder(out: str | Path | None) -> Path | None:
    if out is None:
        return None
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {out}: {(error.strerror or str(error)).lower()}") from error
    return Path(out)


def _files(weights: Paths) -> list[str | Path]:
    """Every weights file: one string may name several, with commas between."""
    listed = [weights] if isinstance(weights, (str, Path)) else weights
    return [part for item in listed for part in (split_names(item) if isinstance(item, str) else [item])]


def _batch_size(net: Net) -> int:
    """Images in one pass: the first axis of the first blob."""
    shape = net.graph.nodes[0].outputs[0].shape if net.graph.nodes and net.graph.nodes[0].outputs else ()
    return shape[0] if shape else 1
