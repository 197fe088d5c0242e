"""Losses: what training makes small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, Signature
from netcc.layers.labels import Scores, read_labels, split_scores, view_scores
from netcc.layers.registry import register
from netcc.layers.softmax import softmax, softmax_row
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_SMALLEST = float(np.finfo(np.float32).tiny)
"""Probabilities below are taken for this (FLT_MIN), so a loss is at most 87.3365."""


@dataclass(frozen=True)
class Normalization:
    """What a loss that sums over places is divided by.

    Behaves as LossLayer's GetNormalizer in src/caffe/layers/softmax_loss_layer.cpp: never below 1.
    """

    mode: int

    @classmethod
    def read(cls, fields: caffe_pb2.LossParameter) -> Self:
        """`normalization` decides; the old `normalize: false` means BATCH_SIZE where that is not given."""
        if not fields.HasField("normalization") and fields.HasField("normalize") and not fields.normalize:
            return cls(caffe_pb2.LossParameter.BATCH_SIZE)
        return cls(fields.normalization)

    def divisor(self, outer: int, inner: int, valid: int) -> int:
        """For `outer` items of `inner` places each, `valid` of all places having a label that counts."""
        modes = caffe_pb2.LossParameter
        by_mode = {modes.FULL: outer * inner, modes.VALID: valid, modes.BATCH_SIZE: outer, modes.NONE: 1}
        return max(1, by_mode[modes.NormalizationMode.ValueType(self.mode)])


@register("SoftmaxWithLoss")
@dataclass(frozen=True)
class SoftmaxWithLoss(Layer):
    """The mean of -log softmax(x)[label]: multinomial logistic loss on scores.

    Bottoms: scores (any shape, classes on `axis`), labels (one for each place). Tops: the loss (scalar), and if asked
    for the probabilities (shape of the scores), through which no gradient comes back. Places with `ignore_label` count
    neither in the loss nor in the gradient. Behaves as src/caffe/layers/softmax_loss_layer.cpp, but that a label which
    is no class is an error (DataError), and that the second top works.
    """

    is_loss: ClassVar[bool] = True
    bottoms: ClassVar[Count] = Count(2, 2)
    tops: ClassVar[Count] = Count(1, 2)

    axis: int
    ignore_label: int | None
    normalization: Normalization

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.loss_param
        ignore_label = fields.ignore_label if fields.HasField("ignore_label") else None
        return cls(message.softmax_param.axis, ignore_label, Normalization.read(fields))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scores = split_scores(bottoms[0], bottoms[1], self.axis, ("softmax_param", "axis"))
        return Signature(
            tops=((), bottoms[0])[:tops],
            saved=(Buffer(scores.shape), Buffer(scores.places, "index"), Buffer(scores.places, "bool")),
            scratch=(softmax_row(scores), Buffer(scores.places), Buffer(scores.places, "index")),
        )

    def needs(self) -> Needs:
        return Needs()

    def forward(self, operands: Operands) -> None:
        probabilities, indices, ignored = operands.saved
        row, picked, places = operands.scratch
        scores = view_scores(operands.bottoms[0].shape, self.axis)
        read_labels(operands.bottoms[1], scores, self.ignore_label, indices, ignored)
        softmax(operands.bottoms[0].reshape(scores.shape), probabilities, row)
        if len(operands.tops) > 1:
            np.copyto(operands.tops[1].reshape(scores.shape), probabilities)
        _label_places(scores, indices, places)
        np.take(probabilities.reshape(-1), places, out=picked, mode="clip")
        np.maximum(picked, _SMALLEST, out=picked)
        np.log(picked, out=picked)
        if self.ignore_label is not None:
            np.copyto(picked, 0, where=ignored)
        operands.tops[0][...] = -picked.sum() / self._divisor(scores, ignored)

    def backward(self, operands: Operands) -> None:
        """dx = (p - [class is label]) * top diff / divisor."""
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        probabilities, indices, ignored = operands.saved
        _, picked, places = operands.scratch
        scores = view_scores(dx.shape, self.axis)
        scale = operands.top_diffs[0] / self._divisor(scores, ignored)
        spread = dx.reshape(scores.shape)
        np.multiply(probabilities, scale, out=spread)
        _label_places(scores, indices, places)
        flat = dx.reshape(-1)
        np.take(flat, places, out=picked, mode="clip")
        picked -= scale
        flat[places] = picked
        if self.ignore_label is not None:
            np.copyto(spread, 0, where=ignored[:, None, :])

    def _divisor(self, scores: Scores, ignored: Array) -> int:
        return self.normalization.divisor(scores.outer, scores.inner, ignored.size - int(np.count_nonzero(ignored)))


def _label_places(scores: Scores, indices: Array, places: Array) -> None:
    """Positions of the labelled scores in the flat (outer, classes, inner)."""
    np.multiply(indices, scores.inner, out=places)
    places += _first_places(scores)


@lru_cache(maxsize=64)
def _first_places(scores: Scores) -> Array:
    """Positions of class 0 at every place: (outer, inner)."""
    outer = np.arange(scores.outer).reshape(-1, 1) * (scores.classes * scores.inner)
    return outer + np.arange(scores.inner)
