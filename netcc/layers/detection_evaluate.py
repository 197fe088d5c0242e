"""DetectionEvaluate: which detections are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Operands, Signature
from netcc.layers.boxes import overlaps
from netcc.layers.detections import ROW, Detector
from netcc.layers.registry import register
from netcc.layers.true_boxes import TRUTH, TrueBoxes
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_MESSAGE = "detection_evaluate_param"

_JUDGED = 5
"""Numbers of a row: item, label, score, right, wrong."""


@register("DetectionEvaluate")
@dataclass(frozen=True)
class DetectionEvaluate(Detector):
    """For each detection whether it is right, from which the solver makes the mean average precision.

    Bottoms: detections (1, 1, D, 7): rows (item, label, score, xmin, ymin, xmax, ymax), item or label -1 to be passed;
    true boxes (1, 1, G, 8), as far as the first of item -1. Top (1, 1, C + K, 5): for each class but the background a
    row (-1, label, number of true boxes, -1, -1), then for each detection (item, label, score, right, wrong) by item
    and label, the best first. A detection is right if the true box of its item and label that it overlaps most, by
    `overlap_threshold` or more, is not yet found. Unless `evaluate_difficult_gt`, difficult boxes do not count, and
    what finds them is neither right nor wrong. No gradient.
    Behaves as src/caffe/layers/detection_evaluate_layer.cpp of weiliu89/caffe, branch ssd, without `name_size_file`:
    boxes are compared as shares of the image, not in its pixels.
    """

    fork = "SSD (weiliu89/caffe)"
    example = "detection_evaluate_param { num_classes: 21 }"

    is_metric = True
    bottoms = Count(2, 2)

    classes: int
    background: int
    threshold: float
    difficult: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.detection_evaluate_param
        if fields.num_classes == 0:
            raise LayerError("DetectionEvaluate needs a positive num_classes", field=(_MESSAGE, "num_classes"))
        if fields.overlap_threshold <= 0:
            raise LayerError("overlap_threshold must be positive", field=(_MESSAGE, "overlap_threshold"))
        return cls(
            fields.num_classes, fields.background_label_id, fields.overlap_threshold, fields.evaluate_difficult_gt
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        for index, (width, what) in enumerate(((ROW, "detections"), (TRUTH, "true boxes"))):
            shape = bottoms[index]
            if len(shape) != 4 or shape[:2] != (1, 1) or shape[3] != width:
                raise ShapeError(
                    f"{what} are 1 x 1 x number x {width}, not {format_shape(shape)}", field=("bottom", str(index))
                )
        rows = len(self._labels) + bottoms[0][2]
        return Signature(tops=((1, 1, rows, _JUDGED),), saved=(Buffer((rows, _JUDGED)),))

    @property
    def _labels(self) -> list[int]:
        return [label for label in range(self.classes) if label != self.background]

    def detect(self, operands: Operands) -> Array:
        detections, rows = operands.bottoms
        truths = TrueBoxes.read(rows, self.background, ends=True)
        return np.concatenate([self._totals(truths), self._judge_all(detections.reshape(-1, ROW), truths)])

    def _totals(self, truths: TrueBoxes) -> Array:
        counted = truths.labels if self.difficult else truths.labels[~truths.difficult]
        return np.array([(-1, label, np.count_nonzero(counted == label), -1, -1) for label in self._labels], float)

    def _judge_all(self, detections: Array, truths: TrueBoxes) -> Array:
        found = detections[(detections[:, 0] != -1) & (detections[:, 1] != -1)]
        if (found[:, 1] == self.background).any():
            raise DataError(f"a detection has label {self.background}, that of the background")
        order = np.lexsort((-found[:, 2], found[:, 1], found[:, 0]))
        found = found[order]
        judged = np.zeros((len(found), _JUDGED), found.dtype)
        judged[:, :3] = found[:, :3]
        for item, label in np.unique(found[:, :2], axis=0):
            here = (found[:, 0] == item) & (found[:, 1] == label)
            own = truths.only((truths.items == item) & (truths.labels == label))
            judged[here, 3:] = self._judge(found[here, 3:], own)
        return judged

    def _judge(self, boxes: Array, truths: TrueBoxes) -> Array:
        """Right and wrong (D, 2) for `boxes` (D, 4) of one item and label, the best first."""
        judged = np.zeros((len(boxes), 2))
        if not len(truths.boxes):
            judged[:, 1] = 1
            return judged
        shared = overlaps(boxes[:, None], truths.boxes)
        nearest, highest = shared.argmax(axis=1), shared.max(axis=1)
        seen: set[int] = set()
        for index, truth in enumerate(nearest.tolist()):
            if highest[index] < self.threshold:
                judged[index, 1] = 1
            elif self.difficult or not truths.difficult[truth]:
                judged[index, int(truth in seen)] = 1
                seen.add(truth)
        return judged
