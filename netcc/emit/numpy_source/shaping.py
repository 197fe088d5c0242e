"""Arrays put side by side, cut up, turned, and seen under another shape."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array, Shape


def concatenate(*xs: Array, axis: int = 1) -> Array:
    """All side by side."""
    return np.concatenate(xs, axis)


def concatenate_backward(dy: Array, *xs: Array, axis: int = 1) -> list[Array]:
    """Each gets its part."""
    return np.split(dy, np.cumsum([x.shape[axis] for x in xs])[:-1], axis)


def cut(x: Array, parts: int, points: Shape = (), axis: int = 1) -> list[Array]:
    """The parts before, between and after the points; equal ones without points."""
    return np.split(x, list(points) or parts, axis)


def cut_backward(*dys: Array, axis: int = 1) -> Array:
    """The gradients of the parts side by side."""
    return np.concatenate(dys, axis)


def flatten(x: Array, axis: int = 1, end_axis: int = -1) -> Array:
    """The axes from `axis` to `end_axis` joined into one."""
    end = end_axis % x.ndim + 1
    return x.reshape(*x.shape[:axis], -1, *x.shape[end:])


def reshape(x: Array, shape: Shape, axis: int = 0, end: int | None = None) -> Array:
    """`shape` in place of the axes from `axis` up to `end`; 0 copies a size."""
    sizes = [n or x.shape[axis + i] for i, n in enumerate(shape)]
    rest = () if end is None else x.shape[end:]
    return x.reshape(*x.shape[:axis], *sizes, *rest)


def reshape_backward(dy: Array, x: Array) -> Array:
    """The same numbers under the old shape."""
    return dy.reshape(x.shape)


def permute(x: Array, order: Shape) -> Array:
    """Axis i is axis order[i] of x."""
    return x.transpose(order)


def permute_backward(dy: Array, order: Shape) -> Array:
    """Turned back."""
    return dy.transpose(np.argsort(order))


def shuffle_channels(x: Array, group: int) -> Array:
    """Takes one channel of each group in turn."""
    parts = x.reshape(len(x), group, -1, *x.shape[2:])
    return parts.swapaxes(1, 2).reshape(x.shape)


def shuffle_channels_backward(dy: Array, group: int) -> Array:
    """The inverse: as many groups as a group had channels."""
    return shuffle_channels(dy, dy.shape[1] // group)


def same(x: Array) -> Array:
    """x."""
    return x


def copies(x: Array, number: int) -> list[Array]:
    """x several times."""
    return [x] * number


def copies_backward(*dys: Array) -> Array:
    """The gradients of all copies add up."""
    return np.sum(dys, axis=0)


def crop(x: Array, like: Array, axis: int = 2, offsets: Shape = ()) -> Array:
    """The part of x that has the size of `like` from `axis` on."""
    return x[crop_place(like, axis, x.ndim, offsets)]


def crop_place(like: Array, axis: int, axes: int, offsets: Shape) -> tuple[slice, ...]:
    """Where the part lies: at an offset, which is 0 unless given."""
    starts = offsets or (0,) * (axes - axis)
    part = (
        slice(start, start + size)
        for start, size in zip(starts, like.shape[axis:axes], strict=True)
    )
    return (*[slice(None)] * axis, *part)


def crop_backward(
    dy: Array, x: Array, like: Array, axis: int = 2, offsets: Shape = ()
) -> Array:
    """Zero where x was cut away."""
    dx = np.zeros_like(x)
    dx[crop_place(like, axis, x.ndim, offsets)] = dy
    return dx


def tile(x: Array, times: int, axis: int = 1) -> Array:
    """x several times side by side."""
    return np.concatenate([x] * times, axis)


def tile_backward(dy: Array, times: int, axis: int = 1) -> Array:
    """The gradients of all copies add up."""
    return np.sum(np.split(dy, times, axis), axis=0)


def interpolation_matrix(old: int, new: int) -> Array:
    """(new, old): how much of each old pixel of a line is in each new one."""
    step = np.float32(old - 1) / np.float32(new - 1) if new > 1 else np.float32(0)
    places = step * np.arange(new, dtype=np.float32)
    left = np.minimum(places.astype(int), old - 1)
    right = np.minimum(left + 1, old - 1)
    share = places - left.astype(np.float32)
    matrix = np.zeros((new, old), np.float32)
    np.add.at(matrix, (np.arange(new), left), 1 - share)
    np.add.at(matrix, (np.arange(new), right), share)
    return matrix


def interpolate(
    x: Array, size: Shape | None, zoom: int = 1, shrink: int = 1, rim: Shape = (0, 0)
) -> Array:
    """Bilinear interpolation: the corner pixels stay where they are.

    A rim is cut away first; the size is given, or follows from shrinking and zooming.
    """
    first, last = rim
    inside = x[:, :, first : x.shape[2] - last, first : x.shape[3] - last]
    shrunk = [(n - 1) // shrink + 1 for n in inside.shape[2:]]
    height, width = size or [n + (n - 1) * (zoom - 1) for n in shrunk]
    rows = interpolation_matrix(inside.shape[2], height).astype(x.dtype)
    columns = interpolation_matrix(inside.shape[3], width).astype(x.dtype)
    return rows @ inside @ columns.T


def interpolate_backward(dy: Array, x: Array, rim: Shape = (0, 0)) -> Array:
    """The transposed matrices."""
    first, last = rim
    dx = np.zeros_like(x)
    inside = dx[:, :, first : x.shape[2] - last, first : x.shape[3] - last]
    rows = interpolation_matrix(inside.shape[2], dy.shape[2]).astype(x.dtype)
    columns = interpolation_matrix(inside.shape[3], dy.shape[3]).astype(x.dtype)
    inside[...] = rows.T @ dy @ columns
    return dx


def constant(shape: Shape, value: float) -> Array:
    """An array of one number."""
    return np.full(shape, value, np.float32)
