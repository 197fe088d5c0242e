"""Cubic, Lanczos and area resizing as OpenCV computes them (its `modules/imgproc/src/resize.cpp`).

Each new row or column is a sum of some old ones: `Taps` are the places of these and their weights, both (taps, size).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from netcc.data.transform_steps import as_bytes
from netcc.types import Array

Taps: TypeAlias = tuple[Array, Array]

_BITS = 11
"""Binary places of a weight in fixed point."""
_SHARPNESS = -0.75
"""Of the cubic: its slope at distance 1."""
_LEAST_SHARE = 1e-3
"""Of a pixel that is covered in part."""


def cubic(image: Array, height: int, width: int) -> Array:
    return _weighted(image, _cubic_taps(height, image.shape[1]), _cubic_taps(width, image.shape[2]))


def lanczos(image: Array, height: int, width: int) -> Array:
    """Over eight pixels; bytes in fixed point."""
    rows, columns = _lanczos_taps(height, image.shape[1]), _lanczos_taps(width, image.shape[2])
    if image.dtype != np.uint8:
        return _weighted(image, rows, columns)
    total = _sum(image.astype(np.int64), _in_fixed_point(rows), _in_fixed_point(columns))
    rounded: Array = np.clip((total + (1 << (2 * _BITS - 1))) >> (2 * _BITS), 0, 255)
    return rounded.astype(np.uint8)


def shrunk_area(image: Array, height: int, width: int) -> Array:
    """Each new pixel is the mean of the old ones that it covers; neither side may grow."""
    down, across = image.shape[1] / height, image.shape[2] / width
    if down.is_integer() and across.is_integer():
        return _mean_of_blocks(image, int(down), int(across))
    return _weighted(image, _area_taps(height, image.shape[1]), _area_taps(width, image.shape[2]))


def _mean_of_blocks(image: Array, down: int, across: int) -> Array:
    channels, rows, columns = image.shape
    blocks = image.reshape(channels, rows // down, down, columns // across, across)
    if image.dtype != np.uint8:
        mean: Array = blocks.mean(axis=(2, 4), dtype=np.float32)
        return mean
    total: Array = blocks.sum(axis=(2, 4), dtype=np.int32)
    if down == across == 2:
        total = (total + 2) >> 2
        return total.astype(np.uint8)
    return as_bytes(total.astype(np.float32) * np.float32(1 / (down * across)))


def _weighted(image: Array, rows: Taps, columns: Taps) -> Array:
    total = _sum(image.astype(np.float32), rows, columns)
    return total if image.dtype != np.uint8 else as_bytes(total)


def _sum(image: Array, rows: Taps, columns: Taps) -> Array:
    """The sums over columns, and of these over rows."""
    wide = np.zeros((*image.shape[:2], columns[0].shape[1]), image.dtype)
    for place, weight in zip(*columns, strict=True):
        wide += image.take(place, 2) * weight
    high = np.zeros((len(image), rows[0].shape[1], wide.shape[2]), image.dtype)
    for place, weight in zip(*rows, strict=True):
        high += wide.take(place, 1) * weight[:, np.newaxis]
    return high


def _in_fixed_point(taps: Taps) -> Taps:
    return taps[0], np.rint(taps[1] * (1 << _BITS)).astype(np.int64)


def _centres(size: int, old: int) -> tuple[Array, Array]:
    """For each of `size` pixels the old one that its centre lies in or behind, and how far behind that one's centre."""
    place = ((np.arange(size) + 0.5) * (old / size) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.intp)
    return first, place - first.astype(np.float32)


def _around(first: Array, before: int, behind: int, old: int) -> Array:
    """The places from `before` pixels ahead of `first` to `behind` after it; edges repeat."""
    return np.clip(first + np.arange(-before, behind + 1)[:, np.newaxis], 0, old - 1)


def _cubic_taps(size: int, old: int) -> Taps:
    first, way = _centres(size, old)
    x, a = way.astype(np.float64), _SHARPNESS
    outer = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    inner = ((a + 2) * x - (a + 3)) * x * x + 1
    after = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) ** 2 + 1
    weights = np.stack([outer, inner, after, 1 - outer - inner - after])
    return _around(first, 1, 2, old), weights.astype(np.float32)


def _lanczos_taps(size: int, old: int) -> Taps:
    first, way = _centres(size, old)
    distance = way.astype(np.float64) + np.arange(3, -5, -1)[:, np.newaxis]
    weights = np.sinc(distance) * np.sinc(distance / 4)
    return _around(first, 3, 4, old), (weights / weights.sum(axis=0)).astype(np.float32)


def _area_taps(size: int, old: int) -> Taps:
    scale = old / size
    most = math.ceil(scale) + 1
    begin = np.arange(size) * scale
    place = np.floor(begin + _LEAST_SHARE).astype(np.intp) + np.arange(most)[:, np.newaxis]
    covered = np.minimum(place + 1, np.minimum(begin + scale, old)) - np.maximum(place, begin)
    covered[covered <= _LEAST_SHARE] = 0
    weights = covered / np.minimum(scale, old - begin)
    return np.minimum(place, old - 1), weights.astype(np.float32)
