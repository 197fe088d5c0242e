"""Layers that pass on some items of a batch, chosen by numbers of another bottom: BatchReindex, Filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


def read_positions(numbers: Array, positions: Array, choice: int, what: str) -> None:
    """Turns whole numbers kept as floats into `positions`; raises LayerError for one not from 0 to `choice` - 1."""
    outside = ~((numbers >= 0) & (numbers < choice))  # so that NaN is outside
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        number = numbers.reshape(-1)[first]
        raise LayerError(f"{what} {number:g} (number {first} of the bottom) is not from 0 to {choice - 1}")
    np.copyto(positions, numbers.reshape(positions.shape), casting="unsafe")


@register("BatchReindex")
@dataclass(frozen=True)
class BatchReindex(Layer):
    """Item i of the top is item index[i] of bottom 0: items may repeat, change places or be left out.

    Bottoms (N, ...) and indices (M), whole numbers from 0 to N - 1; top (M, ...). The gradients of a repeated item add
    up; the indices have none. Behaves as src/caffe/layers/batch_reindex_layer.cpp.
    """

    bottoms: ClassVar[Count] = Count(2, 2)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        items, indices = bottoms
        if len(indices) != 1:
            raise ShapeError(f"the indices of BatchReindex must have one axis, not {format_shape(indices)}")
        if not items:
            raise ShapeError("bottom 0 of BatchReindex must have a batch axis")
        return Signature(tops=((*indices, *items[1:]),), saved=(Buffer(indices, "index"),))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def forward(self, operands: Operands) -> None:
        (items, numbers), (positions,) = operands.bottoms, operands.saved
        read_positions(numbers, positions, len(items), "index")
        if positions.size:
            np.take(items, positions, axis=0, out=operands.tops[0], mode="clip")

    def backward(self, operands: Operands) -> None:
        item_diff = operands.bottom_diffs[0]
        if item_diff is not None:
            item_diff.fill(0)
            np.add.at(item_diff, operands.saved[0], operands.top_diffs[0])


@register("Filter")
@dataclass(frozen=True)
class Filter(Layer):
    """Passes on the items for which the last bottom, the selector, is not 0.

    Bottoms (N, ...) and the selector (N) or (N, 1, ...); one top for each bottom but the selector: (M, ...) where M is
    the number of selected items (N before the first pass). The selector has no gradient.
    Behaves as src/caffe/layers/filter_layer.cpp.
    """

    bottoms: ClassVar[Count] = Count(2, None)
    tops: ClassVar[Count] = Count(1, None)
    dynamic: ClassVar[bool] = True

    selector: int
    """Index of the last bottom."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        bottoms, tops = len(message.bottom), len(message.top)
        if tops != bottoms - 1:
            raise LayerError(
                f"Filter gives one top for each bottom but the selector: {bottoms} bottoms, {tops} tops", field=("top",)
            )
        return cls(bottoms - 1)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        selector = bottoms[self.selector]
        if not selector or any(size != 1 for size in selector[1:]):
            raise ShapeError(f"the selector must have one number for each item, not {format_shape(selector)}")
        for index, shape in enumerate(bottoms[:-1]):
            if shape[:1] != selector[:1]:
                raise ShapeError(
                    f"the selector is for {selector[0]} items, but bottom {index} is {format_shape(shape)}"
                )
        return Signature(tops=tuple(bottoms[:-1]), saved=(Buffer((selector[0],), "bool"),))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom != self.selector

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        selected = int(np.count_nonzero(operands.bottoms[self.selector]))
        return tuple((selected, *bottom.shape[1:]) for bottom in operands.bottoms[: self.selector])

    def forward(self, operands: Operands) -> None:
        (selected,) = operands.saved
        np.not_equal(operands.bottoms[self.selector].reshape(-1), 0, out=selected)
        for bottom, top in zip(operands.bottoms[: self.selector], operands.tops, strict=True):
            np.compress(selected, bottom, axis=0, out=top)

    def backward(self, operands: Operands) -> None:
        (selected,) = operands.saved
        for bottom_diff, top_diff in zip(operands.bottom_diffs[: self.selector], operands.top_diffs, strict=True):
            if bottom_diff is not None:
                bottom_diff.fill(0)
                bottom_diff[selected] = top_diff
