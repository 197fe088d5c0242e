"""The learning rate of every iteration: a warm-up, then a policy, never below a least rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields

from netcc.errors import SolverError, closest
from netcc.schema import caffe_pb2
from netcc.solver.policies import Policy, Progress, policies


@dataclass(frozen=True)
class WarmUp:
    """The first iterations, in which the rate grows from `start` to `base_lr`: evenly (power 1) or as a square (2).

    Goyal et al., Accurate, Large Minibatch SGD (2017). `warmup_iter` and `warmup_start_lr` of intel/caffe have power 1,
    `rampup_interval` and `rampup_lr` of NVIDIA/caffe 2.
    """

    iterations: int
    start: float
    power: int

    def rate(self, base: float, iteration: int) -> float:
        """The rate of `iteration`; that of the first one before it."""
        return self.start + (base - self.start) * (max(iteration, 0) / self.iterations) ** self.power


@dataclass(frozen=True)
class Schedule:
    """A base rate and what becomes of it. The policy counts all iterations, those of the warm-up included."""

    base_lr: float
    policy: Policy
    warm_up: WarmUp | None = None
    min_lr: float = 0.0

    def warms_up(self, iteration: int) -> bool:
        return self.warm_up is not None and iteration < self.warm_up.iterations

    def advance(self, iteration: int, progress: Progress, loss: float = math.nan) -> Progress:
        """The progress at `iteration`, given the one of the iteration before and the averaged loss, if there is one."""
        return progress if self.warms_up(iteration) else self.policy.advance(iteration, progress, loss)

    def rate(self, iteration: int, progress: Progress) -> float:
        """The learning rate of `iteration`; `progress` is what `advance` gave for it."""
        if self.warm_up is not None and self.warms_up(iteration):
            rate = self.warm_up.rate(self.base_lr, iteration)
        else:
            rate = self.policy.rate(self.base_lr, iteration, progress.step)
        return max(rate, self.min_lr) if self.min_lr else rate  # a gamma below 0 gives rates below 0

    def growth(self, iteration: int) -> float:
        """In a warm-up as that of intel/caffe, the rate of `iteration` over the one before it; else 1.

        The momentum of SGD is multiplied with it, since its velocity has the old rate inside (Goyal et al.).
        """
        if self.warm_up is None or self.warm_up.power != 1 or not self.warms_up(iteration):
            return 1.0
        before = self.warm_up.rate(self.base_lr, iteration - 1)
        return self.warm_up.rate(self.base_lr, iteration) / before if before else 1.0  # no velocity comes of rate 0


def policy_names() -> list[str]:
    """All known policies."""
    return list(policies)


def make_schedule(param: caffe_pb2.SolverParameter) -> Schedule:
    """The schedule that the solver's fields describe.

    Raises SolverError where `lr_policy` is missing or unknown, or a field that the policy needs is missing.
    """
    cls = _policy_class(param.lr_policy)
    warm_up = _make_warm_up(param)
    needed = [item.name for item in fields(cls) if item.default is MISSING]
    if cls.needs_base_lr or warm_up:
        needed.insert(0, "base_lr")
    missing = [name for name in needed if not _given(param, name)]
    if missing:
        raise SolverError(f"lr_policy {cls.name!r} needs {' and '.join(missing)}")
    if param.min_lr < 0:
        raise SolverError(f"min_lr is {param.min_lr:g}, but must be at least 0")
    values = {item.name: _value(param, item.name) for item in fields(cls)}
    return Schedule(param.base_lr, cls(**values), warm_up, param.min_lr)


def _policy_class(name: str) -> type[Policy]:
    known = [f"expected one of: {', '.join(policies)}"]
    if not name:
        raise SolverError("lr_policy is not given", notes=known)
    if name not in policies:
        raise SolverError(f"unknown lr_policy {name!r}", notes=known, suggestion=closest(name, policies))
    return policies[name]


def _make_warm_up(param: caffe_pb2.SolverParameter) -> WarmUp | None:
    if param.warmup_iter > 0 and param.rampup_interval > 0:
        raise SolverError("warmup_iter and rampup_interval exclude each other", notes=["both are a warm-up"])
    if param.warmup_iter > 0:
        return WarmUp(param.warmup_iter, param.warmup_start_lr, 1)
    if param.rampup_interval > 0:
        return WarmUp(param.rampup_interval, param.rampup_lr, 2)
    return None


def _given(param: caffe_pb2.SolverParameter, name: str) -> bool:
    value = _value(param, name)
    return bool(value) if isinstance(value, tuple) else param.HasField(name)


def _value(param: caffe_pb2.SolverParameter, name: str) -> float | tuple[float, ...]:
    value: float | Iterable[float] = getattr(param, name)
    return value if isinstance(value, (int, float)) else tuple(value)
