"""One update of all parameters: clipping, averaging, weight decay, rule.

Order and arithmetic are those of `SGDSolver::ApplyUpdate` in src/caffe/solvers/sgd_solver.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from netcc.errors import SolverError
from netcc.ir.graph import Parameter
from netcc.kernels.twins import pick
from netcc.kernels.updates import step
from netcc.plan.plan import LayerStep, Plan
from netcc.runtime.net import Net
from netcc.runtime.threads import run_together
from netcc.schema import caffe_pb2
from netcc.solver.hyperparameters import make_decay, make_momentum
from netcc.solver.local_rate import make_local_rate
from netcc.solver.rules import Rule, make_rule
from netcc.targets.share import processors
from netcc.types import Array

TILE = 262_144
"""Elements that are brought through all steps of the update at once: they stay in a cache, and calls are long."""

LEAST_SHARED = 1 << 18
"""So many elements are worth more than one thread."""


@dataclass(frozen=True)
class Preparation:
    """What happens to a gradient before the rule sees it.

    `clip`: the largest L2 norm of the gradients of all parameters together, None for no limit; `passes`: forward and
    backward passes that were summed (iter_size); `signs`: weight decay goes by the signs of the weights (L1), not by
    the weights (L2).
    """

    clip: float | None
    passes: int
    signs: bool

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Preparation:
        """Raises SolverError where `regularization_type` is neither L1 nor L2."""
        kind = param.regularization_type
        if kind not in ("L1", "L2"):
            raise SolverError(f"unknown regularization_type {kind!r}", notes=["expected L1 or L2"])
        clip = param.clip_gradients if param.clip_gradients >= 0 else None
        return cls(clip, param.iter_size, kind == "L1")


@dataclass(frozen=True, eq=False, slots=True)
class Tile:
    """Up to `TILE` elements of the parameter at place `index`: flat views into live arrays."""

    index: int
    data: Array
    gradient: Array
    moments: tuple[Array, ...]
    scratch: tuple[Array, Array]


class Optimizer:
    """Brings the parameters of `net` up to date from their gradients. Allocates nothing while it runs.

    `history` has the moments of the rule: those of all parameters in their order, then all second ones.
    """

    def __init__(self, net: Net, param: caffe_pb2.SolverParameter) -> None:
        self.rule: Rule = make_rule(param)
        self.preparation = Preparation.from_message(param)
        self._local_rate = make_local_rate(param)
        self._momentum, self._decay = make_momentum(param), make_decay(param)
        data, diffs = net.parameter_arrays(), net.parameter_diff_arrays()
        self.parameters: list[Parameter] = list(data)
        self._dtype = np.result_type(*data.values()) if data else np.dtype(np.float32)
        self.history: list[Array] = [
            np.zeros_like(data[parameter]) for _ in range(self.rule.moments) for parameter in self.parameters
        ]
        self._weights = [data[parameter].reshape(-1) for parameter in self.parameters]
        self._gradients = [diffs[parameter].reshape(-1) for parameter in self.parameters]
        written = _written(net.plan)
        self._unwritten = [diffs[parameter] for parameter in self.parameters if parameter not in written]
        self._shares = [self._cut(start, stop) for start, stop in self._ranges()]
        self._step = pick(step)

    def clear_unwritten(self) -> None:
        """Zeroes the gradients that the backward pass does not overwrite (nothing learns there)."""
        for gradient in self._unwritten:
            gradient.fill(0)

    def apply(self, rate: float, iteration: int, growth: float = 1.0) -> None:
        """Updates every parameter with the learning rate `rate` of `iteration`, which `growth` says of a warm-up.

        The gradients hold what was subtracted afterwards, as in Caffe.
        """
        momentum, decay = self._momentum.at(iteration, rate), self._decay.at(iteration, rate)
        rule, signs = self.rule.at(iteration, momentum, growth), self.preparation.signs
        scale = self._clipping() / self.preparation.passes
        rates = self._local_rates(rate, momentum, scale)
        correction = rule.rate(1.0, iteration)
        penalties = [decay * parameter.decay_mult for parameter in self.parameters]

        kernel, numbers = rule.kernel()

        def update(tiles: Sequence[Tile]) -> None:
            for tile in tiles:
                own, penalty = rates[tile.index], penalties[tile.index]
                early, late = (0.0, penalty * own) if rule.decays_weights else (penalty, 0.0)
                arrays = tile.data, tile.gradient, tile.moments, tile.scratch
                self._step(kernel, *arrays, scale, early, late, signs, own * correction, numbers)

        run_together([(update, share) for share in self._shares])

    def _local_rates(self, rate: float, momentum: float, scale: float) -> list[float]:
        """The rate of each parameter; `scale` is what gradients will be multiplied with."""
        local = self._local_rate
        if not local.needs_norms:
            return [local.of(rate, parameter.lr_mult, momentum, 0.0, 0.0) for parameter in self.parameters]
        return [
            local.of(rate, parameter.lr_mult, momentum, _norm(weights), abs(scale) * _norm(gradient))
            for parameter, weights, gradient in zip(self.parameters, self._weights, self._gradients, strict=True)
        ]

    def _clipping(self) -> float:
        """What all gradients are multiplied with to keep their common norm within the limit."""
        limit = self.preparation.clip
        if limit is None:
            return 1.0
        norm = math.hypot(*map(_norm, self._gradients))
        return limit / norm if norm > limit else 1.0

    def _ranges(self) -> list[tuple[int, int]]:
        """Equal shares of all elements, one for each processor; only one where there are few of them.

        No element looks at another, so the shares change no result.
        """
        total = sum(data.size for data in self._weights)
        number = processors() if total >= LEAST_SHARED else 1
        return list(pairwise(total * index // number for index in range(number + 1)))

    def _cut(self, start: int, stop: int) -> list[Tile]:
        """The elements from `start` to `stop`, all parameters in one line, as tiles with scratch of their own."""
        moments = [array.reshape(-1) for array in self.history]
        scratch = [np.empty(TILE, self._dtype) for _ in range(2)]
        tiles, before = [], 0
        for index, (data, gradient) in enumerate(zip(self._weights, self._gradients, strict=True)):
            low, high = max(start - before, 0), min(stop - before, data.size)
            before += data.size
            for first in range(low, high, TILE):
                part = slice(first, min(first + TILE, high))
                length = data[part].size
                own = tuple(array[part] for array in moments[index :: len(self.parameters)])
                tiles.append(Tile(index, data[part], gradient[part], own, (scratch[0][:length], scratch[1][:length])))
        return tiles


def _norm(flat: Array) -> float:
    return math.sqrt(float(np.dot(flat, flat)))


def _written(plan: Plan) -> set[Parameter]:
    """The parameters whose gradients a backward pass overwrites."""
    steps = [step for step in plan.backward if isinstance(step, LayerStep)]
    slots = {view.slot for step in steps for view in step.parameter_diffs if view}
    return {parameter for parameter, view in plan.parameter_diffs.items() if view.slot in slots}
