"""HDF5Output: the end of a net that keeps what reaches it in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, format_shape

_FIELD = ("hdf5_output_param", "file_name")


@register("HDF5Output")
@dataclass(frozen=True)
class HDF5Output(Layer):
    """Writes two bottoms, data and labels with the same number of items, to the datasets `data` and `label` of the file
    `file_name`. No top, no gradient.

    The file has four axes for each and appears when the net is closed; rows of later passes follow those of the first.
    Behaves as src/caffe/layers/hdf5_output_layer.cpp, which takes one pass only.
    """

    example = 'hdf5_output_param { file_name: "features.h5" }'

    bottoms: ClassVar[Count] = Count(2, 2)
    tops: ClassVar[Count] = Count(0, 0)
    differentiable: ClassVar[bool] = False
    has_writer: ClassVar[bool] = True

    file_name: str

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        if not message.hdf5_output_param.file_name:
            raise LayerError("HDF5Output needs a file_name", field=_FIELD)
        return cls(message.hdf5_output_param.file_name)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        data, labels = bottoms
        if not data or data[:1] != labels[:1]:
            raise ShapeError(
                f"data and labels must have one item each for the other, not {format_shape(data)} and "
                f"{format_shape(labels)}"
            )
        if max(len(data), len(labels)) > 4:
            raise ShapeError(f"HDF5Output takes at most 4 axes, not {max(len(data), len(labels))}")
        return Signature(tops=())

    def gradient_allowed(self, bottom: int) -> bool:
        return False

    def forward(self, operands: Operands) -> None:
        if operands.writer is None:
            raise LayerError("a forward pass through HDF5Output layers needs a net that writes files", field=_FIELD)
        operands.writer.write(operands.bottoms)
