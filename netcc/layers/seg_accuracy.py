"""Accuracy of a segmentation: of pixels, of classes, and overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.labels import read_labels, split_scores, view_scores
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@register("SegAccuracy")
@dataclass(frozen=True)
class SegAccuracy(Layer):
    """Pixel accuracy, mean accuracy of the classes that occur, and mean intersection over union of all classes.

    Bottoms: scores (N x C x H x W), labels (N x 1 x H x W or N x H x W). Top: the three numbers (1 x 1 x 1 x 3).
    A pixel goes to its highest score, of equal ones to the last. Pixels with an `ignore_label` (there may be several)
    do not count; a class that neither occurs nor is predicted has an overlap of 1; where nothing counts, both
    accuracies are 0 (the fork has NaN for the second). With `reset: false` the counts of all passes add up; `metric` is
    not read.
    Behaves as seg_accuracy_layer.cpp of hszhao/PSPNet (and DeepLab); a label which is no class is an error (DataError).
    """

    fork = "PSPNet (hszhao/PSPNet)"

    is_metric = True
    bottoms = Count(2, 2)
    differentiable = False

    ignore_labels: tuple[int, ...]
    reset: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.seg_accuracy_param
        return cls(tuple(fields.ignore_label), fields.reset)

    def is_function(self) -> bool:
        return False

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        if len(bottoms[0]) < 2:
            raise ShapeError(f"SegAccuracy needs scores of N x C x H x W, not {format_shape(bottoms[0])}")
        scores = split_scores(bottoms[0], bottoms[1], 1, ())
        places = Buffer(scores.places, "index")
        return Signature(
            tops=((1, 1, 1, 3),),
            scratch=(places, Buffer(scores.places, "bool"), Buffer(bottoms[1])),
            state=(Buffer((scores.classes, scores.classes), "index"),),
        )

    def start(self, operands: Operands) -> None:
        operands.state[0].fill(0)

    def forward(self, operands: Operands) -> None:
        labels, ignored, known = operands.scratch
        (table,) = operands.state
        scores = view_scores(operands.bottoms[0].shape, 1)
        counted = ~np.isin(np.trunc(operands.bottoms[1]), self.ignore_labels)
        np.copyto(known, operands.bottoms[1])
        np.copyto(known, 0, where=~counted)
        read_labels(known, scores, None, labels, ignored)
        predicted = _last_highest(operands.bottoms[0].reshape(scores.shape))
        if self.reset:
            table.fill(0)
        pairs = (labels * scores.classes + predicted)[counted.reshape(labels.shape)]
        table += np.bincount(pairs, minlength=table.size).reshape(table.shape)
        operands.tops[0][...] = _measures(table)


def _last_highest(scores: Array) -> Array:
    """The class of the highest score at every place, of equal ones the last: (outer, inner)."""
    highest: Array = scores.shape[1] - 1 - np.argmax(scores[:, ::-1], axis=1)
    return highest


def _measures(table: Array) -> tuple[float, float, float]:
    """Of a table (label, prediction) of numbers of pixels."""
    right, occurring, predicted = np.diagonal(table), table.sum(axis=1), table.sum(axis=0)
    union = occurring + predicted - right
    present = occurring > 0
    pixels = right.sum() / max(1, table.sum())
    classes = (right[present] / occurring[present]).sum() / max(1, np.count_nonzero(present))
    overlaps = np.where(union > 0, right / np.maximum(union, 1), 1).mean()
    return float(pixels), float(classes), float(overlaps)
