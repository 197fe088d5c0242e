"""PyTorch as a peer: eager, eager with channels last, compiled."""

from __future__ import annotations

import shutil
from typing import Any

import torch

from bench.peers.engine import DECAY, MOMENTUM, Engine, Job, NotAvailable, Result
from bench.peers.nets import inference_net, shaped, training_net
from bench.peers.numbers import inputs, parameters, read_statistics, sample
from bench.peers.operators import translate
from bench.peers.torch_net import TorchNet
from netcc.ir.graph import Parameter


def make(job: Job) -> Engine:
    torch.set_num_threads(job.threads)
    if job.peer == "torch-compile" and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        raise NotAvailable("torch.compile needs a C++ compiler")
    return Training(job) if job.training else Inference(job)


def tensors(job: Job) -> list[torch.Tensor]:
    images, labels = map(torch.from_numpy, inputs(job.case))
    if job.peer != "torch":
        images = images.to(memory_format=torch.channels_last)
    return [images, labels] if job.training else [images]


def prepared(net: TorchNet, job: Job) -> Any:
    """`net` in the layout of the peer, compiled if it asks for that."""
    if job.peer != "torch":
        net.to(memory_format=torch.channels_last)
    return torch.compile(net) if job.peer == "torch-compile" else net


class Inference:
    def __init__(self, job: Job) -> None:
        graph = shaped(inference_net(job.case), job.case, training=False)
        net = TorchNet(translate(graph), parameters(graph), read_statistics(job.statistics))
        self.net = prepared(net.eval(), job)
        self.inputs = tensors(job)
        # torch.compile has a shorter way for no_grad than for inference_mode.
        self.mode = torch.no_grad if job.peer == "torch-compile" else torch.inference_mode

    def step(self) -> None:
        with self.mode():
            self.outputs = self.net(*self.inputs)

    def result(self) -> Result:
        self.step()
        return Result({str(place): sample(output.numpy()) for place, output in enumerate(self.outputs)})


class Training:
    def __init__(self, job: Job) -> None:
        graph = shaped(training_net(job.case, dropout=not job.check), job.case, training=True)
        self.parameters = parameters(graph)
        self.plain = TorchNet(translate(graph), self.parameters, {})
        self.net = prepared(self.plain.train(), job)
        self.optimizer = torch.optim.SGD(self._groups(job), lr=job.rate, momentum=MOMENTUM)
        self.inputs = tensors(job)

    def _groups(self, job: Job) -> list[dict[str, Any]]:
        """Parameters by their multipliers of rate and decay."""
        groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
        for name, weight in self._learning():
            groups.setdefault(_multipliers(self.parameters[name]), []).append(weight)
        return [
            {"params": weights, "lr": job.rate * lr, "weight_decay": DECAY * decay}
            for (lr, decay), weights in groups.items()
        ]

    def _learning(self) -> list[tuple[str, torch.nn.Parameter]]:
        pairs = zip(self.plain.names, self.plain.weights, strict=True)
        return [(name, weight) for name, weight in pairs if weight.requires_grad]

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.loss = self.net(*self.inputs)
        self.loss.backward()
        self.optimizer.step()

    def result(self) -> Result:
        self.step()
        rates = {id(weight): group["lr"] for group in self.optimizer.param_groups for weight in group["params"]}
        found = {}
        for name, weight in self._learning():
            moment = self.optimizer.state[weight]["momentum_buffer"]
            found[name] = sample((moment * rates[id(weight)]).contiguous().numpy())
        return Result({"loss": [self.loss.item()]}, found)


def _multipliers(parameter: Parameter) -> tuple[float, float]:
    return parameter.lr_mult, parameter.decay_mult
