"""Labels as losses and metrics read them: whole numbers kept as floats, one for each place of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.errors import DataError, ShapeError
from netcc.layers.base import canonical_axis
from netcc.types import Array, Shape, count, format_shape


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores seen as (outer, classes, inner), with one label for each of outer x inner places."""

    outer: int
    classes: int
    inner: int

    @property
    def shape(self) -> Shape:
        return (self.outer, self.classes, self.inner)

    @property
    def places(self) -> Shape:
        return (self.outer, self.inner)


def split_scores(scores: Shape, labels: Shape, axis: int, field: tuple[str, ...]) -> Scores:
    """Sees scores of any shape as (outer, classes, inner), classes on `axis`.

    Raises ShapeError where the axis does not exist or the labels are not one for each place.
    """
    split = view_scores(scores, canonical_axis(axis, len(scores), field))
    if count(labels) != split.outer * split.inner:
        raise ShapeError(
            f"{format_shape(scores)} scores with classes on axis {axis} need {split.outer * split.inner} labels, "
            f"not {format_shape(labels)}",
            field=("bottom", "1"),
        )
    return split


def view_scores(scores: Shape, axis: int) -> Scores:
    """As `split_scores`, for a shape that has been checked; `axis` may be negative."""
    axis %= len(scores)
    return Scores(count(scores[:axis]), scores[axis], count(scores[axis + 1 :]))


def read_labels(labels: Array, scores: Scores, ignored_label: int | None, indices: Array, ignored: Array) -> None:
    """Writes the labels to `indices` (int64) and to `ignored` which of them do not count; both (outer, inner).

    Ignored labels become class 0. Raises DataError naming the first label that is no class.
    """
    values = labels.reshape(scores.places)
    with np.errstate(invalid="ignore"):
        np.copyto(indices, values, casting="unsafe")
    if ignored_label is None:
        ignored.fill(False)
    else:
        np.equal(indices, ignored_label, out=ignored)
        np.copyto(indices, 0, where=ignored)
    if indices.size and (indices.min() < 0 or indices.max() >= scores.classes):
        _refuse(labels, scores, indices)


def _refuse(labels: Array, scores: Scores, indices: Array) -> None:
    wrong = (indices < 0) | (indices >= scores.classes)
    place = int(np.flatnonzero(wrong)[0])
    position = tuple(int(i) for i in np.unravel_index(place, labels.shape))
    raise DataError(
        f"label {labels.reshape(-1)[place]:g} at {position} is outside the {scores.classes} classes "
        f"(0 to {scores.classes - 1})"
    )
