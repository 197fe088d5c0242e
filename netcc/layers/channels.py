"""Arrays seen as (outer, channels, inner): sums over all but the channels, and pieces small enough for the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netcc.types import Array, Shape, count

PIECE = 1 << 16
"""Elements that pass through all steps of a calculation before the next ones do."""


def channel_view(array: Array, axis: int = 1, axes: int = 1) -> Array:
    """`array` as (outer, channels, inner), the channels being `axes` axes from `axis` on, joined."""
    return array.reshape(channel_shape(array.shape, axis, axes))


def channel_shape(shape: Shape, axis: int = 1, axes: int = 1) -> Shape:
    """The shape of `channel_view`."""
    return (count(shape[:axis]), count(shape[axis : axis + axes]), count(shape[axis + axes :]))


def channel_sums(x: Array) -> Array:
    """Sums of (outer, channels, inner) for each channel: (channels)."""
    return np.asarray(x.sum(axis=2).sum(axis=0))


def channel_products(x: Array, y: Array) -> Array:
    """Sums of x * y, both (outer, channels, inner), for each channel: (channels)."""
    if x.shape[2] == 1:
        return np.asarray(np.einsum("oci,oci->c", x, y))
    return np.asarray(row_products(x, y).sum(axis=0))


def row_products(x: Array, y: Array) -> Array:
    """Sums of x * y over their last axis."""
    return np.asarray(np.matmul(x[..., None, :], y[..., :, None])[..., 0, 0])


def pieces(outer: int, each: int) -> Iterator[slice]:
    """Cuts `outer` items of `each` elements into runs of about `PIECE` elements, one item at least."""
    step = piece_length(outer, each)
    for start in range(0, outer, step):
        yield slice(start, start + step)


def piece_length(outer: int, each: int) -> int:
    """The number of items in the largest of `pieces`."""
    return max(1, min(outer, PIECE // max(each, 1)))
