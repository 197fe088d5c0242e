"""Embed: a learnt vector for each whole number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Layer, Operands, ParameterSpec, Signature
from netcc.layers.registry import register
from netcc.layers.selecting import read_positions
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@register("Embed")
@dataclass(frozen=True)
class Embed(Layer):
    """y = weights[x] + bias, for whole numbers x from 0 to input_dim - 1.

    Bottom (...) of any shape, weights (input_dim, num_output), bias (num_output), top (..., num_output). The bottom has
    no gradient. Behaves as src/caffe/layers/embed_layer.cpp.
    """

    example = 'embed_param { input_dim: 8000 num_output: 300 weight_filler { type: "uniform" min: -0.08 max: 0.08 } }'

    differentiable: ClassVar[bool] = False

    input_dim: int
    num_output: int
    bias_term: bool
    weight_filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.embed_param
        for name in ("num_output", "input_dim"):
            if getattr(fields, name) == 0:
                raise LayerError(f"Embed needs a positive {name}", field=("embed_param", name))
        return cls(fields.input_dim, fields.num_output, fields.bias_term, fields.weight_filler, fields.bias_filler)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        parameters = [ParameterSpec("weights", (self.input_dim, self.num_output), self.weight_filler)]
        if self.bias_term:
            parameters.append(ParameterSpec("bias", (self.num_output,), self.bias_filler))
        return Signature(
            tops=((*bottom, self.num_output),), parameters=tuple(parameters), saved=(Buffer(bottom, "index"),)
        )

    def forward(self, operands: Operands) -> None:
        (positions,), (top,) = operands.saved, operands.tops
        read_positions(operands.bottoms[0], positions, self.input_dim, "input")
        np.take(operands.parameters[0], positions, axis=0, out=top, mode="clip")
        if self.bias_term:
            top += operands.parameters[1]

    def backward(self, operands: Operands) -> None:
        (positions,), weights_diff = operands.saved, operands.parameter_diffs[0]
        rows = operands.top_diffs[0].reshape(-1, self.num_output)
        if weights_diff is not None:
            weights_diff.fill(0)
            np.add.at(weights_diff, positions.reshape(-1), rows)
        if self.bias_term and operands.parameter_diffs[1] is not None:
            np.sum(rows, axis=0, out=operands.parameter_diffs[1])
