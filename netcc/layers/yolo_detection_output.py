"""YoloDetectionOutput and Yolov3DetectionOutput: from the maps of YOLO to detections."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Operands, Signature
from netcc.layers.boxes import Suppression, best_first
from netcc.layers.detections import ROW, Detector, detection_rows, make_rows
from netcc.layers.registry import register
from netcc.layers.yolo_boxes import decode_cells, sigmoid, to_corners
from netcc.layers.yolo_fields import OBJECT, check_map, read_anchors, read_mask
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


@dataclass(frozen=True)
class YoloDetector(Detector):
    """Candidates of all maps and items in one list, the best first; of overlapping ones, of any class, the best stays.

    Top (1, 1, K, 7): rows (0, class + 1, score, xmin, ymin, xmax, ymax); without any, a row of -1 for each item.
    """

    classes: int
    anchors: tuple[tuple[float, float], ...]
    least_score: float
    suppression: Suppression

    def detect(self, operands: Operands) -> Array:
        found = np.concatenate([self._candidates(place, numbers) for place, numbers in enumerate(operands.bottoms)])
        found = found[best_first(found[:, 2])]
        return detection_rows([found[self.suppression.keep(found[:, 3:])]], len(operands.bottoms[0]))

    @abstractmethod
    def _candidates(self, place: int, numbers: Array) -> Array:
        """Rows (K, 7) of map `place` with high enough scores, by item, cell and anchor."""


def _by_anchor(numbers: Array, anchors: int) -> Array:
    """A copy of a map as (N, A, 5 + classes, H * W), sigmoids taken of 0, 1 and the object score."""
    split = numbers.reshape(len(numbers), anchors, -1, numbers.shape[2] * numbers.shape[3]).copy()
    split[:, :, [0, 1, OBJECT]] = sigmoid(split[:, :, [0, 1, OBJECT]])
    return split


@register("YoloDetectionOutput")
@dataclass(frozen=True)
class YoloDetectionOutput(YoloDetector):
    """The detections of YOLO version 2: boxes whose object score * best class probability is confidence_threshold or
    more.

    Bottoms: one or two maps (N, num_box * (5 + num_classes), S, S) as those of RegionLoss. Top (1, 1, K, 7): rows (0,
    class + 1, score, xmin, ymin, xmax, ymax), the best first, all items in one list; of boxes that overlap by
    `nms_threshold` or more only the best stays, whatever their classes; without any, a row of -1 for each item. No
    gradient. Behaves as src/caffe/layers/yolo_detection_output_layer.cpp of eric612/MobileNet-YOLO.
    """

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"
    example = "yolo_detection_output_param { num_classes: 20 num_box: 2 biases: [1.1, 1.2, 3.4, 4.4] }"

    bottoms: ClassVar[Count] = Count(1, 2)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        name, fields = "yolo_detection_output_param", message.yolo_detection_output_param
        if fields.coords != 4:
            raise LayerError(f"boxes have 4 coords, not {fields.coords}", field=(name, "coords"))
        return cls(
            fields.num_classes,
            read_anchors(fields.biases, fields.num_box, (name, "biases")),
            fields.confidence_threshold,
            Suppression(fields.nms_threshold, inclusive=True),
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        for index, shape in enumerate(bottoms):
            check_map(shape, len(self.anchors), self.classes, index, square=True)
        most = sum(shape[0] * len(self.anchors) * shape[2] ** 2 for shape in bottoms)
        return Signature(tops=((1, 1, 1, ROW),), saved=(Buffer((max(most, bottoms[0][0]), ROW)),))

    def _candidates(self, place: int, numbers: Array) -> Array:
        side = numbers.shape[2]
        split = _by_anchor(numbers, len(self.anchors))
        boxes = decode_cells(split, np.array(self.anchors, split.dtype), (side, side), (side, side))
        scores = split[:, :, OBJECT + 1 :]
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        labels = scores.argmax(axis=2)
        best = split[:, :, OBJECT] * scores.max(axis=2) / scores.sum(axis=2)
        items, cells, anchors = np.nonzero(best.transpose(0, 2, 1) >= self.least_score)
        where = items, anchors, cells
        return make_rows(0, labels[where] + 1, best[where], to_corners(boxes[where]))


@register("Yolov3DetectionOutput")
@dataclass(frozen=True)
class Yolov3DetectionOutput(YoloDetector):
    """The detections of YOLO version 3: every class whose probability * object score is above confidence_threshold.

    Bottoms: `mask_group_num` maps (N, num_box * (5 + num_classes), H, W) as those of Yolov3, with the anchors of map t
    from its part of `mask` and cells of anchors_scale[t] pixels. Top (1, 1, K, 7): rows (0, class + 1, score, xmin,
    ymin, xmax, ymax), the best first, all items in one list; of boxes that overlap by `nms_threshold` or more only the
    best stays, whatever their classes; without any, a row of -1 for each item. No gradient.
    Behaves as src/caffe/layers/yolov3_detection_output_layer.cpp of eric612/MobileNet-YOLO.
    """

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"
    example = (
        "yolov3_detection_output_param { num_classes: 20 num_box: 2 biases: [10, 13, 16, 30] mask: [0, 1] "
        "mask_group_num: 1 anchors_scale: 32 }"
    )

    bottoms: ClassVar[Count] = Count(1, None)

    masks: tuple[tuple[int, ...], ...]
    cells: tuple[int, ...]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        name, fields = "yolov3_detection_output_param", message.yolov3_detection_output_param
        if fields.gaussian_box:
            raise LayerError("gaussian_box is not supported", field=(name, "gaussian_box"))
        groups = fields.mask_group_num
        if groups == 0 or len(fields.mask) % groups:
            raise LayerError(
                f"{len(fields.mask)} mask entries do not divide into {groups} groups", field=(name, "mask_group_num")
            )
        if len(fields.anchors_scale) < groups:
            raise LayerError(
                f"{groups} maps need as many anchors_scale, not {len(fields.anchors_scale)}",
                field=(name, "anchors_scale"),
            )
        anchors = read_anchors(fields.biases, len(fields.biases) // 2, (name, "biases"))
        each = len(fields.mask) // groups
        parts = [fields.mask[i * each : (i + 1) * each] for i in range(groups)]
        return cls(
            fields.num_classes,
            anchors,
            fields.confidence_threshold,
            Suppression(fields.nms_threshold, inclusive=True),
            tuple(read_mask(part, fields.num_box, len(anchors), (name, "mask")) for part in parts),
            tuple(fields.anchors_scale[:groups]),
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        if len(bottoms) != len(self.masks):
            raise ShapeError(
                f"mask_group_num {len(self.masks)} needs as many bottoms, not {len(bottoms)}",
                field=("yolov3_detection_output_param", "mask_group_num"),
            )
        for index, shape in enumerate(bottoms):
            check_map(shape, len(self.masks[index]), self.classes, index)
        most = sum(shape[0] * len(self.masks[0]) * shape[2] * shape[3] * self.classes for shape in bottoms)
        return Signature(tops=((1, 1, 1, ROW),), saved=(Buffer((max(most, bottoms[0][0]), ROW)),))

    def _candidates(self, place: int, numbers: Array) -> Array:
        size = numbers.shape[2], numbers.shape[3]
        split = _by_anchor(numbers, len(self.masks[place]))
        anchors = np.array([self.anchors[anchor] for anchor in self.masks[place]], split.dtype)
        network = size[0] * self.cells[place], size[1] * self.cells[place]
        boxes = decode_cells(split, anchors, size, network)
        scores = sigmoid(split[:, :, OBJECT + 1 :]) * split[:, :, OBJECT : OBJECT + 1]
        items, cells, chosen, labels = np.nonzero(scores.transpose(0, 3, 1, 2) > self.least_score)
        return make_rows(0, labels + 1, scores[items, chosen, labels, cells], to_corners(boxes[items, chosen, cells]))
