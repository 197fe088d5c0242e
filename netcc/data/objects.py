"""The objects of an image: their boxes as shares of its sides, and what cropping and mirroring make of them.

As `TransformAnnotation` of src/caffe/data_transformer.cpp and src/caffe/util/bbox_util.cpp in weiliu89/caffe, branch
ssd.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from netcc.data.transform_steps import Window
from netcc.schema import caffe_pb2
from netcc.types import Array

ROW = 8
"""Numbers of an object in a blob: item, label, instance, xmin, ymin, xmax, ymax, difficult."""


@dataclass(frozen=True, eq=False)
class Objects:
    """`boxes` (count, 4) are xmin, ymin, xmax, ymax; `facts` (count, 3) label, instance and whether it is difficult."""

    boxes: Array
    facts: Array

    @classmethod
    def from_message(cls, message: caffe_pb2.AnnotatedDatum) -> Self:
        boxes, facts = [], []
        for group in message.annotation_group:
            for annotation in group.annotation:
                box = annotation.bbox
                boxes.append((box.xmin, box.ymin, box.xmax, box.ymax))
                facts.append((group.group_label, annotation.instance_id, box.difficult))
        return cls(np.array(boxes, np.float64).reshape(-1, 4), np.array(facts, np.float64).reshape(-1, 3))

    def __len__(self) -> int:
        return len(self.boxes)

    def seen_through(self, window: Window, constraint: caffe_pb2.EmitConstraint | None = None) -> Objects:
        """The objects in an image that shows `window` of this one, cut at its edges.

        Those that lie outside go, and those that do not meet `constraint`.
        """
        left, top, right, bottom = window
        low, high = np.array([left, top]), np.array([right, bottom])
        kept = np.all((self.boxes[:, :2] < high) & (self.boxes[:, 2:] > low), axis=1)
        if constraint is not None:
            kept &= _emitted(self.boxes, window, constraint)
        corners = (self.boxes.reshape(-1, 2, 2) - low) / (high - low)
        boxes = np.clip(corners, 0, 1).reshape(-1, 4)
        kept &= np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
        return Objects(boxes[kept], self.facts[kept])

    def mirrored(self) -> Objects:
        boxes = self.boxes.copy()
        boxes[:, [0, 2]] = 1 - self.boxes[:, [2, 0]]
        return replace(self, boxes=boxes)

    def scaled(self, across: float, down: float) -> Objects:
        """Boxes `across` times as wide and `down` times as high, from the left upper corner of the image."""
        return replace(self, boxes=self.boxes * [across, down, across, down])

    def rows(self, item: int) -> Array:
        """(count, 8), as the loss of a detector reads them."""
        return np.column_stack([np.full(len(self), item), self.facts[:, :2], self.boxes, self.facts[:, 2]])


def _emitted(boxes: Array, window: Window, constraint: caffe_pb2.EmitConstraint) -> Array:
    """Which boxes have their centre in `window`, or share enough of their area with it."""
    low, high = np.array(window[:2]), np.array(window[2:])
    if constraint.emit_type == caffe_pb2.EmitConstraint.CENTER:
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        inside: Array = np.all((centres >= low) & (centres <= high), axis=1)
        return inside
    enough: Array = coverage(boxes, window) > constraint.emit_overlap
    return enough


def coverage(boxes: Array, window: Window) -> Array:
    """The share of each box that lies in `window`; 0 for an empty box."""
    areas = _areas(boxes)
    return np.divide(shared(boxes, window), areas, out=np.zeros(len(boxes)), where=areas > 0)


def overlap(boxes: Array, window: Window) -> Array:
    """Area shared by each box and `window` over the area of both together (Jaccard)."""
    common = shared(boxes, window)
    union: Array = _areas(boxes) + area(window) - common
    return np.divide(common, union, out=np.zeros(len(boxes)), where=union > 0)


def shared(boxes: Array, window: Window) -> Array:
    """The area that each box shares with `window`."""
    low, high = np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])
    sides: Array = np.maximum(high - low, 0)
    product: Array = sides.prod(axis=1)
    return product


def area(window: Window) -> float:
    return max(0.0, window[2] - window[0]) * max(0.0, window[3] - window[1])


def _areas(boxes: Array) -> Array:
    sides: Array = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    product: Array = sides.prod(axis=1)
    return product
