"""Metrics: numbers for people, without gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.labels import Scores, read_labels, split_scores, view_scores
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "accuracy_param"


@register("Accuracy")
@dataclass(frozen=True)
class Accuracy(Layer):
    """The share of places whose label is among the `top_k` best scores.

    A place is right if fewer than `top_k` other scores are at least as large as the label's: ties go against the label,
    and NaN scores, which compare with nothing, count as right. Bottoms: scores (classes on `axis`), labels. Tops: the
    share (scalar; 0 where no label counts), and if asked for the share of each class (classes).
    Behaves as src/caffe/layers/accuracy_layer.cpp, but that a label which is no class is an error (DataError).
    """

    bottoms = Count(2, 2)
    tops = Count(1, 2)
    is_metric = True
    differentiable = False

    top_k: int
    axis: int
    ignore_label: int | None

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.accuracy_param
        if fields.top_k == 0:
            raise LayerError("top_k must be at least 1", field=(_MESSAGE, "top_k"))
        return cls(fields.top_k, fields.axis, fields.ignore_label if fields.HasField("ignore_label") else None)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scores = split_scores(bottoms[0], bottoms[1], self.axis, (_MESSAGE, "axis"))
        if self.top_k > scores.classes:
            raise ShapeError(f"top_k {self.top_k} is more than the {scores.classes} classes", field=(_MESSAGE, "top_k"))
        return Signature(
            tops=((), (scores.classes,))[:tops],
            scratch=(
                Buffer(scores.places, "index"),
                Buffer(scores.places, "bool"),
                Buffer(scores.places, "index"),
                Buffer(scores.shape, "bool"),
                Buffer((scores.outer, 1, scores.inner)),
            ),
        )

    def forward(self, operands: Operands) -> None:
        indices, ignored, rank, _, _ = operands.scratch
        scores = view_scores(operands.bottoms[0].shape, self.axis)
        read_labels(operands.bottoms[1], scores, self.ignore_label, indices, ignored)
        self._rank(operands, scores)
        counted = np.logical_not(ignored, out=ignored)
        right = np.less_equal(rank, self.top_k)
        right &= counted
        total = np.count_nonzero(counted)
        operands.tops[0][...] = np.count_nonzero(right) / total if total else 0
        if len(operands.tops) > 1:
            _share_by_class(operands.tops[1], indices, right, counted)

    def _rank(self, operands: Operands, scores: Scores) -> None:
        """How many scores are at least as large as the label's, itself included (0 for a NaN)."""
        indices, _, rank, at_least, own = operands.scratch
        values = operands.bottoms[0].reshape(scores.shape)
        own[...] = np.take_along_axis(values, indices[:, None, :], axis=1)
        np.greater_equal(values, own, out=at_least)
        np.sum(at_least, axis=1, dtype=np.int64, out=rank)


def _share_by_class(top: Array, indices: Array, right: Array, counted: Array) -> None:
    """Right places of each class over all its places; 0 for a class without places."""
    classes = top.size
    hits = np.bincount(indices[right], minlength=classes)
    places = np.bincount(indices[counted], minlength=classes)
    np.divide(hits, np.maximum(places, 1), out=top, casting="same_kind")
