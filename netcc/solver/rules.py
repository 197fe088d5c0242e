"""Update rules: what becomes of a gradient before it is taken off its parameter.

A rule holds hyper-parameters only. `update` reads a gradient and the moments that belong to it, brings the moments up
to date and leaves in the gradient's place what is to be subtracted. All arrays are flat and of one length.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self, TypeVar

from netcc.errors import SolverError, closest
from netcc.kernels import updates
from netcc.schema import caffe_pb2
from netcc.types import Array


@dataclass(frozen=True)
class Rule(ABC):
    """The base of all rules."""

    name: ClassVar[str]
    """The word in `type: "..."`; set by `rule`."""

    moments: ClassVar[int] = 1
    """Arrays that are kept for each parameter from one iteration to the next, zero at first."""

    decays_weights: ClassVar[bool] = False
    """Whether weight decay is taken off the weights themselves, past the moments, not added to the gradient."""

    @classmethod
    @abstractmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        """Raises SolverError where the solver's fields make no sense for the rule."""

    def at(self, iteration: int, momentum: float, growth: float) -> Rule:
        """The rule as it is in `iteration`, if its `momentum` or something else depends on that.

        `growth`: what the rate of a warm-up is relative to that of the iteration before.
        """
        return self

    def rate(self, rate: float, iteration: int) -> float:
        """The learning rate of `iteration` (from 0) with the corrections that the rule makes to it."""
        return rate

    @abstractmethod
    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        """What computes the rule, and its hyper-parameters."""

    def update(self, gradient: Array, moments: Sequence[Array], rate: float, scratch: Sequence[Array]) -> None:
        """Turns `gradient` into the step to subtract. `scratch` is two arrays of any contents."""
        update, numbers = self.kernel()
        update(gradient, moments, rate, numbers, scratch)


R = TypeVar("R", bound=Rule)

_rules: dict[str, type[Rule]] = {}


def rule(name: str) -> Callable[[type[R]], type[R]]:
    """Class decorator: the class is `type: "name"`."""

    def add(cls: type[R]) -> type[R]:
        cls.name = name
        _rules[name] = cls
        return cls

    return add


def rule_names() -> list[str]:
    """All known rules."""
    return list(_rules)


def make_rule(param: caffe_pb2.SolverParameter) -> Rule:
    """The rule that the solver's `type` names. Raises SolverError if there is none or its fields do not fit it."""
    cls = _rules.get(param.type)
    if cls is None:
        raise SolverError(
            f"unknown solver type {param.type!r}",
            notes=[f"expected one of: {', '.join(_rules)}"],
            suggestion=closest(param.type, _rules),
        )
    return cls.from_message(param)


@rule("SGD")
@dataclass(frozen=True)
class Momentum(Rule):
    """v = momentum * v + rate * g; the step is v. The rate is inside v: v keeps the rates of the past.

    Behaves as src/caffe/solvers/sgd_solver.cpp.
    """

    momentum: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        return cls(param.momentum)

    def at(self, iteration: int, momentum: float, growth: float) -> Rule:
        return replace(self, momentum=momentum * growth)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.momentum, (self.momentum,)


@rule("LARS")
@dataclass(frozen=True)
class LayerwiseMomentum(Momentum):
    """SGD with a rate of its own for each parameter, as with `local_lr_auto: true`: see netcc/solver/local_rate.py."""


@rule("Nesterov")
@dataclass(frozen=True)
class Nesterov(Rule):
    """v' = momentum * v + rate * g; the step is (1 + momentum) * v' - momentum * v.

    Behaves as src/caffe/solvers/nesterov_solver.cpp. Nesterov, A method of solving a convex programming problem (1983).
    """

    momentum: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        return cls(param.momentum)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.nesterov, (self.momentum,)


@rule("AdaGrad")
@dataclass(frozen=True)
class AdaGrad(Rule):
    """h += g^2; the step is rate * g / (sqrt(h) + delta).

    Behaves as src/caffe/solvers/adagrad_solver.cpp. Duchi, Hazan and Singer, Adaptive Subgradient Methods (2011).
    """

    delta: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        _refuse_momentum(param)
        return cls(param.delta)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.adagrad, (self.delta,)


@rule("RMSProp")
@dataclass(frozen=True)
class RMSProp(Rule):
    """h = decay * h + (1 - decay) * g^2; the step is rate * g / (sqrt(h) + delta).

    Behaves as src/caffe/solvers/rmsprop_solver.cpp. Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine
    Learning (2012).
    """

    decay: float
    delta: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        _refuse_momentum(param)
        if not 0 <= param.rms_decay < 1:
            raise SolverError(f"rms_decay is {param.rms_decay:g}, but must be at least 0 and below 1")
        return cls(param.rms_decay, param.delta)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.rmsprop, (self.decay, self.delta)


@rule("AdaDelta")
@dataclass(frozen=True)
class AdaDelta(Rule):
    """hg averages g^2, hu averages u^2; u = g * sqrt((delta + hu) / (delta + hg)); the step is rate * u.

    Behaves as src/caffe/solvers/adadelta_solver.cpp. Zeiler, ADADELTA (2012).
    """

    moments = 2
    decay: float
    delta: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        return cls(param.momentum, param.delta)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.adadelta, (self.decay, self.delta)


@rule("Adam")
@dataclass(frozen=True)
class Adam(Rule):
    """m averages g, v averages g^2; the step is rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + delta).

    t is the iteration counted from 1. delta joins the uncorrected root, unlike in the paper.
    Behaves as src/caffe/solvers/adam_solver.cpp. Kingma and Ba, Adam (2015).
    """

    moments = 2
    beta1: float
    beta2: float
    delta: float

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Self:
        for name, beta in (("momentum", param.momentum), ("momentum2", param.momentum2)):
            if not 0 <= beta < 1:
                raise SolverError(f"{name} is {beta:g}, but {cls.name} needs it at least 0 and below 1")
        return cls(param.momentum, param.momentum2, param.delta)

    def rate(self, rate: float, iteration: int) -> float:
        time = iteration + 1
        return rate * math.sqrt(1 - self.beta2**time) / (1 - self.beta1**time)

    def kernel(self) -> tuple[updates.Update, updates.Numbers]:
        return updates.adam, (self.beta1, self.beta2, self.delta)


@rule("AdamW")
@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, but weight decay shrinks the weights by rate * decay * w, past the averages; and delta joins the corrected
    root: the step is rate * (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + delta) + decay * w).

    Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).
    """

    decays_weights = True

    def at(self, iteration: int, momentum: float, growth: float) -> Rule:
        return replace(self, delta=self.delta * math.sqrt(1 - self.beta2 ** (iteration + 1)))


def _refuse_momentum(param: caffe_pb2.SolverParameter) -> None:
    if param.momentum:
        raise SolverError(f"{param.type} works without momentum, but momentum is {param.momentum:g}")
