"""Boxes as YOLO has them: (centre x, centre y, width, height) as shares of the image, and measures of their overlap.

Behaves as src/caffe/util/bbox_util.cpp and yolov3_layer.cpp of eric612/MobileNet-YOLO.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.layers.boxes import overlaps
from netcc.schema import caffe_pb2
from netcc.types import Array

Kinds = caffe_pb2.Yolov3Parameter

_DISTANCE_POWER = 0.6
"""The power of the distance term of DIOU."""


def to_corners(boxes: Array) -> Array:
    """(xmin, ymin, xmax, ymax) of `boxes` (..., 4)."""
    halves = boxes[..., 2:] / 2
    return np.concatenate([boxes[..., :2] - halves, boxes[..., :2] + halves], axis=-1)


def decode_cells(numbers: Array, anchors: Array, size: tuple[int, int], network: tuple[int, int]) -> Array:
    """The boxes (N, A, H * W, 4) that `numbers` (N, A, 4 or more, H * W) mean.

    Of the numbers 0 and 1 are shares of a cell, 2 and 3 logarithms of the ratios to the sides of `anchors` (A, 2),
    which are in units that `network` (height, width) has across the image; `size` is (H, W).
    """
    height, width = size
    boxes = np.empty((*numbers.shape[:2], height * width, 4), numbers.dtype)
    boxes[..., 0] = (numbers[:, :, 0] + np.tile(np.arange(width), height)) / width
    boxes[..., 1] = (numbers[:, :, 1] + np.repeat(np.arange(height), width)) / height
    boxes[..., 2] = np.exp(numbers[:, :, 2]) * (anchors[:, None, 0] / network[1])
    boxes[..., 3] = np.exp(numbers[:, :, 3]) * (anchors[:, None, 1] / network[0])
    return boxes


def sigmoid(numbers: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(np.tanh(numbers / 2) / 2 + 0.5, numbers.dtype)


def agreement(boxes: Array, others: Array, kind: int) -> Array:
    """How well boxes agree, at most 1: their intersection over union, less what `kind` takes off (GIOU, DIOU, CIOU)."""
    corners, other_corners = to_corners(boxes), to_corners(others)
    shared = overlaps(corners, other_corners)
    if kind in (Kinds.IOU, Kinds.MSE):
        return shared
    hull = np.maximum(corners[..., 2:], other_corners[..., 2:]) - np.minimum(corners[..., :2], other_corners[..., :2])
    if kind == Kinds.GIOU:
        area = hull[..., 0] * hull[..., 1]
        sizes = boxes[..., 2] * boxes[..., 3] + others[..., 2] * others[..., 3]
        union = sizes / (1 + shared)  # sizes = union + intersection
        return np.asarray(shared - (area - union) / np.where(area == 0, 1, area))
    diagonal = np.sum(hull * hull, axis=-1)
    distance = np.sum((boxes[..., :2] - others[..., :2]) ** 2, axis=-1) / np.where(diagonal == 0, 1, diagonal)
    if kind == Kinds.DIOU:
        return np.asarray(shared - distance**_DISTANCE_POWER)
    unlike = _unlike(boxes, others)
    return np.asarray(shared - distance - unlike * _unlike_weight(shared, unlike))


def _unlike(boxes: Array, others: Array) -> Array:
    """How different the aspect ratios are: 0 for equal ones, below 1."""
    angles = np.arctan2(others[..., 2], others[..., 3]) - np.arctan2(boxes[..., 2], boxes[..., 3])
    return np.asarray(4 / np.pi**2 * angles * angles)


def _unlike_weight(shared: Array, unlike: Array) -> Array:
    return np.asarray(unlike / (1 - shared + unlike + 1e-6))


@dataclass(frozen=True)
class _Pair:
    """A predicted and a true box (4), and what the derivatives are made of. Edges are left, top, right, bottom."""

    box: Array
    truth: Array
    edges: Array
    true_edges: Array

    @classmethod
    def of(cls, box: Array, truth: Array) -> _Pair:
        return cls(box, truth, to_corners(box), to_corners(truth))

    @property
    def shared_sides(self) -> Array:
        """Width and height of the intersection; negative where the boxes are apart."""
        return np.asarray(
            np.minimum(self.edges[2:], self.true_edges[2:]) - np.maximum(self.edges[:2], self.true_edges[:2])
        )

    @property
    def hull_sides(self) -> Array:
        return np.asarray(
            np.maximum(self.edges[2:], self.true_edges[2:]) - np.minimum(self.edges[:2], self.true_edges[:2])
        )

    @property
    def outer(self) -> Array:
        """Which edges of the predicted box are edges of the hull of both (0 or 1)."""
        return np.concatenate([self.edges[:2] < self.true_edges[:2], self.edges[2:] > self.true_edges[2:]]).astype(
            float
        )

    @property
    def inner(self) -> Array:
        """Which edges of the predicted box are edges of the intersection (0 or 1)."""
        return np.concatenate([self.edges[:2] > self.true_edges[:2], self.edges[2:] < self.true_edges[2:]]).astype(
            float
        )


def agreement_gradient(box: Array, truth: Array, kind: int) -> Array:
    """How darknet lets the agreement with `truth` (4) grow by the numbers of `box` (4).

    Not quite the derivative: width and height count twice, and the distance terms pull the centre the other way where
    the hull grows with it, as in the original.
    """
    pair = _Pair.of(np.asarray(box, float), np.asarray(truth, float))
    by_edges, apart = _edge_gradient(pair, kind)
    gradient = np.concatenate([by_edges[:2] + by_edges[2:], by_edges[2:] - by_edges[:2]])
    if kind in (Kinds.DIOU, Kinds.CIOU):
        gradient = (0 if apart else gradient) + _distance_gradient(pair)
    if kind == Kinds.CIOU:
        gradient[2:] += _ratio_gradient(pair)
    return np.asarray(np.where(np.isfinite(gradient), gradient, 0))


def _edge_gradient(pair: _Pair, kind: int) -> tuple[Array, bool]:
    """The derivative of IOU or GIOU by the edges of the box, and whether the boxes are apart."""
    signs = np.array([-1, -1, 1, 1])
    other_sides = [1, 0, 1, 0]  # moving the left edge changes the area by the height
    area_by_edge = signs * pair.box[2:][other_sides]
    shared_by_edge = signs * pair.inner * pair.shared_sides[other_sides]
    union_by_edge = area_by_edge - shared_by_edge
    shared = float(np.prod(pair.shared_sides))
    union = float(np.prod(pair.box[2:]) + np.prod(pair.truth[2:])) - shared
    apart = bool((pair.shared_sides <= 0).any())
    gradient = (union * shared_by_edge - shared * union_by_edge) / union**2 if union > 0 else np.zeros(4)
    hull = float(np.prod(pair.hull_sides))
    if kind == Kinds.GIOU and hull > 0:
        hull_by_edge = signs * pair.outer * pair.hull_sides[other_sides]
        by_hull = (hull * union_by_edge - union * hull_by_edge) / hull**2
        gradient = by_hull if apart else gradient + by_hull
    return gradient, apart


def _distance_gradient(pair: _Pair) -> Array:
    diagonal = float(np.sum(pair.hull_sides**2))
    if diagonal <= 0:
        return np.zeros(4)
    offset = pair.truth[:2] - pair.box[:2]
    distance = float(np.sum(offset * offset))
    by_centre = 2 * pair.hull_sides * (pair.outer[2:] - pair.outer[:2])
    by_side = pair.hull_sides * (pair.outer[2:] + pair.outer[:2])
    return np.concatenate([2 * offset * diagonal - by_centre * distance, by_side * distance]) / diagonal**2


def _ratio_gradient(pair: _Pair) -> Array:
    unlike = _unlike(pair.box, pair.truth)
    sides = pair.shared_sides
    shared = float(np.prod(sides))
    union = float(np.prod(pair.box[2:]) + np.prod(pair.truth[2:])) - shared
    weight = _unlike_weight(np.asarray(shared / union), unlike)
    angles = np.arctan2(pair.truth[2], pair.truth[3]) - np.arctan2(pair.box[2], pair.box[3])
    return np.asarray(weight * 8 / np.pi**2 * angles * np.array([pair.box[3], -pair.box[2]]))
