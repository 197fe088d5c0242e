"""EvalDetection: the detections of YOLO version 2 matched with true boxes. Its shape is known; it does not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.layers.yolo_fields import OBJECT
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, count, format_shape

_NUMBERS = 4
"""Of each detection: class, score, whether it is right, whether it is wrong."""


@register("EvalDetection")
@dataclass(frozen=True)
class EvalDetection(Layer):
    """Bottom (N, side * side * num_object * (5 + num_class) in all), then true boxes and perhaps more.

    Top (N, num_class + 4 * side * side * num_object): how many true boxes each class has, then four numbers for each
    detection.

    A forward pass is refused: netcc scores detections with DetectionEvaluate.
    The shape rule is that of src/caffe/layers/eval_detection_layer.cpp of intel/caffe.
    """

    fork = "Intel Caffe (intel/caffe)"
    example = "eval_detection_param { side: 13 num_class: 20 num_object: 5 }"

    is_metric: ClassVar[bool] = True
    bottoms: ClassVar[Count] = Count(2, None)
    differentiable: ClassVar[bool] = False

    side: int
    classes: int
    boxes: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.eval_detection_param
        for name in ("side", "num_class", "num_object"):
            if getattr(fields, name) < 1:
                raise LayerError(f"{name} must be at least 1", field=("eval_detection_param", name))
        return cls(fields.side, fields.num_class, fields.num_object)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        detections, needed = bottoms[0], self.side**2 * self.boxes * (OBJECT + 1 + self.classes)
        if not detections or count(detections[1:]) != needed:
            raise ShapeError(
                f"{self.boxes} boxes of {self.classes} classes in {self.side} x {self.side} cells are {needed} numbers "
                f"an item, bottom 0 is {format_shape(detections)}",
                field=("bottom", "0"),
            )
        return Signature(tops=((detections[0], self.classes + _NUMBERS * self.side**2 * self.boxes),))

    def gradient_allowed(self, bottom: int) -> bool:
        return False

    def forward(self, operands: Operands) -> None:
        raise LayerError(
            "netcc does not run EvalDetection layers",
            notes=["put YoloDetectionOutput and DetectionEvaluate in its place"],
        )
