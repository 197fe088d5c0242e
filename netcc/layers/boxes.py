"""Boxes: how far they overlap, which of them to keep, and how networks write them as numbers.

A box is a row (xmin, ymin, xmax, ymax). Behaves as src/caffe/util/bbox_util.cpp of the SSD fork (weiliu89/caffe).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array

_SMALLEST = float(np.finfo(np.float32).tiny)
"""Divisors are at least this: boxes without area overlap nothing."""


def areas(boxes: Array, extent: float = 0.0) -> Array:
    """Areas of `boxes` (..., 4); 0 where a far corner lies before the near one.

    `extent` 1 is for boxes of whole pixels, whose far corner is part of them.
    """
    sides = boxes[..., 2:] - boxes[..., :2]
    size = (sides[..., 0] + extent) * (sides[..., 1] + extent)
    return np.where((sides < 0).any(axis=-1), np.zeros_like(size), size)


def overlaps(boxes: Array, others: Array, extent: float = 0.0) -> Array:
    """Intersection over union of `boxes` (..., 4) and `others` (..., 4), shapes broadcast; 0 for boxes that are apart.

    For all pairs: `overlaps(boxes[:, None], others)`. `extent` as in `areas`.
    """
    near = np.maximum(boxes[..., :2], others[..., :2])
    far = np.minimum(boxes[..., 2:], others[..., 2:])
    sides = np.maximum(far - near + extent, 0)
    shared = sides[..., 0] * sides[..., 1]
    # Of a box turned inside out the area is 0, but what it shares with another one may still look positive.
    shared = np.where((far < near).any(axis=-1), np.zeros_like(shared), shared)
    return np.asarray(shared / np.maximum(areas(boxes, extent) + areas(others, extent) - shared, _SMALLEST))


@dataclass(frozen=True)
class Suppression:
    """Non-maximum suppression: of boxes that overlap too far, only the best one stays.

    A box goes where it overlaps a better one that stays by more than `threshold` (from `threshold` on, if `inclusive`).
    With `eta` below 1 the threshold shrinks by that factor after each box that stays, as long as it is above 0.5.
    """

    threshold: float
    eta: float = 1.0
    extent: float = 0.0
    inclusive: bool = False

    def keep(self, boxes: Array, most: int | None = None) -> Array:
        """Indices (int64) of those of `boxes` (n, 4), the best first, that stay: at most `most` of them."""
        threshold = self.threshold
        columns, sizes = np.ascontiguousarray(boxes.T), areas(boxes, self.extent)
        left = np.arange(len(boxes))
        highest = np.full(len(boxes), -np.inf)
        kept: list[int] = []
        while left.size and len(kept) != most:
            best, left, highest = int(left[0]), left[1:], highest[1:]
            kept.append(best)
            if self.eta < 1 and threshold > 0.5:
                threshold *= self.eta
            highest = np.maximum(highest, self._overlaps(columns, sizes, best, left))
            # The threshold never grows: what is above it now goes for good.
            stays = highest < threshold if self.inclusive else highest <= threshold
            left, highest = left[stays], highest[stays]
        return np.array(kept, dtype=np.int64)

    def _overlaps(self, columns: Array, sizes: Array, best: int, left: Array) -> Array:
        """As `overlaps`, of box `best` with those of indices `left`, from `columns` (4, n) and areas `sizes` (n)."""
        x1, y1, x2, y2 = columns[:, left]
        own = columns[:, best]
        across, down = np.minimum(x2, own[2]) - np.maximum(x1, own[0]), np.minimum(y2, own[3]) - np.maximum(y1, own[1])
        shared = (across + self.extent) * (down + self.extent)
        shared *= (across >= 0) & (down >= 0)
        return np.asarray(shared / np.maximum(sizes[left] + sizes[best] - shared, _SMALLEST))


def best_first(scores: Array, most: int | None = None) -> Array:
    """Indices that sort `scores` from high to low, equal ones in their order; only the first `most` of them."""
    return np.argsort(-scores, kind="stable")[:most]


@dataclass(frozen=True)
class BoxCode:
    """How four numbers tell a box from its prior, scaled by the prior's four variances.

    CORNER: the shift of each corner. CORNER_SIZE: the same in units of the prior's sides. CENTER_SIZE: the shift of the
    centre in units of the sides, and the logarithm of the ratio of the sides. Where the network has learnt numbers that
    hold the variances already (`variance_in_target`), they are not scaled.
    """

    kind: int
    variance_in_target: bool

    def decode(self, numbers: Array, priors: Array, variances: Array) -> Array:
        """The boxes (..., 4) that `numbers` (..., 4) mean at `priors` (..., 4) with `variances` (..., 4).

        Raises DataError where the code needs the sides of a box that has none.
        """
        self._check_sides(priors)
        scaled = numbers if self.variance_in_target else numbers * variances
        if self.kind == caffe_pb2.PriorBoxParameter.CORNER:
            return np.asarray(priors + scaled)
        sides = priors[..., 2:] - priors[..., :2]
        if self.kind == caffe_pb2.PriorBoxParameter.CORNER_SIZE:
            return np.asarray(priors + scaled * np.concatenate([sides, sides], axis=-1))
        centres = scaled[..., :2] * sides + (priors[..., :2] + priors[..., 2:]) / 2
        halves = np.exp(scaled[..., 2:]) * sides / 2
        return np.concatenate([centres - halves, centres + halves], axis=-1)

    def encode(self, boxes: Array, priors: Array, variances: Array) -> Array:
        """The numbers (..., 4) that mean `boxes` (..., 4): the inverse of `decode`. Raises DataError as that does."""
        self._check_sides(priors)
        if self.kind == caffe_pb2.PriorBoxParameter.CENTER_SIZE:
            self._check_sides(boxes)
            sides, prior_sides = boxes[..., 2:] - boxes[..., :2], priors[..., 2:] - priors[..., :2]
            shifts = (boxes[..., :2] + boxes[..., 2:] - priors[..., :2] - priors[..., 2:]) / 2
            numbers = np.concatenate([shifts / prior_sides, np.log(sides / prior_sides)], axis=-1)
        else:
            numbers = boxes - priors
            if self.kind == caffe_pb2.PriorBoxParameter.CORNER_SIZE:
                sides = priors[..., 2:] - priors[..., :2]
                numbers = numbers / np.concatenate([sides, sides], axis=-1)
        return numbers if self.variance_in_target else numbers / variances

    def _check_sides(self, boxes: Array) -> None:
        if self.kind == caffe_pb2.PriorBoxParameter.CORNER:
            return
        wrong = (boxes[..., 2:] <= boxes[..., :2]).any(axis=-1)
        if wrong.any():
            name = caffe_pb2.PriorBoxParameter.CodeType.Name(caffe_pb2.PriorBoxParameter.CodeType.ValueType(self.kind))
            corners = ", ".join(f"{corner:g}" for corner in boxes[wrong][0])
            raise DataError(f"code_type {name} needs boxes with positive sides, not ({corners})")
