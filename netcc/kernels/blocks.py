"""Cutting arrays of images into blocks, and scratch into arrays."""

from __future__ import annotations

from collections.abc import Iterator

from netcc.kernels.geometry import Pair
from netcc.types import Array, Shape, count


def blocks(images: int, rows: int, block: Pair) -> Iterator[tuple[slice, int, int]]:
    """Every block of `block` = (images, rows): its images, and its first row and the one after its last."""
    for image in range(0, images, block[0]):
        for start in range(0, rows, block[1]):
            yield slice(image, image + block[0]), start, min(start + block[1], rows)


def part(buffer: Array, shape: Shape, start: int = 0) -> Array:
    """Elements of a flat buffer from `start` on, under `shape`."""
    return buffer[start : start + count(shape)].reshape(shape)
