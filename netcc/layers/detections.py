"""What layers have in common whose number of results is known only when they have run."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from netcc.layers.base import Layer, Operands
from netcc.types import Array, Shape


class Detector(Layer):
    """Top (1, 1, K, row) with one row for each of the K things found.

    The work is done when the runtime asks for K; the rows wait in saved buffer 0, which has room for as many as there
    can be, until forward hands them over.
    """

    dynamic: ClassVar[bool] = True
    differentiable: ClassVar[bool] = False

    @abstractmethod
    def detect(self, operands: Operands) -> Array:
        """The rows (K, row) found in the bottoms."""

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        rows = self.detect(operands)
        operands.saved[0][: len(rows)] = rows
        return ((1, 1, *rows.shape),)

    def forward(self, operands: Operands) -> None:
        top = operands.tops[0]
        np.copyto(top[0, 0], operands.saved[0][: top.shape[2]])


ROW = 7
"""Numbers of a detection: item, label, score, xmin, ymin, xmax, ymax."""


def detection_rows(found: list[Array], items: int) -> Array:
    """All rows (K, 7) of `found`; where there are none, one row for each of `items` of -1 but for the item's number."""
    if any(len(rows) for rows in found):
        return np.concatenate(found)
    rows = np.full((items, ROW), -1.0)
    rows[:, 0] = np.arange(items)
    return rows


def make_rows(item: int, labels: Array | int, scores: Array, boxes: Array) -> Array:
    """Rows (K, 7) for `scores` (K) and `boxes` (K, 4) of one item."""
    rows = np.empty((len(scores), ROW), boxes.dtype)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:] = item, labels, scores, boxes
    return rows
