"""Eltwise: the sum, product or maximum of several blobs of one shape, number by number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Kind, Layer, Needs, Operands, Repeat, Signature, pass_on
from netcc.layers.cutting import cut, piece
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
            scratch = (piece(first, "bool"), piece(first), piece(first, kind))
            return Signature((first,), saved=(Buffer(first, kind),), scratch=scratch)
        sums_alone = self.operation == _Operation.SUM and set(self.coefficients[1:]) == {1}
        return Signature((first,), scratch=() if sums_alone else (piece(first),))

    @property
    def is_sum(self) -> bool:
        """Whether the top is the plain sum of the bottoms."""
        return self.operation == _Operation.SUM and set(self.coefficients) == {1.0}

    def hands_on(self) -> Collection[int]:
        is_sum = self.operation == _Operation.SUM
        return [index for index, factor in enumerate(self.coefficients) if is_sum and factor == 1]

    def repeats(self) -> Repeat:
        return "all"

    def needs(self) -> Needs:
        if self.operation != _Operation.PROD:
            return Needs()
        return Needs(bottoms=range(len(self.coefficients)), tops=() if self.stable else (0,))

    def forward(self, operands: Operands) -> None:
        if self.is_sum and len(operands.bottoms) == 2:
            # One step for all numbers, which no cutting makes faster.
            np.add(*operands.bottoms, out=operands.tops[0])
            return
        combine = operands.pick(_COMBINATIONS[self.operation])
        for top, *arrays in cut([*operands.tops, *operands.saved, *operands.bottoms]):
            saved, bottoms = arrays[: len(operands.saved)], arrays[len(operands.saved) :]
            combine(bottoms, top, self.coefficients, *saved, *_taken(operands.scratch, top))

    def backward(self, operands: Operands) -> None:
        for index, bottom_diff in enumerate(operands.bottom_diffs):
            if bottom_diff is None:
                continue
            if self.operation == _Operation.SUM:
                _times(operands.top_diffs[0], self.coefficients[index], bottom_diff)
            elif self.operation == _Operation.PROD:
                self._product_gradient(operands, index, bottom_diff)
            else:
                pass_back = operands.pick(winners_gradient)
                for dy, winner, dx in cut([operands.top_diffs[0], operands.saved[0], bottom_diff]):
                    pass_back(dy, winner, index, dx, _taken(operands.scratch, dx)[0])

    def _product_gradient(self, operands: Operands, index: int, bottom_diff: Array) -> None:
        # Bottom diffs may not serve as a workplace: a blob that is bottom twice has two of them.
        if self.stable:
            others = [bottom for place, bottom in enumerate(operands.bottoms) if place != index]
            for dy, dx, first, *rest in cut([operands.top_diffs[0], bottom_diff, *others]):
                (slope,) = _taken(operands.scratch, dx)
                for bottom in rest:
                    first = np.multiply(first, bottom, out=slope)
                np.multiply(first, dy, out=dx)
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            for dy, dx, y, x in cut([operands.top_diffs[0], bottom_diff, operands.tops[0], operands.bottoms[index]]):
                (slope,) = _taken(operands.scratch, dx)
                np.divide(y, x, out=slope)
                np.multiply(slope, dy, out=dx)


def _taken(scratch: Sequence[Array], like: Array) -> list[Array]:
    """The fronts of flat arrays, in the shape of another."""
    return [buffer[: like.size].reshape(like.shape) for buffer in scratch]


def _times(source: Array, factor: float, target: Array) -> None:
    if factor == 1:
        pass_on(source, target)
    else:
        np.multiply(source, factor, out=target)


def weighted_sum(
    bottoms: Sequence[Array], top: Array, coefficients: Sequence[float], work: Array | None = None
) -> None:
    """top = the sum of coefficients[i] * bottoms[i]; `work` is scratch, if any but the first coefficient is not 1."""
    total = bottoms[0]
    if coefficients[0] != 1:
        total = np.multiply(total, coefficients[0], out=top)
    for bottom, coefficient in zip(bottoms[1:], coefficients[1:], strict=True):
        if coefficient != 1:
            bottom = np.multiply(bottom, coefficient, out=work)
        total = np.add(total, bottom, out=top)


def product(bottoms: Sequence[Array], top: Array, coefficients: Sequence[float], work: Array) -> None:
    """top = the product of the bottoms; coefficients and `work` are not used."""
    np.multiply(bottoms[0], bottoms[1], out=top)
    for bottom in bottoms[2:]:
        np.multiply(top, bottom, out=top)


def winners_gradient(dy: Array, winner: Array, index: int, dx: Array, mask: Array) -> None:
    """dx = dy where `winner` is `index`, else 0; `mask` (bool) is scratch."""
    np.equal(winner, index, out=mask)
    np.multiply(dy, mask, out=dx)


def largest(
    bottoms: Sequence[Array],
    top: Array,
    coefficients: Sequence[float],
    winner: Array,
    wins: Array,
    changes: Array,
    marks: Array,
) -> None:
    """The largest numbers, and in `winner` which bottom gave each; the last three are scratch."""
    np.greater(bottoms[0], bottoms[1], out=wins)
    np.logical_not(wins, out=winner)
    choose(wins, bottoms[0], bottoms[1], top, changes)
    for index, bottom in enumerate(bottoms[2:], start=2):
        np.greater(bottom, top, out=wins)
        choose(wins, bottom, top, top, changes)
        np.multiply(wins, marks.dtype.type(index), out=marks)
        np.maximum(winner, marks, out=winner)


_COMBINATIONS: dict[int, Callable[..., None]] = {
    _Operation.SUM: weighted_sum,
    _Operation.PROD: product,
    _Operation.MAX: largest,
}
