"""Data layers whose batches come from files: HDF5Data, ImageData, WindowData. Their readers live in netcc.data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import LayerError
from netcc.layers.base import Count, Operands, Signature, SourceLayer
from netcc.layers.outside_data import measure_batch, positive_batch, read_batch, settled
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@register("HDF5Data")
@dataclass(frozen=True)
class HDF5Data(SourceLayer):
    """Batches of rows from HDF5 files: each top is the dataset of its name.

    Tops (batch_size, ...), where the rest is that of the dataset. `transform_param` is refused.
    Behaves as src/caffe/layers/hdf5_data_layer.cpp.
    """

    example = 'hdf5_data_param { source: "train_files.txt" batch_size: 64 }'

    tops: ClassVar[Count] = Count(1, None)
    has_reader: ClassVar[bool] = True

    names: tuple[str, ...]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        positive_batch(message.hdf5_data_param.batch_size, "HDF5Data", ("hdf5_data_param",))
        if message.HasField("transform_param"):
            raise LayerError("HDF5Data does not transform its data", field=("transform_param",))
        return cls(tuple(message.top))

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        return Signature(tops=settled(given, self.names, ("hdf5_data_param", "source")))

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)


@register("ImageData")
@dataclass(frozen=True)
class ImageData(SourceLayer):
    """Batches of image files: data (batch_size, 3 or 1, H, W) and labels (batch_size), or (batch_size, label_count) if
    that is more than 1.

    H x W is the crop of transform_param, else `new_height` x `new_width`, else that of the first image of the batch.
    `source` is a list with a line for each image, or a folder that has a folder for each class.
    Behaves as src/caffe/layers/image_data_layer.cpp; label_count, folders and short_side are additions.
    """

    example = 'image_data_param { source: "images.txt" batch_size: 64 new_height: 256 new_width: 256 }'

    tops: ClassVar[Count] = Count(2, 2)
    has_reader: ClassVar[bool] = True
    dynamic: ClassVar[bool] = True

    names: tuple[str, ...]
    batch_size: int
    channels: int
    size: Shape | None
    """Height and width, where the fields tell them."""
    label_count: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, transform = message.image_data_param, message.transform_param
        batch_size = positive_batch(fields.batch_size, "ImageData", ("image_data_param",))
        size = new_size(fields.new_height, fields.new_width, "image_data_param")
        crop = (transform.crop_h or transform.crop_size, transform.crop_w or transform.crop_size)
        channels = 3 if fields.is_color else 1
        return cls(tuple(message.top), batch_size, channels, crop if all(crop) else size, fields.label_count)

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        own = None if self.size is None else (self.batch_size, self.channels, *self.size)
        data, labels = given[0] or own, given[1]
        if labels is None and data is not None:
            labels = (*data[:1], *((self.label_count,) if self.label_count > 1 else ()))
        return Signature(tops=settled((data, labels), self.names, ("image_data_param", "source")))

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        return measure_batch(operands)

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)


def new_size(height: int, width: int, message: str) -> Shape | None:
    """`new_height` and `new_width` of `message`: None if both are 0; raises LayerError if one is."""
    if (height > 0) != (width > 0):
        name = "new_width" if height else "new_height"
        raise LayerError("new_height and new_width go together", field=(message, name))
    return (height, width) if height else None


@register("WindowData")
@dataclass(frozen=True)
class WindowData(SourceLayer):
    """Batches of windows cut from images, background before foreground: data (batch_size, 3, crop_size, crop_size) and
    labels (batch_size).

    `crop_size` is that of transform_param. Behaves as src/caffe/layers/window_data_layer.cpp. Girshick et al., Rich
    Feature Hierarchies (2014).
    """

    example = 'window_data_param { source: "windows.txt" batch_size: 64 crop_size: 227 }'

    tops: ClassVar[Count] = Count(2, 2)
    has_reader: ClassVar[bool] = True

    batch_size: int
    crop_size: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        crop = message.transform_param.crop_size or message.window_data_param.crop_size
        if crop == 0:
            raise LayerError("WindowData needs a positive crop_size", field=("transform_param", "crop_size"))
        batch_size = positive_batch(message.window_data_param.batch_size, "WindowData", ("window_data_param",))
        return cls(batch_size, crop)

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        data = given[0] or (self.batch_size, 3, self.crop_size, self.crop_size)
        return Signature(tops=(data, given[1] or data[:1]))

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)
