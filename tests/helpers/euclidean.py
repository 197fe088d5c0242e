"""The loss of some of Caffe's solver runs, registered for `type: "EuclideanLoss"` while netcc has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Count, Layer, Needs, Operands, Signature
from netcc.layers.registry import layer_types, register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@dataclass(frozen=True)
class HalfSquares(Layer):
    """Half the sum of squared differences, over the number of rows."""

    bottoms = Count(2, 2)
    is_loss = True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=((),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        first, second = operands.bottoms
        operands.tops[0][...] = ((first - second) ** 2).sum() / 2 / len(first)

    def backward(self, operands: Operands) -> None:
        (first, second), (diff, _) = operands.bottoms, operands.bottom_diffs
        assert diff is not None
        np.multiply(first - second, operands.top_diffs[0] / len(first), out=diff)


def provide_euclidean_loss() -> None:
    """Makes nets with EuclideanLoss layers work; gradients go to the first bottom alone."""
    if "EuclideanLoss" not in layer_types():
        register("EuclideanLoss")(HalfSquares)
