"""A program of operators as a PyTorch module, with Caffe's rounding, padding and in-place layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

from bench.peers.numbers import Floats, fill
from bench.peers.operators import Operator, Program
from netcc.ir.graph import Parameter

Tensors = list[torch.Tensor]
Kernel = Callable[[Operator, Tensors, Tensors, bool], torch.Tensor]


class TorchNet(torch.nn.Module):
    """Runs `program`; in training it returns the weighted sum of the losses, else the outputs.

    What no later operator reads is let go, as in a module written by hand.
    """

    def __init__(self, program: Program, parameters: Mapping[str, Parameter], statistics: Mapping[str, Floats]) -> None:
        super().__init__()
        self.program = program
        self.names = list(dict.fromkeys(name for step in program.operators for name in step.parameters))
        self.places = {name: place for place, name in enumerate(self.names)}
        self.weights = torch.nn.ParameterList()
        for name in self.names:
            tensor = torch.empty(parameters[name].shape)
            fill(parameters[name], tensor.numpy(), statistics)
            self.weights.append(torch.nn.Parameter(tensor, requires_grad=parameters[name].learns))
        self._settle_statistics()

    def _settle_statistics(self) -> None:
        """Caffe keeps sums and the factor to divide them by; here are means and variances."""
        for step in self.program.operators:
            if step.kind == "batch norm":
                mean, variance, factor = (self.weights[self.places[name]].data for name in step.parameters[:3])
                mean /= factor
                variance /= factor

    def forward(self, *inputs: torch.Tensor) -> Any:
        values = dict(zip(self.program.inputs, inputs, strict=True))
        for step in self.program.operators:
            weights = [self.weights[self.places[name]] for name in step.parameters]
            values[step.output] = KERNELS[step.kind](step, [values[i] for i in step.inputs], weights, self.training)
            for number in step.frees:
                del values[number]
        if self.training:
            return sum(weight * values[number] for number, weight in self.program.losses)
        return tuple(values[number] for number in self.program.outputs)


def _convolution(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    attributes = step.attributes
    bias = weights[1] if len(weights) > 1 else None
    stride, pad, dilation = attributes["stride"], attributes["pad"], attributes["dilation"]
    if step.kind == "deconvolution":
        return functional.conv_transpose2d(
            inputs[0], weights[0], bias, stride, pad, groups=attributes["group"], dilation=dilation
        )
    return functional.conv2d(inputs[0], weights[0], bias, stride, pad, dilation, attributes["group"])


def _max_pooling(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    attributes = step.attributes
    return functional.max_pool2d(
        inputs[0], attributes["kernel"], attributes["stride"], attributes["pad"], ceil_mode=attributes["ceil"]
    )


def _mean_pooling(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    attributes = step.attributes
    if attributes["kernel"] == tuple(inputs[0].shape[2:]):
        return inputs[0].mean((2, 3), keepdim=True)
    return functional.avg_pool2d(
        inputs[0], attributes["kernel"], attributes["stride"], attributes["pad"], ceil_mode=attributes["ceil"]
    )


def _batch_norm(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    mean, variance, _, *affine = weights
    scale, bias = affine or (None, None)
    return functional.batch_norm(inputs[0], mean, variance, scale, bias, training, 0.1, step.attributes["eps"])


def _lrn(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    attributes = step.attributes
    return functional.local_response_norm(
        inputs[0], attributes["size"], attributes["alpha"], attributes["beta"], attributes["k"]
    )


def _relu(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    if slope := step.attributes["slope"]:
        return functional.leaky_relu(inputs[0], slope, step.in_place)
    return functional.relu(inputs[0], step.in_place)


def _sum(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    total, *others = (
        tensor if factor == 1 else factor * tensor
        for factor, tensor in zip(step.attributes["coefficients"], inputs, strict=True)
    )
    for tensor in others:
        total = total + tensor
    return total


def _loss(step: Operator, inputs: Tensors, weights: Tensors, training: bool) -> torch.Tensor:
    scores, labels = inputs
    if labels.dim() == 1:
        scores = scores.flatten(1)  # Caffe counts labels, not axes: (N, classes, 1, 1) goes with N of them
    return functional.cross_entropy(scores, labels.long())


KERNELS: dict[str, Kernel] = {
    "convolution": _convolution,
    "deconvolution": _convolution,
    "max pooling": _max_pooling,
    "mean pooling": _mean_pooling,
    "batch norm": _batch_norm,
    "lrn": _lrn,
    "relu": _relu,
    "sum": _sum,
    "product": lambda step, inputs, weights, training: inputs[0] * inputs[1],
    "maximum": lambda step, inputs, weights, training: torch.maximum(inputs[0], inputs[1]),
    "sigmoid": lambda step, inputs, weights, training: torch.sigmoid(inputs[0]),
    "tanh": lambda step, inputs, weights, training: torch.tanh(inputs[0]),
    "concat": lambda step, inputs, weights, training: torch.cat(inputs, step.attributes["axis"]),
    "softmax": lambda step, inputs, weights, training: functional.softmax(inputs[0], step.attributes["axis"]),
    "dropout": lambda step, inputs, weights, training: functional.dropout(
        inputs[0], step.attributes["ratio"], training
    ),
    "reshape": lambda step, inputs, weights, training: inputs[0].reshape(step.attributes["shape"]),
    "linear": lambda step, inputs, weights, training: functional.linear(inputs[0].flatten(1), *weights),
    "softmax loss": _loss,
}
