"""The training loop with the places where pycaffe's callbacks are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netcc.pycaffe.machine import next_seed, write_info
from netcc.pycaffe.net import Net
from netcc.schema.bind import BoundSolver
from netcc.solver.log import CaffeLog
from netcc.solver.nonfinite import check_loss
from netcc.solver.optimizer import Optimizer
from netcc.solver.schedule import make_schedule
from netcc.solver.solver import Solver

Callback = Callable[[], Any]


class Training(Solver):
    """Runs as src/caffe/solver.cpp does: `on_start` before the passes of an iteration, `on_gradients_ready` after.

    `training_net` and `testing_nets` are the nets under pycaffe's names; hooks of the training net are called in the
    loop too. What happens is logged to stderr in Caffe's words.
    """

    def __init__(self, bound: BoundSolver) -> None:
        self.on_start: list[Callback] = []
        self.on_gradients_ready: list[Callback] = []
        seed = None if bound.message.random_seed >= 0 else next_seed()
        super().__init__(bound, seed=seed, allow_python=True, listeners=[CaffeLog(write_info)], keep_diffs=True)
        self.training_net = Net.of(self.net)
        self.testing_nets = [Net.of(net) for net in self.test_nets]
        self.training_net.when_shared(self._take_new_parameters)

    def apply_update(self) -> None:
        """One update from the diffs as they are; it counts as an iteration."""
        self.progress = self._schedule.advance(self.iter, self.progress)
        with np.errstate(all="ignore"):
            super()._update(self._schedule.rate(self.iter, self.progress))
        self.iter += 1

    def set_base_lr(self, base_lr: float) -> None:
        """Gives the learning rates to come another base. Raises SolverError if the policy cannot take it."""
        self.param.base_lr = base_lr
        self._schedule = make_schedule(self.param)

    def _gradient(self) -> float:
        for start in self.on_start:
            start()
        if not self.training_net.is_hooked:
            return super()._gradient()
        net, last, total = self.training_net, len(self.training_net.layers) - 1, 0.0
        net.clear_param_diffs()
        for _ in range(self.param.iter_size):
            loss = net._forward(0, last)
            check_loss(self.net, loss, self.iter, self._kept())
            net._backward(last, 0)
            total += loss
        return total / self.param.iter_size

    def _update(self, rate: float) -> None:
        for ready in self.on_gradients_ready:
            ready()
        super()._update(rate)

    def _take_new_parameters(self) -> None:
        """The training net uses the parameters of another net: so do the update, with its history, and the tests."""
        old, self._optimizer = self._optimizer, Optimizer(self.net, self.param)
        for array, moments in zip(self._optimizer.history, old.history, strict=True):
            np.copyto(array, moments)
        for net in self.test_nets:
            net.share_with(self.net)
