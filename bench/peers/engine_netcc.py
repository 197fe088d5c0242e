"""netcc as a peer of itself: plain, with numba, with its optimisations off, or where memory is short."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bench.peers.engine import DECAY, MOMENTUM, Engine, Job, NotAvailable, Result
from bench.peers.nets import inference_net, shaped, training_net
from bench.peers.numbers import fill, inputs, key, parameters, read_statistics, sample
from netcc.runtime.net import Net
from netcc.solver.solver import Solver
from netcc.types import TEST

CHOSEN: dict[str, dict[str, Any]] = {"netcc-off": {"optimize": False}, "netcc-low": {"memory": "low"}}
"""The arguments of Net and Solver that make a peer another than netcc as it comes."""


def make(job: Job) -> Engine:
    return Training(job) if job.training else Inference(job)


def options(job: Job, maker: Callable[..., Any]) -> dict[str, Any]:
    """Arguments for `maker` (Net or Solver). Raises NotAvailable where it lacks the switch that the job needs."""
    chosen = CHOSEN.get(job.peer, {})
    if missing := [name for name in chosen if name not in inspect.signature(maker).parameters]:
        raise NotAvailable(f"{maker.__name__} has no argument {missing[0]!r}")
    return chosen


class Inference:
    def __init__(self, job: Job) -> None:
        message, case = inference_net(job.case), job.case
        arguments = options(job, Net)
        self.net = Net(message, TEST, shapes=case.shapes, keep_all=False, gradients=False, **arguments)
        set_parameters(self.net, job, read_statistics(job.statistics))
        self.net.blobs["data"].data[...] = inputs(case)[0]

    def step(self) -> None:
        self.outputs = self.net.forward()

    def result(self) -> Result:
        self.step()
        return Result({str(place): sample(array) for place, array in enumerate(self.outputs.values())})


class Training:
    def __init__(self, job: Job) -> None:
        message = training_net(job.case, dropout=not job.check)
        text = f"base_lr: {job.rate} lr_policy: 'fixed' momentum: {MOMENTUM} weight_decay: {DECAY} max_iter: 1000000"
        self.solver = Solver(text, net=message, seed=1, keep_all=False, **options(job, Solver))
        set_parameters(self.solver.net, job, {})
        for name, array in zip(("data", "label"), inputs(job.case), strict=True):
            self.solver.net.blobs[name].data[...] = array

    def step(self) -> None:
        self.solver.step(1)

    def result(self) -> Result:
        self.step()
        owners = self.solver.net.parameter_arrays()
        moments = zip(owners, self.solver.history, strict=True)
        found = {key(owner): sample(moment) for owner, moment in moments if owner.learns}
        return Result({"loss": [self.solver.net.loss]}, found)


def set_parameters(net: Net, job: Job, statistics: Mapping[str, Any]) -> None:
    """The numbers that all peers begin with."""
    message = training_net(job.case) if job.training else inference_net(job.case)
    for parameter in parameters(shaped(message, job.case, training=job.training)).values():
        fill(parameter, net.params[parameter.owner.name][parameter.index].data, statistics)
