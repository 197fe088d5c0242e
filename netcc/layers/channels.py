"""Arrays seen as (outer, channels, inner): sums over all but the channels, and pieces small enough for the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netcc.layers.base import Buffer
from netcc.types import Array, Shape, count

_RUN = 128
"""Pixels that are summed one after the other."""

PIECE = 1 << 16
"""Elements that pass through all steps of a calculation before the next ones do."""


def channel_view(array: Array, axis: int = 1, axes: int = 1) -> Array:
    """`array` as (outer, channels, inner), the channels being `axes` axes from `axis` on, joined."""
    return array.reshape(channel_shape(array.shape, axis, axes))


def channel_shape(shape: Shape, axis: int = 1, axes: int = 1) -> Shape:
    """The shape of `channel_view`."""
    return (count(shape[:axis]), count(shape[axis : axis + axes]), count(shape[axis + axes :]))


def spread(smaller: Array, rank: int, axis: int = 1) -> Array:
    """`smaller`, which lies on an array of `rank` axes from `axis` on, under a shape that NumPy broadcasts so."""
    return smaller.reshape(*smaller.shape, *(1,) * (rank - axis - smaller.ndim)) if smaller.ndim else smaller


def channel_sums(x: Array) -> Array:
    """Sums of (outer, channels, inner) for each channel: (channels)."""
    if not _is_channels_last(x):
        return np.asarray(x.sum(axis=2).sum(axis=0))
    parts = [np.matmul(np.ones((1, rows.shape[2]), x.dtype), rows).sum(axis=(0, 1, 2)) for rows in _runs(x)]
    return np.asarray(sum(parts))


def channel_products(x: Array, y: Array) -> Array:
    """Sums of x * y, both (outer, channels, inner), for each channel: (channels)."""
    if x.shape[2] == 1:
        return np.asarray(np.einsum("oci,oci->c", x, y))
    return np.asarray(row_products(x, y).sum(axis=0))


def _is_channels_last(x: Array) -> bool:
    return x.shape[2] > 1 and x.strides[1] < x.strides[2]


def _runs(x: Array) -> Iterator[Array]:
    """(outer, channels, inner) as (outer, runs, pixels, channels): short runs of pixels, then what is left of them.

    Sums over a run are summed again, so that float32 does not lose the small ones in a sum of many.
    """
    pixels = x.transpose(0, 2, 1)
    outer, inner, channels = pixels.shape
    whole = inner - inner % _RUN
    step, pixel, channel = pixels.strides
    for start, length, runs in ((0, _RUN, whole // _RUN), (whole, inner - whole, 1)):
        if length and runs:
            strides = (step, pixel * _RUN, pixel, channel)
            yield as_strided(pixels[:, start:], (outer, runs, length, channels), strides, writeable=False)


def row_products(x: Array, y: Array) -> Array:
    """Sums of x * y over their last axis."""
    if x.ndim == 3 and _is_channels_last(x) and _is_channels_last(y):
        pairs = zip(_runs(x), _runs(y), strict=True)
        return np.asarray(sum(np.einsum("orpc,orpc->orc", *pair).sum(axis=1) for pair in pairs))
    return np.asarray(np.matmul(x[..., None, :], y[..., :, None])[..., 0, 0])


def piece_buffer(shape: Shape) -> Buffer:
    """Scratch for one of the `pieces` of (outer, channels, inner)."""
    outer, channels, inner = shape
    return Buffer((piece_length(outer, channels * inner) * channels * inner,))


def piece_like(buffer: Array, like: Array) -> Array:
    """The beginning of a flat scratch buffer in the shape of `like` (outer, channels, inner), and laid as it is."""
    part = buffer[: like.size]
    if not _is_channels_last(like):
        return part.reshape(like.shape)
    outer, channels, inner = like.shape
    return part.reshape(outer, inner, channels).transpose(0, 2, 1)


def pieces(outer: int, each: int) -> Iterator[slice]:
    """Cuts `outer` items of `each` elements into runs of about `PIECE` elements, one item at least."""
    step = piece_length(outer, each)
    for start in range(0, outer, step):
        yield slice(start, start + step)


def piece_length(outer: int, each: int) -> int:
    """The number of items in the largest of `pieces`."""
    return max(1, min(outer, PIECE // max(each, 1)))
