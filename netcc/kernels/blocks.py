"""Cutting arrays of images into blocks, and scratch into arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from netcc.kernels.geometry import Pair
from netcc.types import Array, Shape, count

_LINE = 64
"""Bytes of a line of the cache, on which every array begins."""


def blocks(images: int, rows: int, block: Pair) -> Iterator[tuple[slice, int, int]]:
    """Every block of `block` = (images, rows): its images, and its first row and the one after its last."""
    for image in range(0, images, block[0]):
        for start in range(0, rows, block[1]):
            yield slice(image, image + block[0]), start, min(start + block[1], rows)


def take(buffer: Array, shape: Shape, start: int = 0) -> Array:
    """Elements of a flat buffer from `start` on, under `shape`."""
    return buffer[start : start + count(shape)].reshape(shape)


def carve(scratch: Array, reals: Sequence[Shape], bytes_: Sequence[Shape] = ()) -> list[Array]:
    """Arrays of these shapes out of flat scratch, one after the other: some of its type, then some of uint8."""
    found, start = [], 0
    memory = scratch.view(np.uint8)
    kinds: list[tuple[Shape, npt.DTypeLike]] = [(shape, scratch.dtype) for shape in reals]
    for shape, kind in (*kinds, *((shape, np.uint8) for shape in bytes_)):
        length = count(shape) * np.dtype(kind).itemsize
        found.append(memory[start : start + length].view(kind).reshape(shape))
        start += -(-length // _LINE) * _LINE
    return found


def carved(reals: Sequence[int], bytes_: Sequence[int] = ()) -> int:
    """Elements of scratch that arrays of these sizes take, for any type of 4 bytes or more."""
    lines = _LINE // 4
    return sum(size + lines for size in reals) + sum(size // 4 + lines for size in bytes_)
