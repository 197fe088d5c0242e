"""ContinuationIndicator: where sequences begin, for recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, count

_NEAR = 0.01
"""A mark this near to 1 says that the sequence goes on."""


@register("ContinuationIndicator")
@dataclass(frozen=True)
class ContinuationIndicator(Layer):
    """0 in the first row (a sequence begins; 1 with `flag`), 1 in all others (it goes on).

    Top (time_step, batch_size). A bottom of batch_size marks, if there is one, sets the first row to 1 for each
    sequence whose mark is 1. Behaves as src/caffe/layers/continuation_indicator_layer.cpp of the CC4.0 fork.
    """

    fork = "CC4.0"
    example = "continuation_indicator_param { time_step: 20 batch_size: 8 }"

    bottoms: ClassVar[Count] = Count(0, 1)
    differentiable: ClassVar[bool] = False

    shape: Shape
    flag: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.continuation_indicator_param
        for name in ("time_step", "batch_size"):
            if getattr(fields, name) <= 0:
                raise LayerError(
                    f"ContinuationIndicator needs a positive {name}", field=("continuation_indicator_param", name)
                )
        return cls((fields.time_step, fields.batch_size), fields.flag)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        if bottoms and count(bottoms[0]) != self.shape[1]:
            raise ShapeError(
                f"{count(bottoms[0])} marks for a batch of {self.shape[1]} sequences",
                field=("continuation_indicator_param", "batch_size"),
            )
        return Signature(tops=(self.shape,))

    def forward(self, operands: Operands) -> None:
        (top,) = operands.tops
        top.fill(1)
        top[0] = 1 if self.flag else 0
        for marks in operands.bottoms:
            top[0, np.absolute(marks.reshape(-1) - 1) <= _NEAR] = 1
