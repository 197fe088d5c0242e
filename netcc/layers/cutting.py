"""Arrays of one shape cut into pieces small enough for the cache, in the order in which they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from netcc.layers.base import Buffer, Kind
from netcc.types import Array, Shape, count

PIECE = 1 << 18
"""Elements that pass through all steps of a calculation before the next ones do."""


def piece(shape: Shape, kind: Kind = "real") -> Buffer:
    """Scratch for one piece of arrays of `shape`: flat."""
    return Buffer((min(count(shape), PIECE),), kind)


def cut(arrays: Sequence[Array]) -> Iterator[list[Array]]:
    """Views of the same elements of all arrays, at most `PIECE` of them at a time, all of them in the end.

    Axes come in the order of the first array's memory; all are joined where none of the arrays has gaps.
    """
    strides = arrays[0].strides
    order = sorted(range(len(strides)), key=lambda axis: -abs(strides[axis]))
    moved = [array.transpose(order) for array in arrays]
    if all(array.flags.c_contiguous for array in moved):
        moved = [array.reshape(-1) for array in moved]
    shape = moved[0].shape
    if moved[0].size <= PIECE:
        yield moved
        return
    axis = next(axis for axis in range(len(shape)) if count(shape[axis + 1 :]) <= PIECE)
    step = PIECE // max(count(shape[axis + 1 :]), 1)
    for place in np.ndindex(shape[:axis]):
        for start in range(0, shape[axis], step):
            here = (*place, slice(start, start + step))
            yield [array[here] for array in moved]
