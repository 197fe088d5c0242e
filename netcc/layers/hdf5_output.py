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
    """Two bottoms, data and labels with the same number of items, for the datasets of `file_name`. No top, no gradient.

    The shape rule is that of src/caffe/layers/hdf5_output_layer.cpp; a forward pass is refused, as netcc does not write
    the file.
    """

    example = 'hdf5_output_param { file_name: "features.h5" }'

    bottoms: ClassVar[Count] = Count(2, 2)
    tops: ClassVar[Count] = Count(0, 0)
    differentiable: ClassVar[bool] = False

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
        return Signature(tops=())

    def gradient_allowed(self, bottom: int) -> bool:
        return False

    def forward(self, operands: Operands) -> None:
        raise LayerError(
            f"netcc does not write {self.file_name!r}: HDF5Output layers have no forward pass",
            field=_FIELD,
            notes=["read the blobs after the pass, or leave the layer out"],
        )
