"""Softmax: scores to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature, canonical_axis, same_shape
from netcc.layers.labels import Scores
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


def softmax(scores: Array, probabilities: Array, row: Array, axis: int = 1) -> None:
    """exp(x) / sum exp(x) over `axis`, the largest score taken off first.

    `row` is scratch of the shape of the scores, but of size 1 on the axis; `probabilities` may be `scores`.
    """
    np.max(scores, axis=axis, keepdims=True, out=row)
    np.subtract(scores, row, out=probabilities)
    np.exp(probabilities, out=probabilities)
    np.sum(probabilities, axis=axis, keepdims=True, out=row)
    np.divide(probabilities, row, out=probabilities)


def softmax_gradient(dy: Array, y: Array, dx: Array, row: Array, product: Array, axis: int) -> None:
    """dx = (dy - sum(dy y)) y over `axis`; `row`, of size 1 there, and `product` are scratch."""
    np.multiply(dy, y, out=product)
    np.sum(product, axis=axis, keepdims=True, out=row)
    np.subtract(dy, row, out=product)
    np.multiply(product, y, out=dx)


def softmax_row(scores: Scores) -> Buffer:
    """The scratch that `softmax` wants."""
    return Buffer((scores.outer, 1, scores.inner))


@register("Softmax")
@dataclass(frozen=True)
class Softmax(Layer):
    """y = exp(x) / sum exp(x) along `axis` (default 1), at every place of the other axes.

    Behaves as src/caffe/layers/softmax_layer.cpp.
    """

    in_place = True

    axis: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.softmax_param.axis)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), ("softmax_param", "axis"))
        row = (*bottom[:axis], 1, *bottom[axis + 1 :])
        return same_shape(bottoms, scratch=(Buffer(row), Buffer(bottom)))

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        operands.pick(softmax)(operands.bottoms[0], operands.tops[0], operands.scratch[0], self.axis)

    def backward(self, operands: Operands) -> None:
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
        if dx is not None:
            row, product = operands.scratch
            operands.pick(softmax_gradient)(dy, y, dx, row, product, self.axis)
