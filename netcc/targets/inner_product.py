"""InnerProduct with what follows it, and for weights that outweigh the batch shared out by outputs.

For inference the layers behind that multiply and shift channels are taken over, and one ReLU; in training the ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.ir.graph import Node
from netcc.kernels.finish import finish
from netcc.kernels.products import WeightsProduct
from netcc.kernels.twins import pick
from netcc.layers.activation import ReLU, rectified_gradient
from netcc.layers.base import Buffer, Needs, Operands
from netcc.layers.inner_product import InnerProduct
from netcc.targets.affine import affine_parts, composed
from netcc.targets.base import Memory, Target
from netcc.targets.choose import absorbs, makes
from netcc.targets.options import Options
from netcc.targets.share import processors, ranges
from netcc.types import Array, Shape, count

LEAST_WORK = 1 << 18
"""Multiplications below which one thread is as fast."""

FEW_ROWS = 128
"""Up to so many rows the weights cost more than the images."""


class Product(Target):
    """y = relu(gain * (x W^T) + b), with what of it there is. Gains are of outputs, so no weights are held twice."""

    name = "product"

    def __init__(self, node: Node, top: Shape, options: Options) -> None:
        layer = node.layer
        assert isinstance(layer, InnerProduct)
        self.layer = layer
        self.sliced = layer.batchwise() and not self.shares
        self.affine = affine_parts(node)
        slopes = [part.layer.negative_slope for part in node.absorbed if isinstance(part.layer, ReLU)]
        self.relu = slopes[0] if slopes else None
        self.masks = self.changes_diff = options.gradients and self.relu is not None
        few = count(top[:-1]) <= FEW_ROWS and not layer.transpose
        self._product = WeightsProduct(count(top[:-1]), node.signature.parameters[0].shape[1]) if few else _product
        self._finish, self._mask = pick(finish), pick(rectified_gradient)
        self.memory = Memory(
            scratch=(Buffer(top, "bool"), *((Buffer(top),) if self.relu else ())) if self.masks else (),
            derived=(Buffer((layer.num_output,)),) * 2 if self.affine else (),
        )

    def needs(self) -> Needs:
        return Needs(self.layer.needs().bottoms, (0,) if self.masks else ())

    def derive(self, parameters: Sequence[Array], derived: Sequence[Array]) -> None:
        weights, *rest = parameters
        bias = rest.pop(0) if self.layer.bias_term else np.zeros(self.layer.num_output, weights.dtype)
        for target, source in zip(derived, composed(self.affine, rest, bias), strict=True):
            np.copyto(target, source)

    def forward(self, operands: Operands) -> None:
        matrix = self.matrix(operands.parameters[0])
        inputs, outputs = matrix.shape
        x, y = operands.bottoms[0].reshape(-1, inputs), operands.tops[0].reshape(-1, outputs)
        gain, bias = None, operands.parameters[1] if self.layer.bias_term else None
        if self.affine:
            gain, bias = operands.derived
        self.multiply(x, matrix, y, gain, bias, operands)

    def multiply(
        self, x: Array, matrix: Array, y: Array, gain: Array | None, bias: Array | None, operands: Operands
    ) -> None:
        self.outputs(x, matrix, y, gain, bias, slice(None))

    def outputs(self, x: Array, matrix: Array, y: Array, gain: Array | None, bias: Array | None, part: slice) -> None:
        """Some columns of y."""
        own = y[:, part]
        self._product(x, matrix[:, part], own)
        if gain is not None:
            np.multiply(own, gain[part], out=own)
        self._finish(own[:, None, None], None if bias is None else bias[part], None, self.relu)

    def backward(self, operands: Operands) -> None:
        if self.relu is not None:
            # What does not pass the ReLU is taken out of the top's diff.
            dy = operands.top_diffs[0]
            self._mask(dy, operands.tops[0], dy, self.relu, *operands.scratch)
        self.pass_back(operands)

    def pass_back(self, operands: Operands) -> None:
        self.layer.backward(operands)

    def matrix(self, weights: Array) -> Array:
        """(inputs, outputs)."""
        return weights if self.layer.transpose else weights.T


class SharedProduct(Product):
    """Threads share the weights, not the images: y by ranges of outputs; dW by the same ranges, dx by ranges of inputs.

    Every number of the weights is read by one thread only, and none has a gradient of its own to add to the others'.
    """

    name = "product by outputs"
    shares = True

    def multiply(
        self, x: Array, matrix: Array, y: Array, gain: Array | None, bias: Array | None, operands: Operands
    ) -> None:
        parts = ranges(matrix.shape[1])
        operands.together([(self.outputs, (x, matrix, y, gain, bias, slice(*part))) for part in parts])

    def pass_back(self, operands: Operands) -> None:
        matrix = self.matrix(operands.parameters[0])
        inputs, outputs = matrix.shape
        x, dy = operands.bottoms[0].reshape(-1, inputs), operands.top_diffs[0].reshape(-1, outputs)
        weights_diff, bottom_diff = operands.parameter_diffs[0], operands.bottom_diffs[0]
        if weights_diff is not None:
            dw = self.matrix(weights_diff)
            operands.together([(_weights_gradient, (x, dy, dw, slice(*part))) for part in ranges(outputs)])
        if self.layer.bias_term and operands.parameter_diffs[1] is not None:
            np.sum(dy, axis=0, out=operands.parameter_diffs[1])
        if bottom_diff is not None:
            dx = bottom_diff.reshape(-1, inputs)
            operands.together([(_inputs_gradient, (dy, matrix, dx, slice(*part))) for part in ranges(inputs)])


def _product(x: Array, matrix: Array, out: Array) -> None:
    np.matmul(x, matrix, out=out)


def _weights_gradient(x: Array, dy: Array, dw: Array, part: slice) -> None:
    np.matmul(dy[:, part].T, x, out=dw.T[part])


def _inputs_gradient(dy: Array, matrix: Array, dx: Array, part: slice) -> None:
    np.matmul(dy, matrix.T[:, part], out=dx[:, part])


@makes(InnerProduct)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    assert isinstance(layer, InnerProduct)
    (top,) = layer.infer(shapes, 1).tops
    if _is_heavy(node):
        return SharedProduct(node, top, options)
    return Product(node, top, options) if node.absorbed else None


def _is_heavy(node: Node) -> bool:
    """Whether its weights outweigh the images of the whole batch: a slice of it is not shared out again."""
    weights = node.signature.parameters[0].shape
    rows, numbers = count(node.outputs[0].shape[:-1]), count(weights)
    return processors() > 1 and rows * numbers >= LEAST_WORK and numbers > rows * sum(weights)


@absorbs(InnerProduct)
def _absorb(node: Node, follower: Node, options: Options) -> bool:
    """In this order: any number of affine layers, one ReLU; in training the ReLU alone."""
    layer, top = follower.layer, node.outputs[0].shape
    if any(isinstance(part.layer, ReLU) for part in node.absorbed):
        return False
    if type(layer) is ReLU:
        return not options.gradients or layer.negative_slope >= 0
    return not options.gradients and len(follower.inputs) == 1 and len(top) == 2 and layer.is_affine(top)
