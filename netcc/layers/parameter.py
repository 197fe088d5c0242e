"""Parameter: a learnt blob as a top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Count, Layer, Operands, ParameterSpec, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, format_shape


@register("Parameter")
@dataclass(frozen=True)
class Parameter(Layer):
    """A learnt blob of `shape`, to be read by other layers as their bottom. No bottom; top (*shape).

    It begins as 0, or as `blob_filler` says (a field of forks). Behaves as include/caffe/layers/parameter_layer.hpp.
    """

    example = "parameter_param { shape { dim: 10 dim: 4 } }"

    bottoms: ClassVar[Count] = Count(0, 0)

    shape: Shape
    filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.parameter_param
        shape = tuple(fields.shape.dim)
        if min(shape, default=1) < 0:
            raise LayerError(f"{format_shape(shape)} is no shape", field=("parameter_param", "shape"))
        return cls(shape, fields.blob_filler)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=(self.shape,), parameters=(ParameterSpec("blob", self.shape, self.filler),))

    def forward(self, operands: Operands) -> None:
        np.copyto(operands.tops[0], operands.parameters[0])

    def backward(self, operands: Operands) -> None:
        if operands.parameter_diffs[0] is not None:
            np.copyto(operands.parameter_diffs[0], operands.top_diffs[0])
