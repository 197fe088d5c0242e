"""Regions of interest: rectangles of feature maps that are cut into bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netcc.errors import DataError, ShapeError
from netcc.types import Array, Shape, count, format_shape

REGION = 5
"""Numbers of a region: item, x1, y1, x2, y2 in pixels of the image."""


def check_regions(bottoms: Sequence[Shape], name: str) -> int:
    """The number of regions in bottom 1 (R, 5); raises ShapeError where the bottoms are no features and regions."""
    features, regions = bottoms
    if len(features) != 4:
        raise ShapeError(f"{name} needs features of 4 axes (N x C x H x W), not {format_shape(features)}")
    if not regions or count(regions[1:]) != REGION:
        raise ShapeError(
            f"regions are rows of {REGION} numbers (item, x1, y1, x2, y2), not {format_shape(regions)}",
            field=("bottom", "1"),
        )
    return regions[0]


def items_of(regions: Array, number: int) -> Array:
    """Items (R) of `regions` (R, 5); raises DataError for one that is not among `number` items."""
    items = regions[:, 0]
    wrong = ~((items >= 0) & (items < number))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"region {place} lies in item {items[place]:g}, but there are {number} items (0 to {number - 1})"
        )
    return np.asarray(items, np.int64)


def round_half_away(numbers: Array) -> Array:
    """The nearest whole numbers; halves go away from 0, as in C."""
    return np.copysign(np.floor(np.abs(numbers) + np.float32(0.5)), numbers)


@dataclass(frozen=True)
class Bins:
    """For each of R regions the first and the last-but-one pixel (int64) of each bin: rows (R, H), columns (R, W)."""

    top: Array
    bottom: Array
    left: Array
    right: Array

    @classmethod
    def cut(cls, near: Array, sides: Array, bins: tuple[int, int], size: Shape, *, whole: bool) -> Bins:
        """Cuts regions of corners `near` (R, 2; x, y) and `sides` (R, 2) into `bins` (down, across) parts.

        A bin has all pixels that it touches, inside a map of `size` (H, W). With `whole` the corner is added to whole
        pixels, else before they are made whole. All in float32, as the original computes.
        """
        edges = []
        for axis, number in ((1, bins[0]), (0, bins[1])):
            width = (sides[:, axis] / np.float32(number))[:, None]
            start = near[:, axis][:, None]
            steps = np.arange(number + 1, dtype=np.float32)
            shift, inner = (start, np.float32(0)) if whole else (np.float32(0), start)
            limit = size[0] if axis == 1 else size[1]
            edges.append(np.clip(np.floor(steps[:-1] * width + inner) + shift, 0, limit).astype(np.int64))
            edges.append(np.clip(np.ceil(steps[1:] * width + inner) + shift, 0, limit).astype(np.int64))
        return cls(*edges)
