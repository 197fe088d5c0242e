"""Reduction: all axes from one on become a single number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count

_Operation = caffe_pb2.ReductionParameter


@register("Reduction")
@dataclass(frozen=True)
class Reduction(Layer):
    """coeff times the SUM, ASUM (of absolute values), SUMSQ (of squares) or MEAN over all axes from `axis` on.

    Bottom (d0, ..., dn), top (d0, ..., d[axis - 1]): the tail of the axes goes, never a middle one. The gradient of
    ASUM at 0 is 0. Behaves as src/caffe/layers/reduction_layer.cpp.
    """

    example = "reduction_param { operation: SUM axis: 1 }"

    operation: int
    axis: int
    coefficient: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.reduction_param
        if fields.operation not in (_Operation.SUM, _Operation.ASUM, _Operation.SUMSQ, _Operation.MEAN):
            raise LayerError(
                f"Reduction has no operation {_Operation.ReductionOp.Name(fields.operation)}",
                field=("reduction_param", "operation"),
                notes=["SUM, ASUM, SUMSQ, MEAN"],
            )
        return cls(fields.operation, fields.axis, fields.coeff)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), ("reduction_param", "axis"))
        return Signature((bottom[:axis],), scratch=(Buffer(bottom),) if self._nonlinear else ())

    def needs(self) -> Needs:
        return Needs(bottoms=(0,)) if self._nonlinear else Needs()

    def forward(self, operands: Operands) -> None:
        (bottom,), (top,) = operands.bottoms, operands.tops
        parts = bottom
        if self._nonlinear:
            (parts,) = operands.scratch
            if self.operation == _Operation.ASUM:
                np.absolute(bottom, out=parts)
            else:
                np.multiply(bottom, bottom, out=parts)
        sums = top.reshape(-1)
        np.sum(self._rows(parts), axis=1, out=sums)
        sums *= self._scale(bottom.shape)

    def backward(self, operands: Operands) -> None:
        (bottom_diff,), (top_diff,) = operands.bottom_diffs, operands.top_diffs
        if bottom_diff is None:
            return
        scale = self._scale(bottom_diff.shape)
        if not self._nonlinear:
            np.multiply(top_diff.reshape(-1, 1), scale, out=self._rows(bottom_diff))
            return
        (slope,), (bottom,) = operands.scratch, operands.bottoms
        if self.operation == _Operation.ASUM:
            np.sign(bottom, out=slope)
            slope *= scale
        else:
            np.multiply(bottom, 2 * scale, out=slope)
        np.multiply(top_diff.reshape(-1, 1), self._rows(slope), out=self._rows(bottom_diff))

    @property
    def _nonlinear(self) -> bool:
        return self.operation in (_Operation.ASUM, _Operation.SUMSQ)

    def _scale(self, bottom: Shape) -> float:
        if self.operation != _Operation.MEAN:
            return self.coefficient
        size = count(bottom[self.axis % len(bottom) :])
        return self.coefficient / size if size else float("nan")

    def _rows(self, array: Array) -> Array:
        """One row for each number of the top."""
        axis = self.axis % array.ndim
        return array.reshape(count(array.shape[:axis]), count(array.shape[axis:]))
