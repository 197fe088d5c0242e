"""Momentum and weight decay that change as the run goes on.

`momentum_policy` and `weight_decay_policy` are those of NVIDIA/caffe (`SGDSolver::GetMomentum` and `GetWeightDecay` of
its src/caffe/solvers/sgd_solver.cpp); in BVLC's Caffe both are always fixed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from netcc.errors import SolverError, closest
from netcc.schema import caffe_pb2


class Hyperparameter(ABC):
    """A number that may depend on the iteration (from 0) and on its learning rate."""

    @abstractmethod
    def at(self, iteration: int, rate: float) -> float:
        """The number in `iteration`."""


@dataclass(frozen=True)
class Constant(Hyperparameter):
    """Always the same."""

    value: float

    def at(self, iteration: int, rate: float) -> float:
        return self.value


@dataclass(frozen=True)
class Ramp(Hyperparameter):
    """first + (last - first) * (iteration / iterations) ^ power."""

    first: float
    last: float
    iterations: int
    power: float

    def at(self, iteration: int, rate: float) -> float:
        share = min(1.0, iteration / self.iterations) if self.iterations > 0 else 1.0
        return float(self.first + (self.last - self.first) * share**self.power)


@dataclass(frozen=True)
class OfRate(Hyperparameter):
    """(1 - sqrt(rate) / 2) ^ 2, at most `most`: the momentum that is best for a quadratic loss."""

    most: float

    def at(self, iteration: int, rate: float) -> float:
        return min(self.most, (1 - 0.5 * math.sqrt(max(rate, 0.0))) ** 2)


def make_momentum(param: caffe_pb2.SolverParameter) -> Hyperparameter:
    """The momentum of SGD and LARS. Raises SolverError if its policy is unknown or of no use to the rule."""
    name = param.momentum_policy
    _check_policy("momentum_policy", name, ("fixed", "poly", "opt"))
    if name != "fixed" and param.type not in ("SGD", "LARS"):
        raise SolverError(f"momentum_policy {name!r} is for SGD and LARS, not {param.type}")
    if name == "poly":
        return Ramp(param.momentum, param.max_momentum, param.max_iter, param.momentum_power)
    if name == "opt":
        return OfRate(param.max_momentum if param.HasField("max_momentum") else 1.0)
    return Constant(param.momentum)


def make_decay(param: caffe_pb2.SolverParameter) -> Hyperparameter:
    """The weight decay. Raises SolverError if its policy is unknown."""
    name = param.weight_decay_policy
    _check_policy("weight_decay_policy", name, ("fixed", "poly"))
    if name == "poly":
        return Ramp(param.weight_decay, param.max_weight_decay, param.max_iter, param.weight_decay_power)
    return Constant(param.weight_decay)


def _check_policy(field: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise SolverError(
            f"unknown {field} {name!r}", notes=[f"expected one of: {', '.join(known)}"], suggestion=closest(name, known)
        )
