"""PReLU: a rectifier whose negative slopes are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, ParameterSpec, Signature, same_shape
from netcc.layers.channels import channel_products, channel_view, spread
from netcc.layers.default_filler import constant_unless_given
from netcc.layers.masks import choose, negative_part, positive_part
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, format_shape


@register("PReLU")
@dataclass(frozen=True)
class PReLU(Layer):
    """y = x for x > 0, else slope * x; one slope for each channel of axis 1, or one for all with channel_shared.

    Slopes have shape (C), or () where shared, and begin at 0.25. Behaves as src/caffe/layers/prelu_layer.cpp.
    He et al., Delving Deep into Rectifiers (2015).
    """

    in_place = True
    any_layout = True

    channel_shared: bool
    filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.prelu_param
        return cls(fields.channel_shared, constant_unless_given(fields, "filler", 0.25))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"PReLU needs a bottom of 2 axes or more (N x C ...), not {format_shape(bottom)}")
        slopes = () if self.channel_shared else (bottom[1],)
        return same_shape(
            bottoms,
            parameters=(ParameterSpec("slope", slopes, self.filler),),
            scratch=(Buffer(bottom), Buffer(bottom, "bool")),
        )

    def batchwise(self) -> bool:
        return True

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (x,), (y,), negative = operands.bottoms, operands.tops, operands.scratch[0]
        negative_part(x, negative)
        negative *= spread(operands.parameters[0], x.ndim)
        positive_part(x, y)
        y += negative

    def backward(self, operands: Operands) -> None:
        (x,), (dy,), (dx,), (slope_diff,) = (
            operands.bottoms,
            operands.top_diffs,
            operands.bottom_diffs,
            operands.parameter_diffs,
        )
        negative, mask = operands.scratch
        if slope_diff is not None:
            negative_part(x, negative)
            products = channel_products(channel_view(dy), channel_view(negative))
            slope_diff[...] = products.sum() if self.channel_shared else products
        if dx is not None:
            np.greater(x, 0, out=mask)
            np.logical_not(mask, out=mask)
            np.multiply(dy, spread(operands.parameters[0], x.ndim), out=negative)
            choose(mask, negative, dy, dx, scratch=negative)
