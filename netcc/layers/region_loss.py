"""RegionLoss: the loss of YOLO version 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.layers.yolo_boxes import Kinds, agreement, decode_cells, sigmoid
from netcc.layers.yolo_fields import OBJECT, check_map, read_anchors
from netcc.layers.yolo_truths import Truth, best_agreement, check_truths, read_truths, size_agreement
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "region_loss_param"


@dataclass(frozen=True)
class _Item:
    """What a map says of one item: `activations` (A, 5 + classes, cells), the boxes (A, cells, 4), and the deltas that
    are to be filled, under the shape of the activations."""

    activations: Array
    boxes: Array
    deltas: Array


@register("RegionLoss")
@dataclass(frozen=True)
class RegionLoss(Layer):
    """The sum of squares of darknet's deltas, over N: how far boxes, object scores and classes are from the truth.

    Bottoms: map (N, num * (5 + num_class), S, S): for each of `num` anchors x, y, log of width and height ratio, object
    score, class scores; true boxes (N, 1, T, 5): rows (class, centre x, centre y, width, height) up to the first of
    width 0. Top: scalar. Each true box trains the anchor of the most similar size in the cell of its centre; the object
    scores of all others are drawn to 0, but where a box overlaps a true one by more than `thresh`. The gradient is
    delta * top diff / N: darknet's deltas are the gradients, not the squares' derivatives. A centre on the far edge of
    the image lies in the last cell. Redmon and Farhadi, YOLO9000 (2017).
    Behaves as src/caffe/layers/region_loss_layer.cpp of eric612/MobileNet-YOLO.
    """

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"
    example = "region_loss_param { num_class: 20 num: 2 biases: [1.1, 1.2, 3.4, 4.4] }"

    is_loss: ClassVar[bool] = True
    predicts: ClassVar[str | None] = None
    bottoms: ClassVar[Count] = Count(2, 2)

    classes: int
    anchors: tuple[tuple[float, float], ...]
    by_anchor_size: bool
    rescore: bool
    object_scale: float
    no_object_scale: float
    class_scale: float
    box_scale: float
    threshold: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.region_loss_param
        if fields.coords != 4:
            raise LayerError(f"boxes have 4 coords, not {fields.coords}", field=(_MESSAGE, "coords"))
        return cls(
            fields.num_class,
            read_anchors(fields.biases, fields.num, (_MESSAGE, "biases")),
            bool(fields.bias_match),
            bool(fields.rescore),
            fields.object_scale,
            fields.noobject_scale,
            fields.class_scale,
            fields.coord_scale,
            fields.thresh,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_map(bottoms[0], len(self.anchors), self.classes, 0, square=True)
        check_truths(bottoms[1], bottoms[0][0])
        return Signature(tops=((),), saved=(Buffer(bottoms[0]),), scratch=(Buffer(bottoms[0]),))

    def forward(self, operands: Operands) -> None:
        numbers, labels = operands.bottoms
        items, side = len(numbers), numbers.shape[2]
        shape = (items, len(self.anchors), OBJECT + 1 + self.classes, side * side)
        activations, deltas = operands.scratch[0].reshape(shape), operands.saved[0].reshape(shape)
        np.copyto(activations, numbers.reshape(shape))
        activations[:, :, :2] = sigmoid(activations[:, :, :2])
        activations[:, :, OBJECT] = sigmoid(activations[:, :, OBJECT])
        scores = activations[:, :, OBJECT + 1 :]
        scores[...] = np.exp(scores - scores.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        boxes = decode_cells(activations, np.array(self.anchors, numbers.dtype), (side, side), (side, side))
        deltas.fill(0)
        for item in range(items):
            self._compare(_Item(activations[item], boxes[item], deltas[item]), labels[item], item, side)
        operands.tops[0][...] = np.sum(deltas * deltas) / items

    def backward(self, operands: Operands) -> None:
        dx = operands.bottom_diffs[0]
        if dx is not None:
            np.multiply(operands.saved[0], operands.top_diffs[0] / len(dx), out=dx)

    def _compare(self, item: _Item, rows: Array, index: int, side: int) -> None:
        score = item.activations[:, OBJECT]
        truths = read_truths(rows, index, self.classes, (side, side))
        missed = best_agreement(item.boxes, rows) <= self.threshold
        item.deltas[:, OBJECT] = self.no_object_scale * score * score * (1 - score) * missed
        for truth in truths:
            self._train(item, truth, side)

    def _train(self, item: _Item, truth: Truth, side: int) -> None:
        """Sets the deltas of the anchor that stands for `truth`."""
        cell = truth.row * side + truth.column
        sides = np.array(self.anchors) / side if self.by_anchor_size else item.boxes[:, cell, 2:]
        anchor = int(size_agreement(sides, truth).argmax())
        found, delta = item.activations[anchor, :, cell], item.deltas[anchor, :, cell]
        scale = self.box_scale * (1 if self.rescore else 2 - truth.box[2] * truth.box[3])
        wanted = truth.box[:2] * side - (truth.column, truth.row)
        delta[:2] = -scale * (wanted - found[:2]) * found[:2] * (1 - found[:2])
        delta[2:4] = -scale * (np.log(truth.box[2:] * side / self.anchors[anchor]) - found[2:4])
        shared = agreement(item.boxes[anchor, cell], truth.box, Kinds.IOU) if self.rescore else 1
        score = found[OBJECT]
        delta[OBJECT] = -self.object_scale * (shared - score) * score * (1 - score)
        delta[OBJECT + 1 :] = self.class_scale * found[OBJECT + 1 :]
        delta[OBJECT + 1 + truth.label] -= self.class_scale


@register("Region")
@dataclass(frozen=True)
class Region(RegionLoss):
    """RegionLoss under darknet's own name."""
