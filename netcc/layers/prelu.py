"""PReLU: a rectifier whose negative slopes are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, ParameterSpec, Signature, same_shape
from netcc.layers.channels import channel_products, channel_view
from netcc.layers.default_filler import constant_unless_given
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
        x, y = channel_view(operands.bottoms[0]), channel_view(operands.tops[0])
        negative = operands.scratch[0].reshape(x.shape)
        np.minimum(x, 0, out=negative)
        negative *= operands.parameters[0].reshape(-1, 1)
        np.maximum(x, 0, out=y)
        y += negative

    def backward(self, operands: Operands) -> None:
        x, dy = channel_view(operands.bottoms[0]), channel_view(operands.top_diffs[0])
        negative, positive = (buffer.reshape(x.shape) for buffer in operands.scratch)
        slope_diff = operands.parameter_diffs[0]
        if slope_diff is not None:
            np.minimum(x, 0, out=negative)
            products = channel_products(dy, negative)
            slope_diff[...] = products.sum() if self.channel_shared else products
        if operands.bottom_diffs[0] is not None:
            dx = channel_view(operands.bottom_diffs[0])
            np.greater(x, 0, out=positive)
            np.multiply(dy, operands.parameters[0].reshape(-1, 1), out=dx)
            np.copyto(dx, dy, where=positive)
