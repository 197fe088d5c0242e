"""Hinge loss: one against all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Buffer, Needs, Operands, Signature
from netcc.layers.labels import Scores, read_labels
from netcc.layers.loss import Loss, check_items, check_one_each
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count


@register("HingeLoss")
@dataclass(frozen=True)
class HingeLoss(Loss):
    """sum max(0, 1 - d x) / items, d = 1 at the label and -1 elsewhere; with `norm: L2` the sum of the squares.

    Bottoms: scores (items, ...), labels (items). Top: the loss (scalar). The squares have no factor 1/2, so their
    gradient has a 2. Behaves as src/caffe/layers/hinge_loss_layer.cpp, but that a label which is no class is an error
    (DataError).
    """

    squared: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.hinge_loss_param.norm == caffe_pb2.HingeLossParameter.L2)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_items(bottoms)
        items = bottoms[0][0]
        check_one_each(bottoms[1], items, "labels", 1)
        rows = (items, count(bottoms[0][1:]))
        return Signature(tops=((),), saved=(Buffer((items, 1), "index"),), scratch=(Buffer(rows),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (labels,), (margins,) = operands.saved, operands.scratch
        ignored = np.empty(labels.shape, np.bool_)
        read_labels(operands.bottoms[1], Scores(len(labels), margins.shape[1], 1), None, labels, ignored)
        _missing_margins(operands.bottoms[0], labels, margins)
        if self.squared:
            np.multiply(margins, margins, out=margins)
        operands.tops[0][...] = margins.sum() / max(1, len(labels))

    def backward(self, operands: Operands) -> None:
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        (labels,) = operands.saved
        rows = dx.reshape(operands.scratch[0].shape)
        _missing_margins(operands.bottoms[0], labels, rows)
        if not self.squared:
            np.sign(rows, out=rows)
        _turn_labels(rows, labels)
        rows *= operands.top_diffs[0] * (2 if self.squared else 1) / max(1, len(labels))


def _missing_margins(x: Array, labels: Array, margins: Array) -> None:
    """max(0, 1 - d x), by item and class."""
    np.copyto(margins, x.reshape(margins.shape))
    _turn_labels(margins, labels)
    margins += 1
    np.maximum(margins, 0, out=margins)


def _turn_labels(rows: Array, labels: Array) -> None:
    """Turns the sign of what stands at the labels."""
    np.put_along_axis(rows, labels, -np.take_along_axis(rows, labels, axis=1), axis=1)
