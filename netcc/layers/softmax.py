"""Softmax: scores to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature, canonical_axis, same_shape
from netcc.layers.labels import Scores, view_scores
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


def softmax(scores: Array, probabilities: Array, row: Array) -> None:
    """exp(x) / sum exp(x) over axis 1 of (outer, classes, inner), the largest score taken off first.

    `row` is scratch of shape (outer, 1, inner); `probabilities` may be `scores`.
    """
    np.max(scores, axis=1, keepdims=True, out=row)
    np.subtract(scores, row, out=probabilities)
    np.exp(probabilities, out=probabilities)
    np.sum(probabilities, axis=1, keepdims=True, out=row)
    np.divide(probabilities, row, out=probabilities)


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
        canonical_axis(self.axis, len(bottoms[0]), ("softmax_param", "axis"))
        scores = view_scores(bottoms[0], self.axis)
        return same_shape(bottoms, scratch=(softmax_row(scores), Buffer(scores.shape)))

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        shape = view_scores(x.shape, self.axis).shape
        softmax(x.reshape(shape), y.reshape(shape), operands.scratch[0])

    def backward(self, operands: Operands) -> None:
        """dx = (dy - sum(dy y)) y."""
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
        if dx is None:
            return
        row, product = operands.scratch
        np.multiply(dy.reshape(product.shape), y.reshape(product.shape), out=product)
        np.sum(product, axis=1, keepdims=True, out=row)
        np.subtract(dy.reshape(product.shape), row, out=product)
        np.multiply(product, y.reshape(product.shape), out=dx.reshape(product.shape))
