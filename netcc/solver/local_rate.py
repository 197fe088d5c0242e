"""The learning rate of one parameter: the common rate, or one that fits the norms of its weights and gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from netcc.errors import SolverError
from netcc.schema import caffe_pb2


class LocalRate(ABC):
    """How the rate of a parameter comes about."""

    needs_norms: ClassVar[bool] = True

    @abstractmethod
    def of(self, rate: float, lr_mult: float, momentum: float, weights: float, gradient: float) -> float:
        """The rate of a parameter.

        `weights` and `gradient` are L2 norms, the gradient that of the mean over the passes, after clipping and before
        weight decay; both are 0 where `needs_norms` is False.
        """


@dataclass(frozen=True)
class CommonRate(LocalRate):
    """rate * lr_mult."""

    needs_norms = False

    def of(self, rate: float, lr_mult: float, momentum: float, weights: float, gradient: float) -> float:
        return rate * lr_mult


@dataclass(frozen=True)
class Lars(LocalRate):
    """rate * trust * |w| / (|g| + decay * |w|), or the rate itself where a norm is 0; 0 where lr_mult is 0.

    Any other lr_mult counts as 1, and `decay` is that of the solver, whatever the decay_mult: so `local_lr_auto` of
    intel/caffe has it. You, Gitman and Ginsburg, Large Batch Training of Convolutional Networks (2017).
    """

    trust: float
    decay: float

    def of(self, rate: float, lr_mult: float, momentum: float, weights: float, gradient: float) -> float:
        if lr_mult == 0 or not (weights > 0 and gradient > 0):
            return rate * (lr_mult != 0)
        return rate * self.trust * weights / (gradient + self.decay * weights)


@dataclass(frozen=True)
class Larc(LocalRate):
    """local = (1 - momentum) * trust * |w| / |g|, or 1 where a norm is 0; the rate is rate * local or, with `clip`,
    the smaller of both. 0 where lr_mult is 0; any other counts as 1.

    `larc` of NVIDIA/caffe, with the gradient before weight decay as on its GPUs.
    """

    trust: float
    clip: bool

    def of(self, rate: float, lr_mult: float, momentum: float, weights: float, gradient: float) -> float:
        if lr_mult == 0:
            return 0.0
        known = weights > 0 and gradient > 0
        local = (1 - momentum) * self.trust * weights / gradient if known else 1.0
        return min(rate, local) if self.clip else rate * local


def make_local_rate(param: caffe_pb2.SolverParameter) -> LocalRate:
    """What the solver's fields ask for. Raises SolverError where they contradict each other."""
    lars = param.local_lr_auto or param.type == "LARS"
    if not param.larc:
        return Lars(param.local_gw_ratio, param.weight_decay) if lars else CommonRate()
    if lars:
        other = "local_lr_auto" if param.local_lr_auto else 'type: "LARS"'
        raise SolverError(f"larc and {other} exclude each other", notes=["both give each parameter a rate of its own"])
    if param.larc_turbo:
        raise SolverError("larc_turbo is not supported", notes=["leave it out to train with larc alone"])
    if param.larc_policy not in ("scale", "clip"):
        raise SolverError(f"unknown larc_policy {param.larc_policy!r}", notes=["expected scale or clip"])
    return Larc(param.larc_eta, param.larc_policy == "clip")
