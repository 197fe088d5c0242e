"""The solver's fields: where they stand in the text, and whether they make sense together."""

from __future__ import annotations

from collections.abc import Iterator

from netcc.errors import Diagnostic, NetccError, SolverError
from netcc.runtime.hdf5 import require_h5py
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundSolver
from netcc.solver.detection import make_scorer
from netcc.solver.fork_fields import passed_over_fields, refused_fields
from netcc.solver.hyperparameters import make_decay, make_momentum
from netcc.solver.local_rate import make_local_rate
from netcc.solver.optimizer import Preparation
from netcc.solver.rules import make_rule
from netcc.solver.schedule import make_schedule
from netcc.solver.spans import span_of

GENERIC = ("net_param", "net")
TRAIN_ONLY = ("train_net_param", "train_net")


def _check_format(param: caffe_pb2.SolverParameter) -> None:
    """Raises WeightsError if snapshots are to be HDF5 files and h5py is missing."""
    if param.snapshot_format == caffe_pb2.SolverParameter.HDF5:
        require_h5py("snapshot_format: HDF5")


# Where the fault that a part reports stands in the text.
_PARTS = (
    (make_schedule, "lr_policy"),
    (make_rule, "type"),
    (Preparation.from_message, "regularization_type"),
    (make_momentum, "momentum_policy"),
    (make_decay, "weight_decay_policy"),
    (make_local_rate, "larc"),
    (make_scorer, "eval_type"),
    (_check_format, "snapshot_format"),
)
_AT_LEAST = (
    ("iter_size", 1),
    ("average_loss", 1),
    ("max_iter", 0),
    ("display", 0),
    ("test_interval", 0),
    ("snapshot", 0),
    ("warmup_iter", 0),
    ("rampup_interval", 0),
)


def check_fields(bound: BoundSolver, *, net_given: bool) -> list[Diagnostic]:
    """Raises SolverError that names every fault of the fields alone; returns warnings.

    `net_given`: the training net comes from elsewhere, so that the fields need not name one.
    """
    faults = [
        *_faults_of_parts(bound),
        *_small_numbers(bound),
        *refused_fields(bound),
        *([] if net_given else _faulty_train_net(bound)),
        *_faulty_tests(bound, net_given=net_given),
    ]
    if faults:
        raise SolverError(sorted(faults, key=lambda fault: fault.span.start if fault.span else -1))
    return list(_warnings(bound))


def generic_net(param: caffe_pb2.SolverParameter) -> str | None:
    """The field that names one net for training and testing, if it is set."""
    return next((name for name in GENERIC if param.HasField(name)), None)


def _faults_of_parts(bound: BoundSolver) -> Iterator[Diagnostic]:
    for make, field in _PARTS:
        try:
            make(bound.message)
        except NetccError as error:
            yield from error.located(span_of(bound, field)).diagnostics


def _small_numbers(bound: BoundSolver) -> Iterator[Diagnostic]:
    for name, least in _AT_LEAST:
        value = getattr(bound.message, name)
        if value < least:
            yield Diagnostic(f"{name} is {value}, but must be at least {least}", span_of(bound, name))
    for index, batches in enumerate(bound.message.test_iter):
        if batches < 1:
            yield Diagnostic(f"test_iter is {batches}, but must be at least 1", span_of(bound, "test_iter", index))


def _faulty_train_net(bound: BoundSolver) -> Iterator[Diagnostic]:
    given = [name for name in (*GENERIC, *TRAIN_ONLY) if bound.message.HasField(name)]
    if not given:
        yield Diagnostic(
            "the solver names no net to train", None, ("expected one of: net, net_param, train_net, train_net_param",)
        )
    if len(given) > 1:
        yield Diagnostic(
            f"the solver names its net to train more than once: {' and '.join(given)}", span_of(bound, given[1])
        )


def _faulty_tests(bound: BoundSolver, *, net_given: bool) -> Iterator[Diagnostic]:
    param = bound.message
    own, tests = len(param.test_net) + len(param.test_net_param), len(param.test_iter)
    generic = net_given or generic_net(param) is not None
    if tests < own or (tests > own and not generic):
        yield Diagnostic(
            f"{tests} test_iter for {own} test nets",
            span_of(bound, "test_iter") or span_of(bound, "test_net") or span_of(bound, "test_net_param"),
            ("expected one test_iter, the number of batches, for each test net",),
        )
    if param.test_state and len(param.test_state) != max(tests, own):
        yield Diagnostic(
            f"{len(param.test_state)} test_state for {max(tests, own)} test nets",
            span_of(bound, "test_state"),
            ("expected one for each test net, or none",),
        )
    if tests and not param.test_interval:
        yield Diagnostic("test_iter is given, but test_interval is not", span_of(bound, "test_iter"))


def _warnings(bound: BoundSolver) -> Iterator[Diagnostic]:
    param = bound.message
    yield from passed_over_fields(bound)
    if param.HasField("solver_mode") and param.solver_mode == caffe_pb2.SolverParameter.GPU:
        yield Diagnostic(
            "solver_mode: GPU is not followed; netcc computes on the CPU",
            span_of(bound, "solver_mode"),
            severity="warning",
        )
