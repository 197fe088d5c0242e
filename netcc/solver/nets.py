"""Which nets a solver trains and tests, and how they are made.

Behaves as `Solver::InitTrainNet` and `Solver::InitTestNets` of src/caffe/solver.cpp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcc.compiler import NetSource, bind_net
from netcc.data.bad_records import BadRecords
from netcc.errors import SolverError, Span
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundSolver
from netcc.solver.fields import GENERIC, TRAIN_ONLY, generic_net
from netcc.solver.spans import span_of
from netcc.targets.options import MemoryUse
from netcc.types import Phase, Shape


@dataclass(frozen=True)
class Choice:
    """A net definition and the state in which the solver wants it, over the net's own."""

    net: NetSource
    state: caffe_pb2.NetState


def choose_train_net(bound: BoundSolver, given: NetSource | None) -> Choice:
    """The net to train: `given`, or the one that the solver names."""
    param = bound.message
    if given is not None:
        return Choice(given, param.train_state)
    name = next(name for name in (*GENERIC, *TRAIN_ONLY) if param.HasField(name))
    return Choice(_definition(bound, name, getattr(param, name)), param.train_state)


def choose_test_nets(bound: BoundSolver, given: NetSource | None) -> list[Choice]:
    """The test nets, one for each `test_iter`: those named for testing, then the generic one as often as is left."""
    param = bound.message
    nets: list[NetSource] = list(param.test_net_param)
    nets += [_definition(bound, "test_net", path, index) for index, path in enumerate(param.test_net)]
    left = len(param.test_iter) - len(nets)
    if left > 0:
        generic = generic_net(param)
        net = given if given is not None or generic is None else _definition(bound, generic, getattr(param, generic))
        nets += [net] * left if net is not None else []
    states = list(param.test_state) or [caffe_pb2.NetState()] * len(nets)
    return [Choice(net, state) for net, state in zip(nets, states, strict=True)]


def make_net(
    choice: Choice,
    phase: Phase,
    *,
    seed: int,
    shapes: Mapping[str, Shape] | None = None,
    share: Net | None = None,
    strict: bool = False,
    allow_python: bool = False,
    sources: Mapping[str, Iterable[Any]] | None = None,
    on_bad_record: BadRecords | None = None,
    keep_all: bool | None = None,
    keep_diffs: bool = False,
    exact: bool = False,
    optimize: bool = True,
    memory: MemoryUse = "fast",
) -> Net:
    """The net in its state: `phase`, overruled by the state of the net, overruled by that of the solver.

    A net that shares the parameters of another is for testing and has no gradients.
    """
    bound, state = bind_net(choice.net, strict=strict), caffe_pb2.NetState(phase=int(phase))
    state.MergeFrom(bound.message.state)
    state.MergeFrom(choice.state)
    return Net(
        bound,
        Phase(state.phase),
        level=state.level,
        stages=list(state.stage),
        shapes=shapes,
        seed=seed,
        share=share,
        keep_all=keep_all,
        keep_diffs=keep_diffs,
        gradients=share is None,
        exact=exact,
        optimize=optimize,
        memory=memory,
        allow_python=allow_python,
        sources=sources,
        on_bad_record=on_bad_record,
    )


def _definition(
    bound: BoundSolver, field: str, value: str | caffe_pb2.NetParameter, index: int = 0
) -> Path | caffe_pb2.NetParameter:
    return find_net(value, bound, span_of(bound, field, index)) if isinstance(value, str) else value


def find_net(path: str, bound: BoundSolver, span: Span | None) -> Path:
    """The file of a net that the solver names.

    A relative path is tried in the working directory, as in Caffe, then in the folder of the solver's file.
    Raises SolverError if there is neither.
    """
    here, beside = Path(path), Path(bound.source.name).parent / path
    if here.is_file():
        return here
    if beside.is_file():
        return beside
    places = [str(place) for place in dict.fromkeys((here, beside))]
    raise SolverError(f"the net {path!r} does not exist", span=span, notes=[f"looked for: {' and '.join(places)}"])
