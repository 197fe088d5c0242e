"""The layer that passes put between two others whose blobs lie in different orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netcc.layers.base import Layer, Operands, Repeat, Signature, pass_on
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@dataclass(frozen=True)
class Relayout(Layer):
    """The same numbers under the same shape, in another order of memory. No net file can name it."""

    type = ""

    is_view: bool = False  # type: ignore[misc]  # a fact of the shape here, not of the class

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=(bottoms[0],))

    def batchwise(self) -> bool:
        return True

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        pass_on(operands.bottoms[0], operands.tops[0])

    def backward(self, operands: Operands) -> None:
        bottom_diff = operands.bottom_diffs[0]
        if bottom_diff is not None:
            pass_on(operands.top_diffs[0], bottom_diff)
