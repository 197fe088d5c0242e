"""Powers, exponentials and logarithms of shift + scale * x."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Needs, Operands, Signature, same_shape
from netcc.layers.curve import Curve
from netcc.layers.cutting import piece
from netcc.layers.powers import raise_power
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


@register("Power")
@dataclass(frozen=True)
class Power(Curve):
    """y = (shift + scale * x) ^ power; the constant 1 where power is 0, shift ^ power where scale is 0.

    Behaves as src/caffe/layers/power_layer.cpp, but that the slope where shift + scale * x is 0 is the true one, not
    0 / 0.
    """

    example = "power_param { power: 2 }"

    power: float
    scale: float
    shift: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.power_param
        return cls(fields.power, fields.scale, fields.shift)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0]), piece(bottoms[0])))

    @property
    def _is_constant(self) -> bool:
        return self.power * self.scale == 0

    def is_affine(self, bottom: Shape) -> bool:
        return self.power == 1

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        return self.scale, self.shift

    def needs(self) -> Needs:
        return Needs() if self._is_constant or self.power == 1 else Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        if self._is_constant:
            y.fill(_constant_power(self.shift, self.power))
            return
        self._line(x, y)
        if self.power != 1:
            raise_power(y, self.power, y, operands.scratch[0])

    def slope(self, operands: Operands, out: Array) -> None:
        factor = self.power * self.scale
        if self._is_constant or self.power == 1:
            out.fill(factor)
            return
        self._line(operands.bottoms[0], out)
        raise_power(out, self.power - 1, out, operands.scratch[1])
        out *= factor

    def _line(self, x: Array, out: Array) -> None:
        np.multiply(x, self.scale, out=out)
        if self.shift:
            out += self.shift


def _constant_power(base: float, power: float) -> float:
    """base ^ power with C's answers where Python raises."""
    if power == 0:
        return 1.0
    if base == 0 and power < 0:
        return math.inf
    try:
        return math.pow(base, power)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _log_base(base: float, field: tuple[str, ...]) -> float:
    """ln(base); 1 for base -1, which stands for e. Raises LayerError for any other that is not above 0."""
    if base == -1:
        return 1.0
    if not 0 < base < math.inf:
        raise LayerError(f"base must be above 0, or -1 for e, not {base:g}", field=field)
    return math.log(base)


@register("Exp")
@dataclass(frozen=True)
class Exp(Curve):
    """y = base ^ (shift + scale * x); base -1 (the default) is e.

    Behaves as src/caffe/layers/exp_layer.cpp.
    """

    inner: float
    outer: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.exp_param
        log_base = _log_base(fields.base, ("exp_param", "base"))
        exponent = log_base * fields.shift
        return cls(log_base * fields.scale, math.exp(exponent) if exponent < 700 else math.inf)

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        np.multiply(x, self.inner, out=y)
        with np.errstate(over="ignore", under="ignore"):
            np.exp(y, out=y)
        if self.outer != 1:
            y *= self.outer

    def slope(self, operands: Operands, out: Array) -> None:
        np.multiply(operands.tops[0], self.inner, out=out)


@register("Log")
@dataclass(frozen=True)
class Log(Curve):
    """y = ln(shift + scale * x) / ln(base); base -1 (the default) is e. NaN where there is no logarithm.

    Behaves as src/caffe/layers/log_layer.cpp.
    """

    factor: float
    scale: float
    shift: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.log_param
        log_base = _log_base(fields.base, ("log_param", "base"))
        if log_base == 0:
            raise LayerError("base must not be 1, whose logarithm is 0", field=("log_param", "base"))
        return cls(1 / log_base, fields.scale, fields.shift)

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        self._line(x, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            np.log(y, out=y)
        if self.factor != 1:
            y *= self.factor

    def slope(self, operands: Operands, out: Array) -> None:
        self._line(operands.bottoms[0], out)
        with np.errstate(divide="ignore"):
            np.divide(self.factor * self.scale, out, out=out)

    def _line(self, x: Array, out: Array) -> None:
        np.multiply(x, self.scale, out=out)
        if self.shift:
            out += self.shift
