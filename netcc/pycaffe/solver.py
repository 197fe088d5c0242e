"""`caffe.SGDSolver` and the others, under the names that python/caffe/_caffe.cpp gives their users."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from netcc.pycaffe.net import Net
from netcc.pycaffe.training import Callback, Training
from netcc.schema import caffe_pb2
from netcc.schema.bind import load_solver


class SolverParam:
    """`solver.param`: the fields of the solver's definition, to be read; `base_lr` can be set."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def __getattr__(self, name: str) -> Any:
        return getattr(self._training.param, name)

    @property
    def base_lr(self) -> float:
        return self._training.param.base_lr

    @base_lr.setter
    def base_lr(self, rate: float) -> None:
        self._training.set_base_lr(rate)


class Solver:
    """The base of all solvers: `caffe.get_solver(file)` gives one of the type that the file names.

    Raises SolverError and whatever the nets raise, with the places of all faults.
    """

    type: ClassVar[str] = ""

    def __init__(self, solver_file: str | os.PathLike[str]) -> None:
        bound = load_solver(Path(solver_file))
        message = caffe_pb2.SolverParameter()
        message.CopyFrom(bound.message)
        message.type = self.type or message.type
        self._training = Training(replace(bound, message=message))
        self.param = SolverParam(self._training)

    @property
    def net(self) -> Net:
        """The net in training."""
        return self._training.training_net

    @property
    def test_nets(self) -> list[Net]:
        """The nets for testing; they have the parameters of `net` from the start."""
        return self._training.testing_nets

    @property
    def iter(self) -> int:
        """The number of updates so far."""
        return self._training.iter

    @property
    def lr(self) -> float:
        """The learning rate of the coming update."""
        return self._training.lr

    def step(self, iterations: int) -> None:
        """Trains for so many iterations. Raises NumericsError if the loss is not finite."""
        self._training.step(iterations)

    def solve(self, resume_file: str | os.PathLike[str] | None = None) -> None:
        """Trains until `max_iter`, from the snapshot with that state if one is given."""
        self._training.solve(Path(resume_file) if resume_file is not None else None)

    def restore(self, state_file: str | os.PathLike[str]) -> None:
        """Goes on from the snapshot whose `.solverstate` this is."""
        self._training.restore(Path(state_file))

    def snapshot(self) -> None:
        """Writes weights and state of this iteration under the solver's snapshot_prefix."""
        self._training.snapshot()

    def apply_update(self) -> None:
        """Updates the parameters from their diffs as they are, and counts one iteration."""
        self._training.apply_update()

    def add_callback(self, on_start: Callback, on_gradients_ready: Callback) -> None:
        """Calls the one before the passes of every iteration, the other between them and the update."""
        self._training.on_start.append(on_start)
        self._training.on_gradients_ready.append(on_gradients_ready)

    def share_weights(self, net: Net) -> None:
        """Lets `net` use the parameters of the net in training."""
        net.share_with(self.net)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._training.param.type}, iteration {self.iter}, {self.net!r})"


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum, whatever type the file names; likewise the others."""

    type = "SGD"


class NesterovSolver(SGDSolver):
    type = "Nesterov"


class AdaGradSolver(SGDSolver):
    type = "AdaGrad"


class RMSPropSolver(SGDSolver):
    type = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    type = "AdaDelta"


class AdamSolver(SGDSolver):
    type = "Adam"


def get_solver(solver_file: str | os.PathLike[str]) -> Solver:
    """The solver of the type that the file names, SGD if none. Types of forks get the plain class `Solver`."""
    kinds: Sequence[type[Solver]] = [SGDSolver, *SGDSolver.__subclasses__()]
    named = load_solver(Path(solver_file)).message.type
    kind = next((kind for kind in kinds if kind.type == named), Solver)
    return kind(solver_file)
