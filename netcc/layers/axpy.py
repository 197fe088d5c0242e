"""Axpy: a scaled feature map added to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Count, Layer, Needs, Operands, Signature, pass_on
from netcc.layers.channels import row_products
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape


@register("Axpy")
@dataclass(frozen=True)
class Axpy(Layer):
    """y = a * x + b with one number of a for each channel of each image.

    Bottoms: a (N, C) or (N, C, 1, 1), x (N, C, ...), b (as x).
    Fork: hujie-frank/SENet, src/caffe/layers/axpy_layer.cpp. Hu et al., Squeeze-and-Excitation Networks (2018).
    """

    fork = "SENet (hujie-frank/SENet)"

    bottoms = Count(3, 3)
    any_layout = True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scale, x, added = bottoms
        if scale[:2] != x[:2] or len(scale) < 2 or count(scale[2:]) != 1:
            raise ShapeError(
                f"bottom 0 of Axpy ({format_shape(scale)}) must have one number for each channel of each image of "
                f"bottom 1 ({format_shape(x)})"
            )
        if added != x:
            raise ShapeError(
                f"bottoms 1 and 2 of Axpy must be of one shape, not {format_shape(x)} and {format_shape(added)}"
            )
        return Signature(tops=(x,), macs=count(x))

    def batchwise(self) -> bool:
        return True

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        scale, x, added = operands.bottoms
        y = operands.tops[0]
        np.multiply(_planes(x), scale.reshape(*x.shape[:2], 1), out=_planes(y))
        y += added

    def backward(self, operands: Operands) -> None:
        scale, x, _ = operands.bottoms
        dy = _planes(operands.top_diffs[0])
        scale_diff, x_diff, added_diff = operands.bottom_diffs
        if scale_diff is not None:
            np.copyto(scale_diff, row_products(dy, _planes(x)).reshape(scale_diff.shape))
        if x_diff is not None:
            np.multiply(dy, scale.reshape(*x.shape[:2], 1), out=_planes(x_diff))
        if added_diff is not None:
            pass_on(operands.top_diffs[0], added_diff)


def _planes(array: Array) -> Array:
    """(N, C, ...) as (N, C, numbers of a plane)."""
    return array.reshape(*array.shape[:2], -1)
