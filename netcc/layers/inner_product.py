"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Layer, Needs, Operands, ParameterSpec, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, count

_MESSAGE = "inner_product_param"


@register("InnerProduct")
@dataclass(frozen=True)
class InnerProduct(Layer):
    """y = x W^T + b, where the axes from `axis` on are joined into the K inputs of one product.

    Weights have shape (num_output, K), or (K, num_output) with `transpose`; the bias has shape (num_output).
    Behaves as src/caffe/layers/inner_product_layer.cpp.
    """

    example = 'inner_product_param { num_output: 10 weight_filler { type: "xavier" } }'

    num_output: int
    axis: int
    transpose: bool
    bias_term: bool
    weight_filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.inner_product_param
        if fields.num_output == 0:
            raise LayerError("InnerProduct needs num_output", field=(_MESSAGE, "num_output"))
        return cls(
            fields.num_output,
            fields.axis,
            fields.transpose,
            fields.bias_term,
            fields.weight_filler,
            fields.bias_filler,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), (_MESSAGE, "axis"))
        rows, inputs = count(bottom[:axis]), count(bottom[axis:])
        shape = (inputs, self.num_output) if self.transpose else (self.num_output, inputs)
        parameters = [ParameterSpec("weights", shape, self.weight_filler)]
        if self.bias_term:
            parameters.append(ParameterSpec("bias", (self.num_output,), self.bias_filler))
        return Signature(
            tops=((*bottom[:axis], self.num_output),),
            parameters=tuple(parameters),
            macs=rows * inputs * self.num_output,
        )

    def batchwise(self) -> bool:
        return self.axis > 0

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        weights = operands.parameters[0]
        matrix = weights if self.transpose else weights.T
        y = operands.tops[0].reshape(-1, self.num_output)
        np.matmul(operands.bottoms[0].reshape(-1, matrix.shape[0]), matrix, out=y)
        if self.bias_term:
            y += operands.parameters[1]

    def backward(self, operands: Operands) -> None:
        weights = operands.parameters[0]
        matrix = weights if self.transpose else weights.T
        x = operands.bottoms[0].reshape(-1, matrix.shape[0])
        dy = operands.top_diffs[0].reshape(-1, self.num_output)
        weights_diff = operands.parameter_diffs[0]
        if weights_diff is not None:
            left, right = (x, dy) if self.transpose else (dy, x)
            np.matmul(left.T, right, out=weights_diff)
        if self.bias_term and operands.parameter_diffs[1] is not None:
            np.sum(dy, axis=0, out=operands.parameter_diffs[1])
        if operands.bottom_diffs[0] is not None:
            np.matmul(dy, matrix.T, out=operands.bottom_diffs[0].reshape(-1, matrix.shape[0]))
