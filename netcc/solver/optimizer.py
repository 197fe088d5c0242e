"""One update of all parameters: clipping, averaging, weight decay, rule.

Order and arithmetic are those of `SGDSolver::ApplyUpdate` in src/caffe/solvers/sgd_solver.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from netcc.errors import SolverError
from netcc.ir.graph import Parameter
from netcc.plan.plan import LayerStep, Plan
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.solver.rules import Rule, make_rule
from netcc.types import Array

TILE = 32_768
"""Elements that are brought through all steps of the update at once, so that they stay in the cache meanwhile."""


@dataclass(frozen=True)
class Preparation:
    """What happens to a gradient before the rule sees it.

    `clip`: the largest L2 norm of the gradients of all parameters together, None for no limit; `passes`: forward and
    backward passes that were summed (iter_size); `decay`: weight_decay, on the weights (L2) or on their signs (L1).
    """

    clip: float | None
    passes: int
    decay: float
    signs: bool

    @classmethod
    def from_message(cls, param: caffe_pb2.SolverParameter) -> Preparation:
        """Raises SolverError where `regularization_type` is neither L1 nor L2."""
        kind = param.regularization_type
        if kind not in ("L1", "L2"):
            raise SolverError(f"unknown regularization_type {kind!r}", notes=["expected L1 or L2"])
        clip = param.clip_gradients if param.clip_gradients >= 0 else None
        return cls(clip, param.iter_size, param.weight_decay, kind == "L1")


@dataclass(frozen=True, eq=False, slots=True)
class Tile:
    """Up to `TILE` elements of one parameter: flat views into live arrays, and what scales them."""

    data: Array
    gradient: Array
    moments: tuple[Array, ...]
    scratch: tuple[Array, Array]
    lr_mult: float
    decay: float


class Optimizer:
    """Brings the parameters of `net` up to date from their gradients. Allocates nothing while it runs.

    `history` has the moments of the rule: those of all parameters in their order, then all second ones.
    """

    def __init__(self, net: Net, param: caffe_pb2.SolverParameter) -> None:
        self.rule: Rule = make_rule(param)
        self.preparation = Preparation.from_message(param)
        data, diffs = net.parameter_arrays(), net.parameter_diff_arrays()
        self.parameters: list[Parameter] = list(data)
        self._dtype = np.result_type(*data.values()) if data else np.dtype(np.float32)
        self.history: list[Array] = [
            np.zeros_like(data[parameter]) for _ in range(self.rule.moments) for parameter in self.parameters
        ]
        self._gradients = [diffs[parameter].reshape(-1) for parameter in self.parameters]
        written = _written(net.plan)
        self._unwritten = [diffs[parameter] for parameter in self.parameters if parameter not in written]
        self._tiles = list(self._cut([data[parameter].reshape(-1) for parameter in self.parameters]))

    def clear_unwritten(self) -> None:
        """Zeroes the gradients that the backward pass does not overwrite (nothing learns there)."""
        for gradient in self._unwritten:
            gradient.fill(0)

    def apply(self, rate: float, iteration: int) -> None:
        """Updates every parameter with the learning rate `rate` of `iteration`.

        The gradients hold what was subtracted afterwards, as in Caffe.
        """
        preparation, rule = self.preparation, self.rule
        rate = rule.rate(rate, iteration)
        scale = self._clipping() / preparation.passes
        for tile in self._tiles:
            if scale != 1:
                np.multiply(tile.gradient, scale, out=tile.gradient)
            if tile.decay:
                _decay(tile, preparation.signs)
            rule.update(tile.gradient, tile.moments, rate * tile.lr_mult, tile.scratch)
            np.subtract(tile.data, tile.gradient, out=tile.data)

    def _clipping(self) -> float:
        """What all gradients are multiplied with to keep their common norm within the limit."""
        limit = self.preparation.clip
        if limit is None:
            return 1.0
        norm = math.sqrt(sum(float(np.dot(gradient, gradient)) for gradient in self._gradients))
        return limit / norm if norm > limit else 1.0

    def _cut(self, data: Sequence[Array]) -> Iterator[Tile]:
        count = len(self.parameters)
        moments = [array.reshape(-1) for array in self.history]
        scratch = [np.empty(TILE, self._dtype) for _ in range(2)]
        for index, parameter in enumerate(self.parameters):
            for start in range(0, data[index].size, TILE):
                part = slice(start, start + TILE)
                length = data[index][part].size
                yield Tile(
                    data[index][part],
                    self._gradients[index][part],
                    tuple(array[part] for array in moments[index::count]),
                    (scratch[0][:length], scratch[1][:length]),
                    parameter.lr_mult,
                    self.preparation.decay * parameter.decay_mult,
                )


def _decay(tile: Tile, signs: bool) -> None:
    penalty = tile.scratch[0]
    if signs:
        np.sign(tile.data, out=penalty)
        penalty *= tile.decay
    else:
        np.multiply(tile.data, tile.decay, out=penalty)
    np.add(tile.gradient, penalty, out=tile.gradient)


def _written(plan: Plan) -> set[Parameter]:
    """The parameters whose gradients a backward pass overwrites."""
    steps = [step for step in plan.backward if isinstance(step, LayerStep)]
    slots = {view.slot for step in steps for view in step.parameter_diffs if view}
    return {parameter for parameter, view in plan.parameter_diffs.items() if view.slot in slots}
