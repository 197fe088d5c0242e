"""Activations made of straight lines: AbsVal, Clip, Threshold, ReLU6 and the hard sigmoids and swishes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.activation import Activation, ReLU
from netcc.layers.base import Needs, Operands, Signature, refuse_in_place, same_shape
from netcc.layers.curve import Curve
from netcc.layers.cutting import piece
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


@register("AbsVal")
@dataclass(frozen=True)
class AbsVal(Curve):
    """y = |x|; the slope at 0 is 0. Refuses to run in place, as src/caffe/layers/absval_layer.cpp does."""

    in_place = False

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        refuse_in_place(message)
        return cls()

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        np.abs(operands.bottoms[0], out=operands.tops[0])

    def slope(self, operands: Operands, out: Array) -> None:
        np.sign(operands.bottoms[0], out=out)


@register("Clip")
@dataclass(frozen=True)
class Clip(Activation):
    """y = max(min, min(x, max)); the gradient passes where min <= x <= max, both ends included.

    Behaves as src/caffe/layers/clip_layer.cpp: with min above max, y is min everywhere.
    """

    example = "clip_param { min: 0 max: 6 }"

    least: float
    most: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.clip_param
        for name in ("min", "max"):
            if not fields.HasField(name):
                raise LayerError(f"Clip needs {name}", field=("clip_param", name))
        return cls(fields.min, fields.max)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0], "bool"), piece(bottoms[0], "bool")))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        np.clip(x, -math.inf, self.most, out=y)
        np.clip(y, self.least, math.inf, out=y)

    def differentiate(self, operands: Operands) -> None:
        (dx,), (dy,), (x,) = operands.bottom_diffs, operands.top_diffs, operands.bottoms
        above, inside = operands.scratch
        np.greater_equal(x, self.least, out=above)
        np.less_equal(x, self.most, out=inside)
        inside &= above
        np.multiply(dy, inside, out=dx)


@register("Threshold")
@dataclass(frozen=True)
class Threshold(Activation):
    """y = 1 where x > threshold, else 0; no gradient. Behaves as src/caffe/layers/threshold_layer.cpp."""

    example = "threshold_param { threshold: 0.5 }"

    differentiable = False

    threshold: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.threshold_param.threshold)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0], "bool"),))

    def apply(self, operands: Operands) -> None:
        np.greater(operands.bottoms[0], self.threshold, out=operands.scratch[0])
        np.copyto(operands.tops[0], operands.scratch[0])


@register("ReLU6")
@dataclass(frozen=True)
class ReLU6(ReLU):
    """y = min(ReLU(x), 6), with the negative_slope of `relu6_param`; no gradient from 6 on.

    Fork: MobileNet-YOLO and others, src/caffe/layers/relu6_layer.cpp. Krizhevsky, Convolutional Deep Belief Networks
    on CIFAR-10 (2010).
    """

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"

    most: ClassVar[float] = 6.0

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.relu6_param.negative_slope)

    def needs(self) -> Needs:
        return Needs(bottoms=super().needs().bottoms, tops=(0,))

    def apply(self, operands: Operands) -> None:
        super().apply(operands)
        np.clip(operands.tops[0], -math.inf, self.most, out=operands.tops[0])

    def differentiate(self, operands: Operands) -> None:
        super().differentiate(operands)
        (dx,) = operands.bottom_diffs
        if dx is not None:
            below = operands.scratch[0]
            np.less(operands.tops[0], self.most, out=below)
            dx *= below


@register("HardSigmoid")
@dataclass(frozen=True)
class HardSigmoid(Curve):
    """y = alpha * x + beta, cut at 0 and 1.

    Fork: synopsys-caffe, src/caffe/layers/hard_sigmoid_layer.cpp.
    """

    fork = "synopsys-caffe (foss-for-synopsys-dwc-arc-processors/synopsys-caffe)"

    alpha: float
    beta: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.hard_sigmoid_param.alpha, message.hard_sigmoid_param.beta)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0]), piece(bottoms[0], "bool")))

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        np.multiply(x, self.alpha, out=y)
        y += self.beta
        np.clip(y, 0, 1, out=y)

    def slope(self, operands: Operands, out: Array) -> None:
        inside = operands.scratch[1]
        np.greater(operands.tops[0], 0, out=inside)
        np.multiply(inside, self.alpha, out=out)
        np.less(operands.tops[0], 1, out=inside)
        out *= inside


@register("HSigmoid")
@dataclass(frozen=True)
class HSigmoid(HardSigmoid):
    """y = min(max(x + 3, 0), 6) / 6. Fork: aovoc/caffe, for MobileNetV3 (Howard et al., 2019)."""

    fork = "MobileNetV3 (aovoc/caffe)"

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(1 / 6, 0.5)


@register("HSwish")
@dataclass(frozen=True)
class HSwish(Curve):
    """y = x * min(max(x + 3, 0), 6) / 6. Fork: aovoc/caffe, for MobileNetV3 (Howard et al., 2019)."""

    fork = "MobileNetV3 (aovoc/caffe)"

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        real = piece(bottoms[0])
        return same_shape(bottoms, scratch=(real, real, piece(bottoms[0], "bool")))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        gate = operands.scratch[0]
        _gate(operands.bottoms[0], gate)
        np.multiply(operands.bottoms[0], gate, out=operands.tops[0])

    def slope(self, operands: Operands, out: Array) -> None:
        x, (_, slant, inside) = operands.bottoms[0], operands.scratch
        _gate(x, out)
        np.abs(x, out=slant)
        np.less(slant, 3, out=inside)
        np.multiply(x, 1 / 6, out=slant)
        slant *= inside
        out += slant


@register("HardSwish")
@dataclass(frozen=True)
class HardSwish(HSwish):
    """As HSwish, under the name that other forks use."""


def _gate(x: Array, out: Array) -> None:
    """min(max(x + 3, 0), 6) / 6."""
    np.add(x, 3, out=out)
    np.clip(out, 0, 6, out=out)
    out *= 1 / 6
