"""Yolov3: the loss of YOLO version 3 on the map of one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.layers.yolo_boxes import Kinds, agreement, agreement_gradient, decode_cells, sigmoid
from netcc.layers.yolo_fields import OBJECT, check_map, read_anchors, read_mask
from netcc.layers.yolo_truths import Truth, best_agreement, check_truths, read_truths, size_agreement
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "yolov3_param"

_FOCUS = 0.5
"""The factor of the focal weight."""


@dataclass(frozen=True)
class _Item:
    """What the map says of one item: `activations` (A, 5 + classes, cells), the boxes (A, cells, 4), the deltas that
    are to be filled, and how far the trained boxes are from the true ones."""

    activations: Array
    boxes: Array
    deltas: Array
    misses: list[float]
    size: tuple[int, int]


@register("Yolov3")
@dataclass(frozen=True)
class Yolov3(Layer):
    """The sum of squares of darknet's deltas, over N: how far boxes, object scores and classes are from the truth.

    Bottoms: map (N, num * (5 + num_class), H, W): for each anchor of `mask` x, y, log of width and height ratio, object
    score, class scores; true boxes (N, 1, T, 5): rows (class, centre x, centre y, width, height) up to the first of
    width 0. Top: scalar. `biases` are sides of the anchors of all scales, in pixels of an image of W * anchors_scale by
    H * anchors_scale. Each true box trains the anchor of the most similar size, if that is in `mask`, and all others of
    `mask` more similar than `iou_thresh`, in the cell of its centre; the object scores of the rest are drawn to 0, but
    where a box agrees with a true one by more than `thresh`. With `iou_loss` other than MSE, box deltas come from the
    agreement of boxes, and their mean miss * iou_normalizer is the loss in their place. The gradient is delta * top
    diff / N (with `use_logic_gradient` times that of the sigmoid): darknet's deltas are the gradients, not the squares'
    derivatives. A centre on the far edge lies in the last cell. Redmon and Farhadi, YOLOv3 (2018). Behaves as
    src/caffe/layers/yolov3_layer.cpp of eric612/MobileNet-YOLO.
    """

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"
    example = "yolov3_param { num_class: 20 num: 2 biases: [10, 13, 16, 30] mask: [0, 1] }"

    is_loss: ClassVar[bool] = True
    predicts: ClassVar[str | None] = None
    bottoms: ClassVar[Count] = Count(2, 2)

    classes: int
    anchors: tuple[tuple[float, float], ...]
    mask: tuple[int, ...]
    cell: int
    object_scale: float
    class_scale: float
    box_scale: float
    threshold: float
    size_threshold: float
    kind: int
    kind_weight: float
    most_delta: float
    accumulate: bool
    smoothing: float
    focal: bool
    through_sigmoid: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.yolov3_param
        anchors = read_anchors(fields.biases, len(fields.biases) // 2, (_MESSAGE, "biases"))
        if fields.anchors_scale == 0:
            raise LayerError("anchors_scale must be positive", field=(_MESSAGE, "anchors_scale"))
        return cls(
            fields.num_class,
            anchors,
            read_mask(fields.mask, fields.num, len(anchors), (_MESSAGE, "mask")),
            fields.anchors_scale,
            fields.object_scale if fields.use_logic_gradient else 1.0,
            fields.class_scale,
            fields.coord_scale,
            fields.thresh,
            fields.iou_thresh,
            fields.iou_loss,
            fields.iou_normalizer,
            fields.max_delta,
            fields.accumulate,
            fields.label_smooth_eps,
            fields.use_focal_loss,
            fields.use_logic_gradient,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_map(bottoms[0], len(self.mask), self.classes, 0)
        check_truths(bottoms[1], bottoms[0][0])
        return Signature(tops=((),), saved=(Buffer(bottoms[0]),), scratch=(Buffer(bottoms[0]),))

    def forward(self, operands: Operands) -> None:
        numbers, labels = operands.bottoms
        items, size = len(numbers), (numbers.shape[2], numbers.shape[3])
        shape = (items, len(self.mask), OBJECT + 1 + self.classes, size[0] * size[1])
        activations, deltas = operands.scratch[0].reshape(shape), operands.saved[0].reshape(shape)
        np.copyto(activations, numbers.reshape(shape))
        for part in (slice(0, 2), slice(OBJECT, None)):
            activations[:, :, part] = sigmoid(activations[:, :, part])
        boxes = decode_cells(activations, self._mask_anchors(numbers.dtype), size, self._network(size))
        deltas.fill(0)
        misses: list[float] = []
        for item in range(items):
            self._compare(_Item(activations[item], boxes[item], deltas[item], misses, size), labels[item], item)
        operands.tops[0][...] = self._loss(deltas, misses) / items
        if self.through_sigmoid:
            for part in (slice(0, 2), slice(OBJECT, None)):
                deltas[:, :, part] *= activations[:, :, part] * (1 - activations[:, :, part])

    def backward(self, operands: Operands) -> None:
        dx = operands.bottom_diffs[0]
        if dx is not None:
            np.multiply(operands.saved[0], operands.top_diffs[0] / len(dx), out=dx)

    def _mask_anchors(self, dtype: np.dtype[np.generic]) -> Array:
        return np.array([self.anchors[anchor] for anchor in self.mask], dtype)

    def _network(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the image in which the anchors are measured."""
        return size[0] * self.cell, size[1] * self.cell

    def _loss(self, deltas: Array, misses: list[float]) -> float:
        if self.kind == Kinds.MSE:
            return float(np.sum(deltas * deltas))
        rest = deltas[:, :, OBJECT:]
        return float(np.sum(rest * rest)) + (self.kind_weight * sum(misses) / len(misses) if misses else 0)

    def _compare(self, item: _Item, rows: Array, index: int) -> None:
        truths = read_truths(rows, index, self.classes, item.size)
        missed = best_agreement(item.boxes, rows, self.kind) <= self.threshold
        item.deltas[:, OBJECT] = item.activations[:, OBJECT] * missed
        height, width = self._network(item.size)
        sides = np.array(self.anchors) / (width, height)
        for truth in truths:
            for place in self._places(size_agreement(sides, truth, self.kind)):
                self._train(item, truth, place)

    def _places(self, likeness: Array) -> list[int]:
        """Which anchors, by their place in the mask, a true box trains, that is so much like each of all anchors."""
        best = int(likeness.argmax()) if likeness.max() > 0 else -1
        places = [self.mask.index(best)] if best in self.mask else []
        if self.size_threshold < 1:
            # The original compares the anchor's number with the place of the best one: unless these agree, the best
            # anchor is trained once more.
            done = places[0] if places else best
            others = [anchor for anchor in range(len(self.anchors)) if anchor in self.mask and anchor != done]
            places += [self.mask.index(anchor) for anchor in others if likeness[anchor] > self.size_threshold]
        return places

    def _train(self, item: _Item, truth: Truth, place: int) -> None:
        """Sets the deltas of the anchor at `place` in the cell of `truth`."""
        cell = truth.row * item.size[1] + truth.column
        found, delta = item.activations[place, :, cell], item.deltas[place, :, cell]
        box = item.boxes[place, cell]
        if self.kind == Kinds.MSE:
            self._regress(found, delta, truth, place, item.size)
        else:
            self._draw_near(found, delta, box, truth)
        # With IOU the original measures DIOU.
        measure = Kinds.DIOU if self.kind == Kinds.IOU else self.kind
        item.misses.append(1 - float(agreement(box, truth.box, measure)))
        delta[OBJECT] = -self.object_scale * (1 - found[OBJECT])
        self._classify(found[OBJECT + 1 :], delta[OBJECT + 1 :], truth.label)

    def _regress(self, found: Array, delta: Array, truth: Truth, place: int, size: tuple[int, int]) -> None:
        scale = self.box_scale * (2 - truth.box[2] * truth.box[3])
        height, width = self._network(size)
        wanted = truth.box[:2] * size[::-1] - (truth.column, truth.row)
        ratios = truth.box[2:] * (width, height) / self.anchors[self.mask[place]]
        delta[:2] = -scale * (wanted - found[:2])
        delta[2:4] = -scale * (np.log(ratios) - found[2:4])

    def _draw_near(self, found: Array, delta: Array, box: Array, truth: Truth) -> None:
        gradient = agreement_gradient(box, truth.box, self.kind)
        gradient[2:] *= np.exp(found[2:4])
        gradient = np.clip(gradient * self.kind_weight, -self.most_delta, self.most_delta)
        delta[:4] = delta[:4] * self.accumulate - gradient

    def _classify(self, found: Array, delta: Array, label: int) -> None:
        """`found` and `delta` (classes). Where the anchor has learnt this class already, only that changes."""
        wanted = np.full(len(found), 0.5 * self.smoothing)
        wanted[label] += 1 - self.smoothing
        if delta[label] != 0:
            delta[label] = -self.class_scale * (wanted[label] - found[label])
        elif self.focal:
            sure = found[label] + 1e-15
            weight = -(1 - sure) * (2 * sure * np.log(sure) + sure - 1)
            delta[:] = -self.class_scale * ((np.arange(len(found)) == label) - found) * _FOCUS * weight
        else:
            delta[:] = -self.class_scale * (wanted - found)
