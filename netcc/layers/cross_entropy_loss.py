"""Cross entropy of probabilities with labels, and of independent yes-or-no scores with targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.layers.base import Buffer, Needs, Operands, Signature
from netcc.layers.cutting import cut
from netcc.layers.labels import Scores, read_labels
from netcc.layers.loss import (
    Loss,
    Modes,
    Normalization,
    check_counts,
    check_items,
    check_one_each,
    read_ignore_label,
    refuse_label_smoothing,
)
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count

_SMALLEST = 1e-20


@register("SigmoidCrossEntropyLoss")
@dataclass(frozen=True)
class SigmoidCrossEntropyLoss(Loss):
    """-sum [t log s + (1 - t) log(1 - s)] / divisor, s = sigmoid(x), computed from x so that nothing overflows.

    Bottoms: scores x, targets t between 0 and 1 (as many numbers). Top: the loss (scalar). The divisor is the number of
    items unless `normalization` says otherwise. Targets whose integer part is `ignore_label` do not count.
    Behaves as src/caffe/layers/sigmoid_cross_entropy_loss_layer.cpp.
    """

    predicts: ClassVar[str] = "Sigmoid"

    ignore_label: int | None
    normalization: Normalization

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.loss_param
        refuse_label_smoothing(fields)
        return cls(read_ignore_label(fields), Normalization.read(fields, default=Modes.BATCH_SIZE))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_counts(bottoms)
        shape = bottoms[0]
        return Signature(tops=((),), scratch=(Buffer(shape), Buffer(shape), Buffer(shape, "bool")))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        """x >= 0: x - x t + log(1 + exp(-x)); x < 0: -x t + log(1 + exp(x))."""
        x, target = operands.bottoms[0], operands.bottoms[1].reshape(operands.bottoms[0].shape)
        costs, part, ignored = operands.scratch
        self._find_ignored(target, part, ignored)
        cost = operands.pick(yes_or_no_costs)
        for score, wanted, out, work in cut([x, target, costs, part]):
            cost(score, wanted, out, work)
        if self.ignore_label is not None:
            np.copyto(costs, 0, where=ignored)
        operands.tops[0][...] = costs.sum() / self._divisor(ignored)

    def backward(self, operands: Operands) -> None:
        """dx = (s - t) * top diff / divisor."""
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        x, target = operands.bottoms[0], operands.bottoms[1].reshape(dx.shape)
        _, part, ignored = operands.scratch
        self._find_ignored(target, part, ignored)
        factor = float(operands.top_diffs[0] / self._divisor(ignored))
        slope = operands.pick(yes_or_no_slopes)
        for score, wanted, out in cut([x, target, dx]):
            slope(score, wanted, out, factor)
        if self.ignore_label is not None:
            np.copyto(dx, 0, where=ignored)

    def _find_ignored(self, target: Array, part: Array, ignored: Array) -> None:
        if self.ignore_label is None:
            ignored.fill(False)
        else:
            np.trunc(target, out=part)
            np.equal(part, self.ignore_label, out=ignored)

    def _divisor(self, ignored: Array) -> float:
        items = len(ignored)
        valid = ignored.size - int(np.count_nonzero(ignored))
        return self.normalization.divisor(items, ignored.size // max(1, items), valid)


def yes_or_no_costs(x: Array, target: Array, costs: Array, part: Array) -> None:
    """costs = max(x, 0) - x target + log(1 + exp(-|x|)); `part` is scratch."""
    np.abs(x, out=costs)
    np.negative(costs, out=costs)
    np.exp(costs, out=costs)
    np.log1p(costs, out=costs)
    np.maximum(x, 0, out=part)
    costs += part
    np.multiply(x, target, out=part)
    costs -= part


def yes_or_no_slopes(x: Array, target: Array, dx: Array, factor: float) -> None:
    """dx = (sigmoid(x) - target) * factor."""
    np.multiply(x, 0.5, out=dx)
    np.tanh(dx, out=dx)
    dx *= 0.5
    dx += 0.5
    dx -= target
    dx *= factor


@register("MultinomialLogisticLoss")
@dataclass(frozen=True)
class MultinomialLogisticLoss(Loss):
    """The mean of -log p[label] for probabilities p, as they come from Softmax.

    Bottoms: probabilities (items, ...), labels (items). Top: the loss (scalar). Probabilities below 1e-20 are taken for
    that, in the gradient as well. Behaves as src/caffe/layers/multinomial_logistic_loss_layer.cpp, but that a label
    which is no class is an error (DataError).
    """

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_items(bottoms)
        items = bottoms[0][0]
        check_one_each(bottoms[1], items, "labels", 1)
        return Signature(tops=((),), saved=(Buffer((items, 1), "index"), Buffer((items, 1))))

    def forward(self, operands: Operands) -> None:
        labels, chosen = operands.saved
        probabilities = operands.bottoms[0].reshape(len(labels), count(operands.bottoms[0].shape[1:]))
        ignored = np.empty(labels.shape, np.bool_)
        read_labels(operands.bottoms[1], Scores(len(labels), probabilities.shape[1], 1), None, labels, ignored)
        np.maximum(np.take_along_axis(probabilities, labels, axis=1), _SMALLEST, out=chosen)
        operands.tops[0][...] = -np.log(chosen).sum() / max(1, len(labels))

    def backward(self, operands: Operands) -> None:
        """dx[label] = -top diff / (p items); 0 elsewhere."""
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        labels, chosen = operands.saved
        dx.fill(0)
        rows = dx.reshape(len(labels), count(dx.shape[1:]))
        np.put_along_axis(rows, labels, -operands.top_diffs[0] / len(labels) / chosen, axis=1)
