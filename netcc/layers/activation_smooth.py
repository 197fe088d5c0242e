"""Activations made of exponentials: ELU, SeLU, BNLL, Swish, Mish."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.layers.base import Buffer, Needs, Operands, Signature, same_shape
from netcc.layers.curve import Curve
from netcc.layers.cutting import piece
from netcc.layers.masks import choose, negative_part, positive_part
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


@register("ELU")
@dataclass(frozen=True)
class ELU(Curve):
    """y = gain * x for x > 0, else gain * alpha * (e^x - 1).

    Behaves as src/caffe/layers/elu_layer.cpp; `gain` is 1, or the `lambda` of NVIDIA's fork. Clevert et al., Fast and
    Accurate Deep Network Learning by Exponential Linear Units (2016).
    """

    alpha: float
    gain: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        # `lambda` is a word of Python's.
        return cls(message.elu_param.alpha, float(getattr(message.elu_param, "lambda")))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0]), piece(bottoms[0], "bool"), piece(bottoms[0])))

    def needs(self) -> Needs:
        # The sign of y tells that of x unless a constant turns it round.
        return Needs(tops=(0,)) if self._keeps_sign else Needs(bottoms=(0,), tops=(0,))

    @property
    def _keeps_sign(self) -> bool:
        return self.alpha >= 0 and self.gain > 0

    def apply(self, operands: Operands) -> None:
        (x,), (y,), bent = operands.bottoms, operands.tops, operands.scratch[0]
        negative_part(x, bent)
        np.exp(bent, out=bent)
        bent -= 1
        bent *= self.gain * self.alpha
        positive_part(x, y)
        if self.gain != 1:
            y *= self.gain
        y += bent

    def slope(self, operands: Operands, out: Array) -> None:
        """gain for x > 0, else y + gain * alpha."""
        _, positive, changes = operands.scratch
        np.greater(operands.tops[0] if self._keeps_sign else operands.bottoms[0], 0, out=positive)
        np.add(operands.tops[0], self.gain * self.alpha, out=out)
        choose(positive, np.array(self.gain, out.dtype), out, out, scratch=changes)


@register("SeLU")
@dataclass(frozen=True)
class SeLU(ELU):
    """ELU whose two constants, `lambda` and `alpha`, keep mean 0 and variance 1 from layer to layer.

    Fork: synopsys-caffe, src/caffe/layers/selu_layer.cpp. Klambauer et al., Self-Normalizing Neural Networks (2017).
    """

    fork = "synopsys-caffe (foss-for-synopsys-dwc-arc-processors/synopsys-caffe)"

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.selu_param.alpha, float(getattr(message.selu_param, "lambda")))


@register("SeLu")
@dataclass(frozen=True)
class SeLu(SeLU):
    """As SeLU, under the name that other forks use."""


@register("SELU")
@dataclass(frozen=True)
class SELU(SeLU):
    """As SeLU, under the name that other forks use."""


@register("BNLL")
@dataclass(frozen=True)
class BNLL(Curve):
    """y = ln(1 + e^x), computed as max(x, 0) + ln(1 + e^-|x|) so that nothing overflows.

    Behaves as src/caffe/layers/bnll_layer.cpp.
    """

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,), tail = operands.bottoms, operands.tops, operands.scratch[0]
        np.abs(x, out=tail)
        np.negative(tail, out=tail)
        with np.errstate(under="ignore"):
            np.exp(tail, out=tail)
        np.log1p(tail, out=tail)
        positive_part(x, y)
        y += tail

    def slope(self, operands: Operands, out: Array) -> None:
        """sigmoid(x) = 1 - e^-y."""
        np.negative(operands.tops[0], out=out)
        np.expm1(out, out=out)
        np.negative(out, out=out)


@register("Swish")
@dataclass(frozen=True)
class Swish(Curve):
    """y = x * sigmoid(beta * x).

    Behaves as src/caffe/layers/swish_layer.cpp. Ramachandran et al., Searching for Activation Functions (2017).
    """

    beta: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.swish_param.beta)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, saved=(Buffer(bottoms[0]),), scratch=(piece(bottoms[0]),))

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,), (gate,) = operands.bottoms, operands.tops, operands.saved
        np.multiply(x, self.beta / 2, out=gate)
        np.tanh(gate, out=gate)
        gate *= 0.5
        gate += 0.5
        np.multiply(x, gate, out=y)

    def slope(self, operands: Operands, out: Array) -> None:
        """beta * y + gate * (1 - beta * y) = beta * y * (1 - gate) + gate."""
        (y,), (gate,) = operands.tops, operands.saved
        np.subtract(1, gate, out=out)
        out *= y
        out *= self.beta
        out += gate


@register("Mish")
@dataclass(frozen=True)
class Mish(Curve):
    """y = x * tanh(ln(1 + e^x)) = x * n / (n + 2) with n = e^x (e^x + 2); above 20 it is x.

    Fork: synopsys-caffe, src/caffe/layers/mish_layer.cpp, but that the gradient is the true one (the fork takes y for
    x in it). Misra, Mish: A Self Regularized Non-Monotonic Activation Function (2019).
    """

    fork = "synopsys-caffe (foss-for-synopsys-dwc-arc-processors/synopsys-caffe)"

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        real = piece(bottoms[0])
        return same_shape(bottoms, scratch=(real, real, real))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,), (gate, growth, rest) = operands.bottoms, operands.tops, operands.scratch
        _mish_gate(x, gate, growth, rest)
        np.multiply(x, gate, out=y)

    def slope(self, operands: Operands, out: Array) -> None:
        """gate + x * (1 - gate^2) * sigmoid(x)."""
        (x,), (_, growth, rest) = operands.bottoms, operands.scratch
        _mish_gate(x, out, growth, rest)
        np.multiply(out, out, out=rest)
        np.subtract(1, rest, out=rest)
        rest *= x
        rest *= growth
        growth += 1
        rest /= growth
        out += rest


def _mish_gate(x: Array, gate: Array, growth: Array, rest: Array) -> None:
    """growth = e^x, gate = tanh(ln(1 + e^x)); `rest` is overwritten."""
    np.clip(x, -math.inf, 20, out=growth)
    with np.errstate(under="ignore"):
        np.exp(growth, out=growth)
        np.add(growth, 2, out=gate)
        gate *= growth
    np.add(gate, 2, out=rest)
    gate /= rest
