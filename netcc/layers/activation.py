"""Elementwise activations: y = f(x), each of which may run in place."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Layer, Needs, Operands, Repeat, Signature, same_shape
from netcc.layers.cutting import cut, piece
from netcc.layers.masks import choose, negative_part, positive_part
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


class Activation(Layer):
    """One bottom, one top of the same shape, number by number.

    Subclasses write `apply` and `differentiate`, which are forward and backward of a piece small enough for the cache;
    all arrays of its operands are of one shape, `scratch` (see `netcc.layers.cutting.piece`) too.
    """

    in_place = True
    any_layout = True

    def batchwise(self) -> bool:
        return True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms)

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        for part in _parts(operands):
            self.apply(part)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            for part in _parts(operands):
                self.differentiate(part)

    @abstractmethod
    def apply(self, operands: Operands) -> None:
        """Writes the top."""

    def differentiate(self, operands: Operands) -> None:
        """Writes the bottom diff, which is there."""
        raise LayerError(f"{self.type} has no backward pass")


def _parts(operands: Operands) -> Iterator[Operands]:
    groups = (operands.bottoms, operands.tops, operands.saved, operands.top_diffs, operands.bottom_diffs)
    arrays = [array for group in groups for array in group if array is not None]
    for pieces in cut(arrays):
        taken = iter(pieces)
        bottoms, tops, saved, top_diffs, bottom_diffs = (tuple(islice(taken, len(group))) for group in groups)
        size, shape = bottoms[0].size, bottoms[0].shape
        scratch = tuple(buffer[:size].reshape(shape) for buffer in operands.scratch)
        yield Operands(
            bottoms=bottoms,
            tops=tops,
            saved=saved,
            scratch=scratch,
            top_diffs=top_diffs,
            bottom_diffs=bottom_diffs,
            random=operands.random,
            pick=operands.pick,
        )


@register("ReLU")
@dataclass(frozen=True)
class ReLU(Activation):
    """y = x for x > 0, else negative_slope * x; the gradient at 0 is that of the negative side.

    Behaves as src/caffe/layers/relu_layer.cpp. Nair and Hinton, Rectified Linear Units (2010).
    """

    most: ClassVar[float] = math.inf
    """What y stays below."""

    negative_slope: float = 0.0

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.relu_param.negative_slope)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        mask, bent = piece(bottoms[0], "bool"), piece(bottoms[0])
        return same_shape(bottoms, scratch=(mask, bent) if self.negative_slope else (mask,))

    def needs(self) -> Needs:
        # The sign of y tells that of x unless the slope turns it round.
        return Needs(tops=(0,)) if self.negative_slope >= 0 else Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        if self.negative_slope == 0:
            # One step for all numbers, which no cutting makes faster.
            np.clip(operands.bottoms[0], 0, self.most, out=operands.tops[0])
        else:
            super().forward(operands)

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        operands.pick(rectify)(x, y, self.negative_slope, operands.scratch[1])

    def differentiate(self, operands: Operands) -> None:
        (dx,), (dy,) = operands.bottom_diffs, operands.top_diffs
        if dx is None:
            return
        sign = operands.tops[0] if self.negative_slope >= 0 else operands.bottoms[0]
        operands.pick(rectified_gradient)(dy, sign, dx, self.negative_slope, *operands.scratch)


def rectify(x: Array, y: Array, slope: float, negative: Array) -> None:
    """y = x where x > 0, else slope * x; `negative` is scratch."""
    if 0 <= slope <= 1:
        np.multiply(x, slope, out=negative)
        np.maximum(x, negative, out=y)
        return
    negative_part(x, negative)
    negative *= slope
    positive_part(x, y)
    y += negative


def rectified_gradient(dy: Array, sign: Array, dx: Array, slope: float, mask: Array, bent: Array | None = None) -> None:
    """dx = dy where `sign` > 0, else slope * dy; `mask` (bool) and, unless the slope is 0, `bent` are scratch."""
    np.greater(sign, 0, out=mask)
    if bent is None:
        np.multiply(dy, mask, out=dx)
        return
    np.logical_not(mask, out=mask)
    np.multiply(dy, slope, out=bent)
    choose(mask, bent, dy, dx, scratch=bent)


@register("Sigmoid")
@dataclass(frozen=True)
class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)), computed as tanh(x / 2) / 2 + 1/2 so that nothing overflows.

    Behaves as src/caffe/layers/sigmoid_layer.cpp.
    """

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def apply(self, operands: Operands) -> None:
        (x,), (y,) = operands.bottoms, operands.tops
        np.multiply(x, 0.5, out=y)
        np.tanh(y, out=y)
        y *= 0.5
        y += 0.5

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0]),))

    def differentiate(self, operands: Operands) -> None:
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
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
        return same_shape(bottoms, scratch=(piece(bottoms[0]),))

    def apply(self, operands: Operands) -> None:
        np.tanh(operands.bottoms[0], out=operands.tops[0])

    def differentiate(self, operands: Operands) -> None:
        (dx,), (dy,), (y,) = operands.bottom_diffs, operands.top_diffs, operands.tops
        slope = operands.scratch[0]
        np.multiply(y, y, out=slope)
        np.subtract(1, slope, out=slope)
        np.multiply(dy, slope, out=dx)
