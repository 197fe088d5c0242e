"""Mean and variance normalization of each image by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature
from netcc.layers.channels import piece_length, pieces, row_products
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape


@register("MVN")
@dataclass(frozen=True)
class MVN(Layer):
    """y = (x - mean) / (deviation + eps) over each channel of each image, or over each image with across_channels.

    Without normalize_variance only the mean is taken off. Bottom of 1 to 4 axes; top (N, C, H, W), absent axes being 1.
    Behaves as src/caffe/layers/mvn_layer.cpp, whose gradient takes the deviation for deviation + eps.
    """

    in_place = True

    across_channels: bool
    normalize_variance: bool
    eps: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.mvn_param
        return cls(fields.across_channels, fields.normalize_variance, fields.eps)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if not 1 <= len(bottom) <= 4:
            raise ShapeError(f"MVN needs a bottom of 1 to 4 axes (N x C x H x W), not {format_shape(bottom)}")
        top = (*bottom, *(1,) * (4 - len(bottom)))
        groups, numbers = self._split(top)
        return Signature(
            tops=(top,),
            saved=(Buffer((groups, 1)),),
            scratch=(Buffer((piece_length(groups, numbers), numbers)),),
        )

    def batchwise(self) -> bool:
        return True

    def needs(self) -> Needs:
        return Needs(tops=(0,) if self.normalize_variance else ())

    def forward(self, operands: Operands) -> None:
        x, y = self._rows(operands.bottoms[0], operands), self._rows(operands.tops[0], operands)
        np.subtract(x, x.mean(axis=1, keepdims=True), out=y)
        if self.normalize_variance:
            (deviation,) = operands.saved
            np.divide(row_products(y, y)[:, None], y.shape[1], out=deviation)
            np.sqrt(deviation, out=deviation)
            deviation += self.eps
            y /= deviation

    def backward(self, operands: Operands) -> None:
        """dx = (dy - mean(dy) - y * mean(dy * y)) / (deviation + eps), or dy - mean(dy)."""
        if operands.bottom_diffs[0] is None:
            return
        dy, dx = self._rows(operands.top_diffs[0], operands), self._rows(operands.bottom_diffs[0], operands)
        mean = dy.mean(axis=1, keepdims=True)
        if not self.normalize_variance:
            np.subtract(dy, mean, out=dx)
            return
        y = self._rows(operands.tops[0], operands)
        slope = row_products(dy, y)[:, None] / y.shape[1]
        for piece in pieces(*y.shape):
            part = operands.scratch[0][: len(y[piece])]
            np.multiply(y[piece], slope[piece], out=part)
            part += mean[piece]
            np.subtract(dy[piece], part, out=dx[piece])
            dx[piece] /= operands.saved[0][piece]

    def _split(self, top: Shape) -> tuple[int, int]:
        """Groups that are normalized together, and numbers in each."""
        axes = 1 if self.across_channels else 2
        return count(top[:axes]), count(top[axes:])

    def _rows(self, array: Array, operands: Operands) -> Array:
        """`array`, of whatever shape, as (groups, numbers)."""
        return array.reshape(self._split(operands.tops[0].shape))
