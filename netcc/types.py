"""The few types that every room speaks: phases, shapes, arrays."""

from __future__ import annotations

import enum
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

Shape: TypeAlias = tuple[int, ...]
"""Sizes of the axes of a blob, outermost first; () is a scalar."""

Array: TypeAlias = npt.NDArray[Any]

Layout: TypeAlias = Literal["plain", "channels last"]
"""How the numbers of a blob lie in memory: in the order of its axes, or with the channels (axis 1 of 4) innermost."""


class Phase(enum.IntEnum):
    """What a net is built for. The numbers are those of Caffe's enum `Phase`."""

    TRAIN = 0
    TEST = 1


TRAIN = Phase.TRAIN
TEST = Phase.TEST


def count(shape: Shape) -> int:
    """Number of elements of a blob of `shape`; 1 for a scalar."""
    total = 1
    for size in shape:
        total *= size
    return total


def format_shape(shape: Shape) -> str:
    """`64 x 1 x 28 x 28`, or `scalar` for a blob without axes."""
    return " x ".join(map(str, shape)) if shape else "scalar"
