"""Learning rate policies: the rate of an iteration, from `base_lr` and what has happened so far.

A policy is a frozen dataclass whose fields are the solver fields that it reads, under the same names; those with a
default need not be given. The formulas are those of `SGDSolver::GetLearningRate` in src/caffe/solvers/sgd_solver.cpp,
of BVLC where no other source is named.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

import numpy as np

from netcc.errors import SolverError


@dataclass(frozen=True)
class Progress:
    """What a policy remembers between iterations; a snapshot carries it.

    `step`: how often the rate has dropped (`current_step`); `minimum_loss`: the lowest averaged loss; `last_event`: the
    iteration of that loss or of the last drop (`iter_last_event`).
    """

    step: int = 0
    minimum_loss: float = math.inf
    last_event: int = 0


@dataclass(frozen=True)
class Policy(ABC):
    """How the rate changes."""

    name: ClassVar[str]
    """The word in `lr_policy: "..."`; set by `policy`."""

    needs_base_lr: ClassVar[bool] = True

    @abstractmethod
    def rate(self, base: float, iteration: int, step: int) -> float:
        """The rate of `iteration`, `step` being already that of the iteration."""

    def advance(self, iteration: int, progress: Progress, loss: float) -> Progress:
        """The progress at `iteration`, given the one of the iteration before; `loss` is the averaged one, nan before
        there is any."""
        return progress


P = TypeVar("P", bound=Policy)

policies: dict[str, type[Policy]] = {}
"""All policies by name."""


def policy(name: str) -> Callable[[type[P]], type[P]]:
    """Class decorator: the class is `lr_policy: "name"`."""

    def add(cls: type[P]) -> type[P]:
        cls.name = name
        policies[name] = cls
        return cls

    return add


@policy("fixed")
@dataclass(frozen=True)
class Fixed(Policy):
    """base_lr."""

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base


@policy("step")
@dataclass(frozen=True)
class Step(Policy):
    """base_lr * gamma ^ floor(iteration / stepsize)."""

    gamma: float
    stepsize: int

    def __post_init__(self) -> None:
        if self.stepsize < 1:
            raise SolverError(f"stepsize is {self.stepsize}, but must be at least 1")

    def advance(self, iteration: int, progress: Progress, loss: float) -> Progress:
        return replace(progress, step=iteration // self.stepsize)

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base * _power(self.gamma, step)


@policy("exp")
@dataclass(frozen=True)
class Exponential(Policy):
    """base_lr * gamma ^ iteration."""

    gamma: float

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base * _power(self.gamma, iteration)


@policy("inv")
@dataclass(frozen=True)
class Inverse(Policy):
    """base_lr * (1 + gamma * iteration) ^ -power."""

    gamma: float
    power: float

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base * _power(1 + self.gamma * iteration, -self.power)


@policy("multistep")
@dataclass(frozen=True)
class MultiStep(Policy):
    """base_lr * gamma ^ (number of stepvalues reached), but at most one more in each iteration."""

    gamma: float
    stepvalue: tuple[int, ...]

    def advance(self, iteration: int, progress: Progress, loss: float) -> Progress:
        reached = progress.step < len(self.stepvalue) and iteration >= self.stepvalue[progress.step]
        return replace(progress, step=progress.step + 1) if reached else progress

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base * _power(self.gamma, step)


@policy("poly")
@dataclass(frozen=True)
class Polynomial(Policy):
    """min_lr + (base_lr - min_lr) * (1 - iteration / max_iter) ^ power, and min_lr from max_iter on.

    min_lr, 0 in BVLC's, is that of NVIDIA/caffe.
    """

    power: float
    max_iter: int
    min_lr: float = 0.0

    def rate(self, base: float, iteration: int, step: int) -> float:
        left = max(0.0, 1 - iteration / self.max_iter) if self.max_iter > 0 else 0.0
        return self.min_lr + (base - self.min_lr) * _power(left, self.power)


@policy("sigmoid")
@dataclass(frozen=True)
class Sigmoid(Policy):
    """base_lr / (1 + e ^ (-gamma * (iteration - stepsize)))."""

    gamma: float
    stepsize: int

    def rate(self, base: float, iteration: int, step: int) -> float:
        x = self.gamma * (iteration - self.stepsize)
        grown = math.exp(-abs(x))
        return base * (1 / (1 + grown) if x >= 0 else grown / (1 + grown))


@policy("plateau")
@dataclass(frozen=True)
class Plateau(Policy):
    """base_lr * gamma ^ (number of drops).

    The rate drops for the k-th time when plateau_winsize[k] iterations have passed since the averaged loss was last at
    its lowest, or since the last drop; after the last of them it stays. Krizhevsky, Sutskever and Hinton, ImageNet
    Classification with Deep Convolutional Neural Networks (2012), did so by hand; here it is that of weiliu89/caffe,
    branch ssd, which intel/caffe has as well.
    """

    gamma: float
    plateau_winsize: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_positive("plateau_winsize", self.plateau_winsize)

    def advance(self, iteration: int, progress: Progress, loss: float) -> Progress:
        loss = float(np.float32(loss))  # what a solver state can hold, so that a resumed run goes on alike
        if loss < progress.minimum_loss:
            progress = replace(progress, minimum_loss=loss, last_event=iteration)
        if progress.step == len(self.plateau_winsize):
            return progress
        if iteration >= progress.last_event + self.plateau_winsize[progress.step]:
            return replace(progress, step=progress.step + 1, last_event=iteration)
        return progress

    def rate(self, base: float, iteration: int, step: int) -> float:
        return base * _power(self.gamma, step)


@policy("multifixed")
@dataclass(frozen=True)
class MultiFixed(Policy):
    """stagelr[k] up to and with iteration stageiter[k], and the last one from there on. base_lr is not read.

    That of intel/caffe and eric612/MobileNet-YOLO.
    """

    needs_base_lr = False
    stagelr: tuple[float, ...]
    stageiter: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.stagelr) != len(self.stageiter):
            raise SolverError(
                f"{len(self.stagelr)} stagelr for {len(self.stageiter)} stageiter",
                notes=["expected one stageiter, the last iteration of the stage, for each stagelr"],
            )

    def rate(self, base: float, iteration: int, step: int) -> float:
        stages = zip(self.stagelr, self.stageiter, strict=True)
        return next((rate for rate, last in stages if iteration <= last), self.stagelr[-1])


@policy("cosine")
@dataclass(frozen=True)
class Cosine(Policy):
    """min_lr + (base_lr - min_lr) * (1 + cos(pi * iteration / max_iter)) / 2, and min_lr from max_iter on.

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017), one period without a restart.
    """

    max_iter: int
    min_lr: float = 0.0

    def rate(self, base: float, iteration: int, step: int) -> float:
        share = min(1.0, iteration / self.max_iter) if self.max_iter > 0 else 1.0
        return self.min_lr + (base - self.min_lr) * (1 + math.cos(math.pi * share)) / 2


def _check_positive(name: str, numbers: Sequence[int]) -> None:
    least = min(numbers)
    if least < 1:
        raise SolverError(f"{name} is {least}, but must be at least 1")


def _power(base: float, exponent: float) -> float:
    """`base ^ exponent` with infinity, not an exception, where it is too large; nan where it is not a real number."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:  # 0 to a negative power, or a root of a negative number
        return math.inf if base == 0 else math.nan
