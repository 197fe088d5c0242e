"""Elementwise activations: y = f(x), each of which may run in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature, same_shape
from netcc.layers.masks import choose, negative_part, positive_part
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


class Activation(Layer):
    """One bottom, one top of the same shape."""

    in_place = True
    any_layout = True

    def batchwise(self) -> bool:
        return True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms)


@register("ReLU")
@dataclass(frozen=True)
class ReLU(Activation):
    """y = x for x > 0, else negative_slope * x; the gradient at 0 is that of the negative side.

    Behaves as src/caffe/layers/relu_layer.cpp. Nair and Hinton, Rectified Linear Units (2010).
    """

    negative_slope: float = 0.0

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.relu_param.negative_slope)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(Buffer(bottoms[0], "bool"), Buffer(bottoms[0])))

    def needs(self) -> Needs:
        # The sign of y tells that of x unless the slope turns it round.
        return Needs(tops=(0,)) if self.negative_slope >= 0 else Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        if self.negative_slope == 0:
            positive_part(x, y)
            return
        negative = operands.scratch[1]
        negative_part(x, negative)
        negative *= self.negative_slope
        positive_part(x, y)
        y += negative

    def backward(self, operands: Operands) -> None:
        (dx,), (dy,) = operands.bottom_diffs, operands.top_diffs
        if dx is None:
            return
        mask, bent = operands.scratch
        np.greater(operands.tops[0] if self.negative_slope >= 0 else operands.bottoms[0], 0, out=mask)
        if self.negative_slope == 0:
            np.multiply(dy, mask, out=dx)
            return
        np.logical_not(mask, out=mask)
        np.multiply(dy, self.negative_slope, out=bent)
        choose(mask, bent, dy, dx, scratch=bent)


@register("Sigmoid")
@dataclass(frozen=True)
class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)), computed as tanh(x / 2) / 2 + 1/2 so that nothing overflows.

    Behaves as src/caffe/layers/sigmoid_layer.cpp.
    """

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        np.multiply(x, 0.5, out=y)
        np.tanh(y, out=y)
        y *= 0.5
        y += 0.5

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(Buffer(bottoms[0]),))

    def backward(self, operands: Operands) -> None:
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
        if dx is None:
            return
        slope = operands.scratch[0]
        np.subtract(1, y, out=slope)
        slope *= y
        np.multiply(dy, slope, out=dx)


@register("TanH")
@dataclass(frozen=True)
class TanH(Activation):
    """y = tanh(x). Behaves as src/caffe/layers/tanh_layer.cpp."""

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(Buffer(bottoms[0]),))

    def forward(self, operands: Operands) -> None:
        np.tanh(operands.bottoms[0], out=operands.tops[0])

    def backward(self, operands: Operands) -> None:
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
        if dx is None:
            return
        slope = operands.scratch[0]
        np.multiply(y, y, out=slope)
        np.subtract(1, slope, out=slope)
        np.multiply(dy, slope, out=dx)
