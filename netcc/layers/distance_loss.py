"""Losses on Euclidean distances: to a target, between pairs, within triplets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Count, Needs, Operands, Signature
from netcc.layers.cutting import cut, piece
from netcc.layers.loss import Loss, check_counts, check_one_each
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_LEAST_DISTANCE = 1e-4
_LEAST_VIOLATION = 1e-9


@register("EuclideanLoss")
@dataclass(frozen=True)
class EuclideanLoss(Loss):
    """sum (a - b)^2 / (2 items), the items being on the first axis; both bottoms get a gradient.

    Bottoms: predictions, targets (as many numbers). Top: the loss (scalar).
    Behaves as src/caffe/layers/euclidean_loss_layer.cpp.
    """

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def gradient_allowed(self, bottom: int) -> bool:
        return True

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_counts(bottoms)
        return Signature(tops=((),), scratch=(piece(bottoms[0]),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        a, b = operands.bottoms
        distance = operands.pick(squared_distance)
        total = sum(distance(left, right, operands.scratch[0]) for left, right in cut([a, b.reshape(a.shape)]))
        operands.tops[0][...] = total / max(1, len(a)) / 2

    def backward(self, operands: Operands) -> None:
        a, b = operands.bottoms
        scale = float(operands.top_diffs[0] / max(1, len(a)))
        scaled = operands.pick(scaled_difference)
        for diff, sign in zip(operands.bottom_diffs, (1, -1), strict=True):
            if diff is not None:
                for left, right, out in cut([a.reshape(diff.shape), b.reshape(diff.shape), diff]):
                    scaled(left, right, out, sign * scale)


def squared_distance(a: Array, b: Array, work: Array) -> float:
    """The sum of (a - b)^2; `work` is flat scratch, as long at least."""
    difference = work[: a.size].reshape(a.shape)
    np.subtract(a, b, out=difference)
    np.multiply(difference, difference, out=difference)
    return float(difference.sum())


def scaled_difference(a: Array, b: Array, out: Array, factor: float) -> None:
    """out = (a - b) * factor."""
    np.subtract(a, b, out=out)
    out *= factor


def _check_vectors(bottoms: Sequence[Shape]) -> None:
    """Raises ShapeError unless all bottoms hold one vector for each item, all of one size."""
    check_counts(bottoms)
    for index, shape in enumerate(bottoms):
        if len(shape) > 4 or count(shape[2:]) != 1:
            raise ShapeError(
                f"a distance needs one vector for each item (N x C or N x C x 1 x 1), not {format_shape(shape)}",
                field=("bottom", str(index)),
            )


def _rows(array: Array) -> Array:
    """One vector for each item: (items, size)."""
    return array.reshape(len(array), count(array.shape[1:]))


def _squares(a: Array, b: Array, difference: Array) -> Array:
    """Writes a - b to `difference`; the squared distances: (items, 1)."""
    np.subtract(_rows(a), _rows(b), out=difference)
    squares: Array = np.einsum("ij,ij->i", difference, difference)
    return squares[:, None]


@register("ContrastiveLoss")
@dataclass(frozen=True)
class ContrastiveLoss(Loss):
    """sum [y d^2 + (1 - y) max(margin - d, 0)^2] / (2 items), d the distance of a pair and y whether it is alike.

    Bottoms: a, b (N x C or N x C x 1 x 1), y (N; not 0 is alike). Top: the loss (scalar). With `legacy_version` unlike
    pairs cost max(margin - d^2, 0). The gradient of unlike pairs divides by d + 1e-4, not d.
    Behaves as src/caffe/layers/contrastive_loss_layer.cpp. Hadsell et al., Dimensionality Reduction by Learning an
    Invariant Mapping (2006).
    """

    bottoms: ClassVar[Count] = Count(3, 3)

    margin: float
    legacy: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.contrastive_loss_param.margin, message.contrastive_loss_param.legacy_version)

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom != 2

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        _check_vectors(bottoms[:2])
        items = bottoms[0][0]
        check_one_each(bottoms[2], items, "marks of alike or not", 2)
        return Signature(tops=((),), scratch=(Buffer((items, count(bottoms[0][1:]))),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1, 2))

    def forward(self, operands: Operands) -> None:
        a, b, marks = operands.bottoms
        squares = _squares(a, b, operands.scratch[0])
        apart = self.margin - squares if self.legacy else np.maximum(self.margin - np.sqrt(squares), 0) ** 2
        costs = np.where(_alike(marks), squares, np.maximum(apart, 0))
        operands.tops[0][...] = costs.sum() / max(1, len(a)) / 2

    def backward(self, operands: Operands) -> None:
        a, b, marks = operands.bottoms
        (difference,) = operands.scratch
        squares = _squares(a, b, difference)
        factors = np.where(_alike(marks), 1, self._push(squares))
        factors *= operands.top_diffs[0] / max(1, len(a))
        for diff, sign in zip(operands.bottom_diffs[:2], (1, -1), strict=True):
            if diff is not None:
                np.multiply(difference, sign * factors, out=_rows(diff))

    def _push(self, squares: Array) -> Array:
        """Factors of a - b in the gradient of unlike pairs."""
        if self.legacy:
            return -(squares < self.margin).astype(squares.dtype)
        distances = np.sqrt(squares)
        push: Array = -np.maximum(self.margin - distances, 0) / (distances + _LEAST_DISTANCE)
        return push


def _alike(marks: Array) -> Array:
    """Whether the integer part of the mark is not 0: (items, 1)."""
    alike: Array = np.trunc(marks.reshape(-1, 1)) != 0
    return alike


@register("TripletLoss")
@dataclass(frozen=True)
class TripletLoss(Loss):
    """sum max(margin + |a - p|^2 - |a - n|^2, 0) / (2 items): an anchor nearer to its like than to its unlike.

    Bottoms: anchors a, alike p, unlike n (N x C or N x C x 1 x 1 each); a fourth (weights of items) is not read.
    Top: the loss (scalar). Behaves as triplet_loss_layer.cpp of happynear/caffe-windows.
    Schroff et al., FaceNet (2015).
    """

    fork = "caffe-windows (happynear/caffe-windows)"

    bottoms: ClassVar[Count] = Count(3, 4)

    margin: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.triplet_loss_param.margin)

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom < 3

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        _check_vectors(bottoms[:3])
        rows = Buffer((bottoms[0][0], count(bottoms[0][1:])))
        return Signature(tops=((),), saved=(Buffer((bottoms[0][0], 1), "bool"),), scratch=(rows,))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1, 2))

    def forward(self, operands: Operands) -> None:
        anchor, alike, unlike = operands.bottoms[:3]
        (difference,), (active,) = operands.scratch, operands.saved
        costs = _squares(anchor, alike, difference) + self.margin
        costs -= _squares(anchor, unlike, difference)
        np.maximum(costs, 0, out=costs)
        np.greater_equal(costs, _LEAST_VIOLATION, out=active)
        operands.tops[0][...] = costs.sum() / max(1, len(anchor)) / 2

    def backward(self, operands: Operands) -> None:
        """da = n - p, dp = p - a, dn = a - n, times top diff / items; 0 for items that cost nothing."""
        anchor, alike, unlike = operands.bottoms[:3]
        scale = operands.top_diffs[0] / max(1, len(anchor))
        pairs = ((unlike, alike), (alike, anchor), (anchor, unlike))
        for diff, (first, second) in zip(operands.bottom_diffs[:3], pairs, strict=True):
            if diff is not None:
                rows = _rows(diff)
                np.subtract(_rows(first), _rows(second), out=rows)
                rows *= operands.saved[0] * scale
