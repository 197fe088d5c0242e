"""DetectionOutput: from scores and locations of priors to detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Operands, Signature
from netcc.layers.boxes import BoxCode, Suppression, best_first
from netcc.layers.detections import ROW, Detector, detection_rows, make_rows
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "detection_output_param"


@register("DetectionOutput")
@dataclass(frozen=True)
class DetectionOutput(Detector):
    """The detections of an image: boxes decoded from priors, the best of those that overlap, class by class.

    Bottoms: locations (N, P * 4 * L), class scores (N, P * num_classes), priors (1, 2, P * 4) with their variances, and
    perhaps the image, which is not read; L is 1 if `share_location`, else num_classes. Top (1, 1, K, 7): rows (item,
    label, score, xmin, ymin, xmax, ymax) by item and label, the best first; without any, a row of -1 for each item.
    Of each class but the background those scores above `confidence_threshold` count, of them the `top_k` best;
    `keep_top_k` limits the detections of an item. No gradient. The fields about files (`save_output_param`) and windows
    (`visualize`) have no effect. Liu et al., SSD: Single Shot MultiBox Detector (2016).
    Behaves as src/caffe/layers/detection_output_layer.cpp of weiliu89/caffe, branch ssd.
    """

    fork = "SSD (weiliu89/caffe)"
    example = (
        "detection_output_param { num_classes: 21 code_type: CENTER_SIZE nms_param { nms_threshold: 0.45 "
        "top_k: 400 } keep_top_k: 200 confidence_threshold: 0.01 }"
    )

    bottoms = Count(3, 4)

    classes: int
    share_location: bool
    background: int
    code: BoxCode
    suppression: Suppression
    top_k: int | None
    keep_top_k: int | None
    least_score: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, overlap = message.detection_output_param, message.detection_output_param.nms_param
        if fields.num_classes == 0:
            raise LayerError("DetectionOutput needs a positive num_classes", field=(_MESSAGE, "num_classes"))
        if overlap.nms_threshold < 0:
            raise LayerError("nms_threshold must not be negative", field=(_MESSAGE, "nms_param", "nms_threshold"))
        if not 0 < overlap.eta <= 1:
            raise LayerError(
                f"eta must be above 0 and at most 1, not {overlap.eta:g}", field=(_MESSAGE, "nms_param", "eta")
            )
        return cls(
            classes=fields.num_classes,
            share_location=fields.share_location,
            background=fields.background_label_id,
            code=BoxCode(fields.code_type, fields.variance_encoded_in_target),
            suppression=Suppression(overlap.nms_threshold, overlap.eta),
            top_k=overlap.top_k if overlap.HasField("top_k") and overlap.top_k >= 0 else None,
            keep_top_k=fields.keep_top_k if fields.keep_top_k >= 0 else None,
            least_score=fields.confidence_threshold
            if fields.HasField("confidence_threshold")
            else float(np.finfo(np.float32).min),
        )

    @property
    def location_classes(self) -> int:
        return 1 if self.share_location else self.classes

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        items, priors = check_predictions(bottoms, self.location_classes, self.classes)
        most = self.classes * (priors if self.top_k is None else min(priors, self.top_k))
        most = most if self.keep_top_k is None else min(most, self.keep_top_k)
        return Signature(tops=((1, 1, 1, ROW),), saved=(Buffer((items * max(most, 1), ROW)),))

    def detect(self, operands: Operands) -> Array:
        locations, scores, priors = operands.bottoms[:3]
        items = len(locations)
        boxes, variances = priors.reshape(2, -1, 1, 4)
        decoded = self.code.decode(
            locations.reshape(items, len(boxes), self.location_classes, 4), boxes, np.asarray(variances)
        )
        by_class = scores.reshape(items, len(boxes), self.classes)
        found = [self._detect_in(item, decoded[item], by_class[item]) for item in range(items)]
        return detection_rows(found, items)

    def _detect_in(self, item: int, boxes: Array, scores: Array) -> Array:
        """Rows for one item: `boxes` (P, L, 4), `scores` (P, classes)."""
        rows = [
            self._detect_class(item, label, boxes[:, 0 if self.share_location else label], scores[:, label])
            for label in range(self.classes)
            if label != self.background
        ]
        found = np.concatenate([np.empty((0, ROW), boxes.dtype), *rows])
        if self.keep_top_k is None or len(found) <= self.keep_top_k:
            return found
        return np.asarray(found[np.sort(best_first(found[:, 2], self.keep_top_k))])

    def _detect_class(self, item: int, label: int, boxes: Array, scores: Array) -> Array:
        candidates = np.flatnonzero(scores > self.least_score)
        candidates = candidates[best_first(scores[candidates], self.top_k)]
        kept = candidates[self.suppression.keep(boxes[candidates])]
        return make_rows(item, label, scores[kept], boxes[kept])


def check_predictions(bottoms: Sequence[Shape], location_classes: int, classes: int) -> tuple[int, int]:
    """Numbers of items and priors; raises ShapeError where locations, scores and priors do not fit together."""
    locations, scores, priors = bottoms[:3]
    if len(priors) < 3 or priors[1] != 2 or count(priors[2:]) % 4:
        raise ShapeError(f"priors are 1 x 2 x (4 numbers a prior), not {format_shape(priors)}", field=("bottom", "2"))
    number = count(priors[2:]) // 4
    for index, (shape, each, what) in enumerate(
        ((locations, 4 * location_classes, "locations"), (scores, classes, "scores"))
    ):
        if not shape or shape[0] != locations[0] or count(shape[1:]) != number * each:
            raise ShapeError(
                f"{number} priors need {format_shape((*locations[:1], number * each))} {what}, "
                f"not {format_shape(shape)}",
                field=("bottom", str(index)),
            )
    return locations[0], number
