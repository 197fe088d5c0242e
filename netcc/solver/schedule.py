"""Learning rate policies: the rate of an iteration as a multiple of `base_lr`.

A policy is a frozen dataclass whose fields are the solver fields that it needs, under the same names. The formulas are
those of `SGDSolver::GetLearningRate` in src/caffe/solvers/sgd_solver.cpp.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

from netcc.errors import SolverError, closest
from netcc.schema import caffe_pb2


@dataclass(frozen=True)
class Policy(ABC):
    """How the rate changes. `step` is how often it has dropped so far; a snapshot carries it as `current_step`."""

    name: ClassVar[str]
    """The word in `lr_policy: "..."`; set by `policy`."""

    @abstractmethod
    def factor(self, iteration: int, step: int) -> float:
        """The rate of `iteration` over the base rate, `step` being already that of the iteration."""

    def advance(self, iteration: int, step: int) -> int:
        """The step of `iteration`, given the one of the iteration before."""
        return step


@dataclass(frozen=True)
class Schedule:
    """A base rate and what becomes of it."""

    base_lr: float
    policy: Policy

    def advance(self, iteration: int, step: int) -> int:
        return self.policy.advance(iteration, step)

    def rate(self, iteration: int, step: int) -> float:
        """The learning rate of `iteration`; `step` is what `advance` gave for it."""
        return self.base_lr * self.policy.factor(iteration, step)


P = TypeVar("P", bound=Policy)

_policies: dict[str, type[Policy]] = {}


def policy(name: str) -> Callable[[type[P]], type[P]]:
    """Class decorator: the class is `lr_policy: "name"`."""

    def add(cls: type[P]) -> type[P]:
        cls.name = name
        _policies[name] = cls
        return cls

    return add


def policy_names() -> list[str]:
    """All known policies."""
    return list(_policies)


@policy("fixed")
@dataclass(frozen=True)
class Fixed(Policy):
    """Always the base rate."""

    def factor(self, iteration: int, step: int) -> float:
        return 1.0


@policy("step")
@dataclass(frozen=True)
class Step(Policy):
    """gamma ^ floor(iteration / stepsize)."""

    gamma: float
    stepsize: int

    def __post_init__(self) -> None:
        if self.stepsize < 1:
            raise SolverError(f"stepsize is {self.stepsize}, but must be at least 1")

    def advance(self, iteration: int, step: int) -> int:
        return iteration // self.stepsize

    def factor(self, iteration: int, step: int) -> float:
        return _power(self.gamma, step)


@policy("exp")
@dataclass(frozen=True)
class Exponential(Policy):
    """gamma ^ iteration."""

    gamma: float

    def factor(self, iteration: int, step: int) -> float:
        return _power(self.gamma, iteration)


@policy("inv")
@dataclass(frozen=True)
class Inverse(Policy):
    """(1 + gamma * iteration) ^ -power."""

    gamma: float
    power: float

    def factor(self, iteration: int, step: int) -> float:
        return _power(1 + self.gamma * iteration, -self.power)


@policy("multistep")
@dataclass(frozen=True)
class MultiStep(Policy):
    """gamma ^ (number of stepvalues reached), but at most one more in each iteration."""

    gamma: float
    stepvalue: tuple[int, ...]

    def advance(self, iteration: int, step: int) -> int:
        return step + 1 if step < len(self.stepvalue) and iteration >= self.stepvalue[step] else step

    def factor(self, iteration: int, step: int) -> float:
        return _power(self.gamma, step)


@policy("poly")
@dataclass(frozen=True)
class Polynomial(Policy):
    """(1 - iteration / max_iter) ^ power, and 0 from max_iter on."""

    power: float
    max_iter: int

    def factor(self, iteration: int, step: int) -> float:
        left = max(0.0, 1 - iteration / self.max_iter) if self.max_iter > 0 else 0.0
        return _power(left, self.power)


@policy("sigmoid")
@dataclass(frozen=True)
class Sigmoid(Policy):
    """1 / (1 + e ^ (-gamma * (iteration - stepsize)))."""

    gamma: float
    stepsize: int

    def factor(self, iteration: int, step: int) -> float:
        x = self.gamma * (iteration - self.stepsize)
        grown = math.exp(-abs(x))
        return 1 / (1 + grown) if x >= 0 else grown / (1 + grown)


def make_schedule(param: caffe_pb2.SolverParameter) -> Schedule:
    """The schedule that the solver's fields describe.

    Raises SolverError where `lr_policy` is missing or unknown, or a field that the policy needs is missing.
    """
    name = param.lr_policy
    if not name:
        raise SolverError("lr_policy is not given", notes=[f"expected one of: {', '.join(_policies)}"])
    cls = _policies.get(name)
    if cls is None:
        raise SolverError(
            f"unknown lr_policy {name!r}",
            notes=[f"expected one of: {', '.join(_policies)}"],
            suggestion=closest(name, _policies),
        )
    needed = [item.name for item in fields(cls)]
    missing = [wanted for wanted in ("base_lr", *needed) if not _given(param, wanted)]
    if missing:
        raise SolverError(f"lr_policy {name!r} needs {' and '.join(missing)}")
    return Schedule(param.base_lr, cls(**{wanted: _value(param, wanted) for wanted in needed}))


def _given(param: caffe_pb2.SolverParameter, name: str) -> bool:
    return bool(param.stepvalue) if name == "stepvalue" else param.HasField(name)


def _value(param: caffe_pb2.SolverParameter, name: str) -> object:
    return tuple(param.stepvalue) if name == "stepvalue" else getattr(param, name)


def _power(base: float, exponent: float) -> float:
    """`base ^ exponent` with infinity, not an exception, where it is too large; nan where it is not a real number."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:  # 0 to a negative power, or a root of a negative number
        return math.inf if base == 0 else math.nan
