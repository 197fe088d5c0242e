"""Eltwise: the sum, product or maximum of several blobs of one shape, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Kind, Layer, Needs, Operands, Signature
from netcc.layers.masks import choose
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_Operation = caffe_pb2.EltwiseParameter


@register("Eltwise")
@dataclass(frozen=True)
class Eltwise(Layer):
    """SUM (the default): sum over i of coeff[i] x[i]; PROD: the product; MAX: the largest.

    All bottoms have one shape, and so has the top: nothing is broadcast. `coeff` is for SUM: one for each bottom, or
    none. Of equal largest numbers the second bottom wins over the first, and these over all later ones.
    `stable_prod_grad` (default) multiplies the other bottoms for the gradient of a product; without it the product is
    divided by the bottom. Behaves as src/caffe/layers/eltwise_layer.cpp.
    """

    example = "eltwise_param { operation: SUM }"

    bottoms: ClassVar[Count] = Count(2, None)
    any_layout = True

    operation: int
    coefficients: tuple[float, ...]
    stable: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, bottoms = message.eltwise_param, len(message.bottom)
        if fields.operation not in (_Operation.PROD, _Operation.SUM, _Operation.MAX):
            name = _Operation.EltwiseOp.Name(fields.operation)
            raise LayerError(
                f"Eltwise has no operation {name}", field=("eltwise_param", "operation"), notes=["PROD, SUM, MAX"]
            )
        if len(fields.coeff) not in (0, bottoms):
            raise LayerError(
                f"{len(fields.coeff)} values of coeff for {bottoms} bottoms: give one for each, or none",
                field=("eltwise_param", "coeff"),
            )
        if fields.coeff and fields.operation == _Operation.PROD:
            raise LayerError("coeff goes with operation SUM only", field=("eltwise_param", "coeff"))
        return cls(fields.operation, tuple(fields.coeff) or (1.0,) * bottoms, fields.stable_prod_grad)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        first = bottoms[0]
        for index, shape in enumerate(bottoms):
            if shape != first:
                raise ShapeError(
                    f"the bottoms of Eltwise must have one shape: bottom {index} is {format_shape(shape)}, "
                    f"bottom 0 is {format_shape(first)}"
                )
        if self.operation == _Operation.MAX:
            kind: Kind = "byte" if len(bottoms) < 256 else "index"
            scratch = (Buffer(first, "bool"), Buffer(first), Buffer(first, kind))
            return Signature((first,), saved=(Buffer(first, kind),), scratch=scratch)
        sums_alone = self.operation == _Operation.SUM and set(self.coefficients[1:]) == {1}
        return Signature((first,), scratch=() if sums_alone else (Buffer(first),))

    @property
    def is_sum(self) -> bool:
        """Whether the top is the plain sum of the bottoms."""
        return self.operation == _Operation.SUM and set(self.coefficients) == {1.0}

    def needs(self) -> Needs:
        if self.operation != _Operation.PROD:
            return Needs()
        return Needs(bottoms=range(len(self.coefficients)), tops=() if self.stable else (0,))

    def forward(self, operands: Operands) -> None:
        (top,) = operands.tops
        if self.operation == _Operation.SUM:
            self._sum(operands.bottoms, top, *operands.scratch)
        elif self.operation == _Operation.PROD:
            np.multiply(operands.bottoms[0], operands.bottoms[1], out=top)
            for bottom in operands.bottoms[2:]:
                top *= bottom
        else:
            _largest(operands.bottoms, top, operands.saved[0], operands.scratch)

    def backward(self, operands: Operands) -> None:
        for index, bottom_diff in enumerate(operands.bottom_diffs):
            if bottom_diff is None:
                continue
            if self.operation == _Operation.SUM:
                _times(operands.top_diffs[0], self.coefficients[index], bottom_diff)
            elif self.operation == _Operation.PROD:
                self._product_gradient(operands, index, bottom_diff)
            else:
                np.equal(operands.saved[0], index, out=operands.scratch[0])
                np.multiply(operands.top_diffs[0], operands.scratch[0], out=bottom_diff)

    def _sum(self, bottoms: Sequence[Array], top: Array, *work: Array) -> None:
        total = bottoms[0]
        if self.coefficients[0] != 1:
            np.multiply(total, self.coefficients[0], out=top)
            total = top
        for bottom, coefficient in zip(bottoms[1:], self.coefficients[1:], strict=True):
            if coefficient != 1:
                bottom = np.multiply(bottom, coefficient, out=work[0])
            np.add(total, bottom, out=top)
            total = top

    def _product_gradient(self, operands: Operands, index: int, bottom_diff: Array) -> None:
        # Bottom diffs may not serve as a workplace: a blob that is bottom twice has two of them.
        slope = operands.scratch[0]
        if self.stable:
            others = [bottom for place, bottom in enumerate(operands.bottoms) if place != index]
            np.copyto(slope, others[0])
            for bottom in others[1:]:
                slope *= bottom
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                np.divide(operands.tops[0], operands.bottoms[index], out=slope)
        np.multiply(slope, operands.top_diffs[0], out=bottom_diff)


def _times(source: Array, factor: float, target: Array) -> None:
    if factor == 1:
        np.copyto(target, source)
    else:
        np.multiply(source, factor, out=target)


def _largest(bottoms: Sequence[Array], top: Array, winner: Array, scratch: Sequence[Array]) -> None:
    """The largest numbers, and in `winner` which bottom gave each."""
    wins, changes, marks = scratch
    np.greater(bottoms[0], bottoms[1], out=wins)
    np.logical_not(wins, out=winner)
    choose(wins, bottoms[0], bottoms[1], top, changes)
    for index, bottom in enumerate(bottoms[2:], start=2):
        np.greater(bottom, top, out=wins)
        choose(wins, bottom, top, top, changes)
        np.multiply(wins, marks.dtype.type(index), out=marks)
        np.maximum(winner, marks, out=winner)
