"""AnnotatedData: images with the boxes of their objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from netcc.layers.base import Count, Operands
from netcc.layers.fork_data import UnknownData
from netcc.layers.outside_data import measure_batch, read_batch
from netcc.layers.registry import register
from netcc.types import Shape


@register("AnnotatedData")
@dataclass(frozen=True)
class AnnotatedData(UnknownData):
    """Images with boxes: data (batch, C, H, W) from outside; boxes (1, 1, boxes, 8), a number of boxes that changes
    from batch to batch and is 1 unless given.

    A box is a row of item, label, instance, xmin, ymin, xmax, ymax, difficult; one row of -1 stands for none.
    A third top, of eric612/MobileNet-YOLO, holds a map of classes; its shape is from outside, and netcc reads none.
    Behaves as src/caffe/layers/annotated_data_layer.cpp of weiliu89/caffe, branch ssd.
    """

    example = (
        'data_param { source: "trainval_lmdb" batch_size: 32 backend: LMDB } annotated_data_param { '
        'label_map_file: "labelmap.prototxt" }'
    )

    fork = "SSD (weiliu89/caffe), MobileNet-YOLO (eric612/MobileNet-YOLO)"

    tops: ClassVar[Count] = Count(1, 3)
    has_reader: ClassVar[bool] = True
    dynamic: ClassVar[bool] = True

    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        return (given[0], (1, 1, 1, 8), None)[: len(given)]

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        return measure_batch(operands)

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)
