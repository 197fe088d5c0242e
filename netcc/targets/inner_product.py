"""InnerProduct whose weights outweigh its batch: threads share the weights, not the images.

Every number of the weights is read by one thread only, and none has a gradient of its own to add to the others'.
"""

from __future__ import annotations

import numpy as np

from netcc.ir.graph import Node
from netcc.layers.base import Needs, Operands
from netcc.layers.inner_product import InnerProduct
from netcc.targets.base import Memory, Target
from netcc.targets.choose import makes
from netcc.targets.options import Options
from netcc.targets.share import processors, ranges
from netcc.types import Array, Shape, count

LEAST_WORK = 1 << 18
"""Multiplications below which one thread is as fast."""


class SharedProduct(Target):
    """y = x W^T + b by ranges of outputs; dW by the same ranges, dx by ranges of inputs."""

    name = "product by outputs"
    shares = True
    memory = Memory()

    def __init__(self, layer: InnerProduct) -> None:
        self.layer = layer

    def needs(self) -> Needs:
        return self.layer.needs()

    def forward(self, operands: Operands) -> None:
        matrix = self._matrix(operands.parameters[0])
        inputs, outputs = matrix.shape
        x, y = operands.bottoms[0].reshape(-1, inputs), operands.tops[0].reshape(-1, outputs)
        bias = operands.parameters[1] if self.layer.bias_term else None
        operands.together([(_outputs, (x, matrix, bias, y, slice(*part))) for part in ranges(outputs)])

    def backward(self, operands: Operands) -> None:
        matrix = self._matrix(operands.parameters[0])
        inputs, outputs = matrix.shape
        x, dy = operands.bottoms[0].reshape(-1, inputs), operands.top_diffs[0].reshape(-1, outputs)
        weights_diff, bottom_diff = operands.parameter_diffs[0], operands.bottom_diffs[0]
        if weights_diff is not None:
            dw = self._matrix(weights_diff)
            operands.together([(_weights_gradient, (x, dy, dw, slice(*part))) for part in ranges(outputs)])
        if self.layer.bias_term and operands.parameter_diffs[1] is not None:
            np.sum(dy, axis=0, out=operands.parameter_diffs[1])
        if bottom_diff is not None:
            dx = bottom_diff.reshape(-1, inputs)
            operands.together([(_inputs_gradient, (dy, matrix, dx, slice(*part))) for part in ranges(inputs)])

    def _matrix(self, weights: Array) -> Array:
        """(inputs, outputs)."""
        return weights if self.layer.transpose else weights.T


def _outputs(x: Array, matrix: Array, bias: Array | None, y: Array, part: slice) -> None:
    np.matmul(x, matrix[:, part], out=y[:, part])
    if bias is not None:
        y[:, part] += bias[part]


def _weights_gradient(x: Array, dy: Array, dw: Array, part: slice) -> None:
    np.matmul(dy[:, part].T, x, out=dw.T[part])


def _inputs_gradient(dy: Array, matrix: Array, dx: Array, part: slice) -> None:
    np.matmul(dy, matrix.T[:, part], out=dx[:, part])


@makes(InnerProduct)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    if not isinstance(layer, InnerProduct) or processors() == 1:
        return None
    weights = node.signature.parameters[0].shape
    inputs = weights[0] if layer.transpose else weights[1]
    rows = count(node.inputs[0].shape) // inputs if inputs else 0  # of the whole batch: a slice is not shared out again
    numbers = count(weights)
    heavy = rows * numbers >= LEAST_WORK and numbers > rows * sum(weights)
    return SharedProduct(layer) if heavy else None
