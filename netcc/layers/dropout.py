"""Dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Layer, Operands, Repeat, Signature, pass_on, same_shape
from netcc.layers.cutting import cut
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array, Phase, Shape, count


@register("Dropout")
@dataclass(frozen=True)
class Dropout(Layer):
    """In TRAIN each number is dropped with probability `ratio`, the others are scaled by 1 / (1 - ratio); else y = x.

    Behaves as src/caffe/layers/dropout_layer.cpp. Srivastava et al., Dropout (2014).
    """

    in_place = True
    any_layout = True

    ratio: float
    active: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        ratio = message.dropout_param.dropout_ratio
        if not 0 <= ratio < 1:
            raise LayerError(
                f"dropout_ratio must be at least 0 and below 1, not {ratio:g}", field=("dropout_param", "dropout_ratio")
            )
        return cls(ratio, phase == TRAIN)

    def passes_on(self) -> bool:
        return not self.active

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        if not self.active:
            return same_shape(bottoms)
        return same_shape(bottoms, saved=(Buffer(bottoms[0], "bool"),), scratch=(Buffer((count(bottoms[0]),)),))

    def is_identity(self) -> bool:
        return not self.active

    def is_function(self) -> bool:
        return not self.active

    def repeats(self) -> Repeat:
        return "tops" if self.active else "all"

    def repeat(self, operands: Operands) -> None:
        self._apply(operands.bottoms[0], operands.tops[0], operands)

    def forward(self, operands: Operands) -> None:
        if self.active:
            (kept,), (memory,) = operands.saved, operands.scratch
            # Drawn in float32 whatever the type of the net, so that one seed drops the same numbers in both.
            drawn = memory.view(np.float32)[: kept.size].reshape(kept.shape)
            operands.random.random(dtype=np.float32, out=drawn)
            np.greater_equal(drawn, self.ratio, out=kept)
        self.repeat(operands)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            self._apply(operands.top_diffs[0], operands.bottom_diffs[0], operands)

    def _apply(self, source: Array, target: Array, operands: Operands) -> None:
        if not self.active:
            pass_on(source, target)
            return
        keep_some = operands.pick(keep)
        for piece, kept, result in cut([source, operands.saved[0], target]):
            keep_some(piece, kept, 1 / (1 - self.ratio), result)


def keep(source: Array, kept: Array, factor: float, target: Array) -> None:
    """target = factor * source where `kept` (bool), else 0."""
    np.multiply(source, kept, out=target)
    target *= factor
