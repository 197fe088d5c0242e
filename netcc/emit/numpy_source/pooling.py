"""Pooling: one number for all that lie under a sliding window, channel by channel."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array, Shape
from netcc.emit.numpy_source.convolution import under_tap


def pooled_size(
    size: Shape, kernel: Shape, stride: Shape, pad: Shape, floor: bool
) -> Shape:
    """How many windows there are on each axis: rounded up, as Caffe has it.

    With padding, a last window that would begin beyond the image is left out.
    """
    windows = []
    for n, k, s, p in zip(size, kernel, stride, pad, strict=True):
        room = n + 2 * p - k
        count = (room // s if floor else -(-room // s)) + 1
        if any(pad) and (count - 1) * s >= n + p:
            count -= 1
        windows.append(count)
    return tuple(windows)


def pooling_frame(
    x: Array, size: Shape, kernel: Shape, stride: Shape, pad: Shape, fill: float
) -> tuple[Array, Array]:
    """An array of `fill` in which all windows have room, and the part of it for `x`."""
    axes = zip(size, kernel, stride, pad, x.shape[2:], strict=True)
    sides = [max(s * (n - 1) + k, p + length) for n, k, s, p, length in axes]
    frame: Array = np.full((*x.shape[:2], *sides), fill, x.dtype)
    inside = (slice(p, p + n) for p, n in zip(pad, x.shape[2:], strict=True))
    return frame, frame[(..., *inside)]


def max_pooling(
    x: Array,
    kernel: Shape | None,
    stride: Shape,
    pad: Shape,
    floor: bool = False,
) -> Array:
    """The largest number under each window; without a kernel, of the whole plane."""
    kernel = kernel or x.shape[2:]
    size = pooled_size(x.shape[2:], kernel, stride, pad, floor)
    smallest = float(np.finfo(np.float32).min)
    frame, inside = pooling_frame(x, size, kernel, stride, pad, smallest)
    inside[...] = x
    y = np.full((*x.shape[:2], *size), smallest, x.dtype)
    for tap in np.ndindex(*kernel):
        y = np.maximum(y, under_tap(frame, tap, size, stride, (1,) * len(size)))
    return y


def max_pooling_backward(
    dy: Array, x: Array, y: Array, kernel: Shape | None, stride: Shape, pad: Shape
) -> Array:
    """The gradient goes to the largest number of each window, the first of equals."""
    kernel, size = kernel or x.shape[2:], y.shape[2:]
    smallest = float(np.finfo(np.float32).min)
    frame, inside = pooling_frame(x, size, kernel, stride, pad, smallest)
    inside[...] = x
    d_frame, dx = pooling_frame(x, size, kernel, stride, pad, 0)
    found = np.zeros(y.shape, np.bool_)
    for tap in np.ndindex(*kernel):
        wins = (under_tap(frame, tap, size, stride, (1,) * len(size)) == y) & ~found
        d_seen = under_tap(d_frame, tap, size, stride, (1,) * len(size))
        d_seen += dy * wins
        found |= wins
    return dx


def pooling_areas(
    x: Array, size: Shape, kernel: Shape, stride: Shape, pad: Shape, include_pad: bool
) -> Array:
    """By how many pixels the sum under each window is divided: padding counts."""
    areas = np.ones(())
    for n, k, s, p, length in zip(size, kernel, stride, pad, x.shape[2:], strict=True):
        first = s * np.arange(n) - p
        last = np.minimum(first + k, length + (p if include_pad else 0))
        if not include_pad:
            first = np.maximum(first, 0)
        areas = np.multiply.outer(areas, np.maximum(last - first, 1))
    return areas.astype(x.dtype)


def average_pooling(
    x: Array,
    kernel: Shape | None,
    stride: Shape,
    pad: Shape,
    floor: bool = False,
    include_pad: bool = True,
) -> Array:
    """The mean of what is under each window; without a kernel, of the whole plane."""
    kernel = kernel or x.shape[2:]
    size = pooled_size(x.shape[2:], kernel, stride, pad, floor)
    frame, inside = pooling_frame(x, size, kernel, stride, pad, 0)
    inside[...] = x
    total = np.zeros((*x.shape[:2], *size), x.dtype)
    for tap in np.ndindex(*kernel):
        total += under_tap(frame, tap, size, stride, (1,) * len(size))
    return total / pooling_areas(x, size, kernel, stride, pad, include_pad)


def average_pooling_backward(
    dy: Array,
    x: Array,
    kernel: Shape | None,
    stride: Shape,
    pad: Shape,
    include_pad: bool = True,
) -> Array:
    """Every number under a window gets its share of the window's gradient."""
    kernel, size = kernel or x.shape[2:], dy.shape[2:]
    shares = dy / pooling_areas(x, size, kernel, stride, pad, include_pad)
    d_frame, dx = pooling_frame(x, size, kernel, stride, pad, 0)
    for tap in np.ndindex(*kernel):
        d_seen = under_tap(d_frame, tap, size, stride, (1,) * len(size))
        d_seen += shares
    return dx
