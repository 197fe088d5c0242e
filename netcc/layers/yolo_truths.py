"""True boxes as YOLO's data layers give them: rows (class, centre x, centre y, width, height), shares of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netcc.errors import DataError, ShapeError
from netcc.layers.yolo_boxes import Kinds, agreement
from netcc.types import Array, Shape, count, format_shape

_ROW = 5


def check_truths(shape: Shape, items: int) -> None:
    """Raises ShapeError unless bottom 1 has some rows of five numbers for each item."""
    if not shape or shape[0] != items or count(shape[1:]) % _ROW:
        raise ShapeError(
            f"labels are {items} x 1 x number x {_ROW} (class, centre x, centre y, width, height), "
            f"not {format_shape(shape)}",
            field=("bottom", "1"),
        )


@dataclass(frozen=True)
class Truth:
    """A true box (4) of class `label`, and the row and column of the cell that its centre lies in."""

    label: int
    box: Array
    row: int
    column: int


def read_truths(rows: Array, item: int, classes: int, size: Sequence[int]) -> list[Truth]:
    """The true boxes of one item on a map of `size` (H, W), up to the first of width 0.

    A centre on the far edge of the image lies in the last cell. Raises DataError for a class that does not exist, a
    centre outside the image, or a box without area.
    """
    truths = []
    for number, row in enumerate(rows.reshape(-1, _ROW).astype(float)):
        label, box = int(row[0]), row[1:]
        if box[2] == 0:
            break
        where = f"true box {number} of item {item}"
        if not 0 <= label < classes:
            raise DataError(f"{where} has label {label}, outside the {classes} classes (0 to {classes - 1})")
        if not ((box[:2] >= 0) & (box[:2] <= 1)).all():
            raise DataError(f"{where} has its centre ({box[0]:g}, {box[1]:g}) outside the image (0 to 1)")
        if not (box[2:] > 0).all():
            raise DataError(f"{where} has sides {box[2]:g} and {box[3]:g}, which must be positive")
        row_index, column = (min(int(c * s), s - 1) for c, s in zip(box[1::-1], size, strict=True))
        truths.append(Truth(label, box, row_index, column))
    return truths


def best_agreement(boxes: Array, rows: Array, kind: int = Kinds.IOU) -> Array:
    """For each of `boxes` (..., 4) the best agreement with a true box, up to the first with its centre at x = 0; 0 if
    none is better."""
    best = np.zeros(boxes.shape[:-1], boxes.dtype)
    for row in rows.reshape(-1, _ROW):
        if row[1] == 0:
            break
        np.maximum(best, agreement(boxes, row[1:], kind), out=best)
    return best


def size_agreement(sides: Array, truth: Truth, kind: int = Kinds.IOU) -> Array:
    """The agreement (A) of boxes of `sides` (A, 2) with the true box, all moved to one place."""
    centred = np.zeros((len(sides), 4))
    centred[:, 2:] = sides
    return agreement(centred, np.array([0, 0, *truth.box[2:]]), kind)
