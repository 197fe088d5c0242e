"""Multinomial logistic loss on scores, and what forks make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Operands, Signature
from netcc.layers.labels import Scores, read_labels, split_scores, view_scores
from netcc.layers.loss import Loss, Normalization, check_items, read_ignore_label, refuse_label_smoothing
from netcc.layers.registry import register
from netcc.layers.softmax import softmax, softmax_row
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_SMALLEST = float(np.finfo(np.float32).tiny)
"""Probabilities below are taken for this (FLT_MIN), so the logarithm is at least -87.3365."""


@dataclass(frozen=True)
class SoftmaxLoss(Loss):
    """The mean over places of a function of softmax(x)[label]; subclasses say which function.

    Bottoms: scores (any shape, classes on `axis`), labels (one for each place). Tops: the loss (scalar), the
    probabilities (shape of the scores), the loss of each place (shape of the labels); gradients come back through the
    first alone. Places with `ignore_label` count neither in the loss nor in the gradient.
    """

    predicts: ClassVar[str] = "Softmax"

    axis: int
    ignore_label: int | None
    normalization: Normalization

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scores = split_scores(bottoms[0], bottoms[1], self.axis, ("softmax_param", "axis"))
        check_items(bottoms)
        return Signature(
            tops=((), bottoms[0], bottoms[1])[:tops],
            saved=(Buffer(scores.shape), Buffer(scores.places, "index"), Buffer(scores.places, "bool")),
            scratch=(softmax_row(scores), Buffer(scores.places), Buffer(scores.places, "index")),
        )

    def losses(self, probabilities: Array, labels: Array) -> None:
        """Turns the probabilities of the labels into losses, in place. Both arrays: (outer, inner)."""
        negative_logarithm(probabilities)

    def slopes(self, probabilities: Array, labels: Array) -> None:
        """Turns them into the factors of (probabilities - [class is label]) in the gradient, in place."""
        probabilities.fill(1)

    def forward(self, operands: Operands) -> None:
        probabilities, labels, ignored = operands.saved
        row, losses, places = operands.scratch
        scores = view_scores(operands.bottoms[0].shape, self.axis)
        read_labels(operands.bottoms[1], scores, self.ignore_label, labels, ignored)
        operands.pick(softmax)(operands.bottoms[0].reshape(scores.shape), probabilities, row, 1)
        _label_places(scores, labels, places)
        np.take(probabilities.reshape(-1), places, out=losses, mode="clip")
        self.losses(losses, labels)
        if self.ignore_label is not None:
            np.copyto(losses, 0, where=ignored)
        operands.tops[0][...] = losses.sum() / self._divisor(scores, ignored)
        for top, values in zip(operands.tops[1:], (probabilities, losses), strict=False):
            np.copyto(top, values.reshape(top.shape))

    def backward(self, operands: Operands) -> None:
        """dx = slope * (p - [class is label]) * top diff / divisor."""
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        probabilities, labels, ignored = operands.saved
        _, factors, places = operands.scratch
        scores = view_scores(dx.shape, self.axis)
        _label_places(scores, labels, places)
        np.take(probabilities.reshape(-1), places, out=factors, mode="clip")
        self.slopes(factors, labels)
        factors *= operands.top_diffs[0] / self._divisor(scores, ignored)
        spread, flat = dx.reshape(scores.shape), dx.reshape(-1)
        np.multiply(probabilities, factors[:, None, :], out=spread)
        flat[places] -= factors
        if self.ignore_label is not None:
            np.copyto(spread, 0, where=ignored[:, None, :])

    def _divisor(self, scores: Scores, ignored: Array) -> float:
        return self.normalization.divisor(scores.outer, scores.inner, ignored.size - int(np.count_nonzero(ignored)))


def negative_logarithm(probabilities: Array) -> None:
    """-log p, in place."""
    np.maximum(probabilities, _SMALLEST, out=probabilities)
    np.log(probabilities, out=probabilities)
    np.negative(probabilities, out=probabilities)


def _label_places(scores: Scores, labels: Array, places: Array) -> None:
    """Positions of the labelled scores in the flat (outer, classes, inner)."""
    np.multiply(labels, scores.inner, out=places)
    places += _first_places(scores)


@lru_cache(maxsize=64)
def _first_places(scores: Scores) -> Array:
    """Positions of class 0 at every place: (outer, inner)."""
    outer = np.arange(scores.outer).reshape(-1, 1) * (scores.classes * scores.inner)
    return outer + np.arange(scores.inner)


@register("SoftmaxWithLoss")
@dataclass(frozen=True)
class SoftmaxWithLoss(SoftmaxLoss):
    """The mean of -log softmax(x)[label]: multinomial logistic loss on scores.

    Bottoms: scores (any shape, classes on `axis`), labels (one for each place). Top: the loss (scalar). Places with
    `ignore_label` count neither in the loss nor in the gradient. With `weight_by_label_freqs` the loss of a place is
    multiplied by the weight of its label in `class_weighting`, while the divisor still counts places (SegNet's fork).
    Behaves as src/caffe/layers/softmax_loss_layer.cpp, but that a label which is no class is an error (DataError).
    """

    class_weights: tuple[float, ...] = ()

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.loss_param
        refuse_label_smoothing(fields)
        weights = tuple(fields.class_weighting) if fields.weight_by_label_freqs else ()
        if fields.weight_by_label_freqs and not weights:
            raise LayerError(
                "weight_by_label_freqs needs class_weighting, once for each class",
                field=("loss_param", "weight_by_label_freqs"),
            )
        return cls(message.softmax_param.axis, read_ignore_label(fields), Normalization.read(fields), weights)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        signature = super().infer(bottoms, tops)
        classes = view_scores(bottoms[0], self.axis).classes
        if self.class_weights and len(self.class_weights) != classes:
            raise ShapeError(
                f"class_weighting is given {len(self.class_weights)} times for {classes} classes",
                field=("loss_param", "class_weighting"),
            )
        return signature

    def losses(self, probabilities: Array, labels: Array) -> None:
        negative_logarithm(probabilities)
        if self.class_weights:
            probabilities *= self._weights(labels, probabilities)

    def slopes(self, probabilities: Array, labels: Array) -> None:
        if self.class_weights:
            probabilities[...] = self._weights(labels, probabilities)
        else:
            probabilities.fill(1)

    def _weights(self, labels: Array, like: Array) -> Array:
        """The weights of `labels`, of the type of `like`."""
        return np.array(self.class_weights, like.dtype)[labels]


@register("SoftmaxWithLossOHEM")
@dataclass(frozen=True)
class SoftmaxWithLossOHEM(SoftmaxLoss):
    """SoftmaxWithLoss with further tops: the probabilities, and the loss of each place to pick hard examples by.

    Behaves as softmax_loss_ohem_layer.cpp of intel/caffe, but that both further tops are always filled.
    Shrivastava et al., Training Region-based Object Detectors with Online Hard Example Mining (2016).
    """

    fork = "R-FCN (daijifeng001/caffe-rfcn)"

    tops: ClassVar[Count] = Count(1, 3)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.loss_param
        refuse_label_smoothing(fields)
        return cls(message.softmax_param.axis, read_ignore_label(fields), Normalization.read(fields))
