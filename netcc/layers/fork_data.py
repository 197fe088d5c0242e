"""Data layers of forks: they parse and have shapes, from their fields or from a flag, but netcc does not read their
data.

VideoData of weiliu89/caffe (branch ssd), DenseImageData of alexgkendall/caffe-segnet, ImageSegData of
DeepLab, and those whose tops are known only from outside.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import LayerError
from netcc.layers.base import Count, Operands, Signature, SourceLayer
from netcc.layers.file_data import new_size
from netcc.layers.outside_data import settled
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@dataclass(frozen=True)
class OutsideData(SourceLayer):
    """Tops whose shapes are given from outside; some follow from the first, or from fields.

    A forward pass needs a source that the caller gives: netcc has no reader for this data.
    """

    tops: ClassVar[Count] = Count(1, None)

    names: tuple[str, ...]

    @abstractmethod
    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        """The shapes of all tops, as far as fields and other tops tell them."""

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        known = self.complete(given)
        return Signature(tops=settled([a or b for a, b in zip(given, known, strict=True)], self.names, ()))

    def forward(self, operands: Operands) -> None:
        if operands.reader is None:
            raise LayerError(
                f"netcc does not read the data of {self.type} layers",
                notes=["give them as `sources`, or put an Input or Data layer with the same tops in its place"],
            )
        operands.reader.read(operands.tops)


@dataclass(frozen=True)
class UnknownData(OutsideData):
    """All tops from outside alone."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(tuple(message.top))

    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        return given


@register("VideoData")
@dataclass(frozen=True)
class VideoData(UnknownData):
    """Frames of a camera or file: data (batch, C, H, W) from outside, and labels (batch).

    The shape rule is that of src/caffe/layers/video_data_layer.cpp of weiliu89/caffe, branch ssd.
    """

    example = 'data_param { batch_size: 1 } video_data_param { video_type: VIDEO video_file: "video.mp4" }'

    fork = "SSD (weiliu89/caffe)"

    tops: ClassVar[Count] = Count(1, 2)

    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        data = given[0]
        return (data, data[:1] if data else None)[: len(given)]


@register("DenseImageData")
@dataclass(frozen=True)
class DenseImageData(OutsideData):
    """Images with a label for every pixel: data (batch_size, 3 or 1, H, W) and labels (batch_size, 1, H, W).

    H x W is crop_height x crop_width, else new_height x new_width, else from outside.
    The shape rule is that of src/caffe/layers/dense_image_data_layer.cpp of alexgkendall/caffe-segnet.
    """

    example = 'dense_image_data_param { source: "train.txt" batch_size: 4 shuffle: true }'

    fork = "SegNet (alexgkendall/caffe-segnet)"

    tops: ClassVar[Count] = Count(2, 2)

    data: Shape | None

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.dense_image_data_param
        size = new_size(fields.new_height, fields.new_width, "dense_image_data_param")
        if fields.crop_height and fields.crop_width:
            size = (fields.crop_height, fields.crop_width)
        known = size is not None and fields.batch_size > 0
        return cls(
            tuple(message.top), (fields.batch_size, 3 if fields.is_color else 1, *(size or ())) if known else None
        )

    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        data = given[0] or self.data
        return data, (data[0], 1, *data[2:]) if data else None


@register("ImageSegData")
@dataclass(frozen=True)
class ImageSegData(OutsideData):
    """Images with label images: data (batch_size, 3 or 1, H, W), labels (batch_size, 1, H, W), sizes (batch_size, 1,
    1, 2).

    H x W is `crop_size` (or `crop_height` x `crop_width`) of transform_param, else from outside.
    The shape rule is that of src/caffe/layers/image_seg_data_layer.cpp of DeepLab.
    """

    example = (
        'image_data_param { source: "train.txt" batch_size: 4 label_type: PIXEL } transform_param { crop_size: 473 }'
    )

    fork = "PSPNet (hszhao/PSPNet)"

    tops: ClassVar[Count] = Count(1, 3)

    data: Shape | None

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, transform = message.image_data_param, message.transform_param
        size = (transform.crop_height or transform.crop_size, transform.crop_width or transform.crop_size)
        known = min(size) > 0 and fields.batch_size > 0
        return cls(tuple(message.top), (fields.batch_size, 3 if fields.is_color else 1, *size) if known else None)

    def complete(self, given: Sequence[Shape | None]) -> Sequence[Shape | None]:
        data = given[0] or self.data
        if data is None:
            return given
        return (data, (data[0], 1, *data[2:]), (data[0], 1, 1, 2))[: len(given)]


@register("SegData")
@dataclass(frozen=True)
class SegData(UnknownData):
    """Images with label images of yjxiong/caffe; shapes from outside."""

    example = 'seg_data_param { source: "images.txt" root_dir: "images" }'

    fork = "yjxiong/caffe"


@register("CustomData")
@dataclass(frozen=True)
class CustomData(UnknownData):
    """Slices of packed records of lmb-freiburg/flownet2 (images, flow); shapes from outside."""

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"


@register("ImgReader")
@dataclass(frozen=True)
class ImgReader(UnknownData):
    """One image file, of lmb-freiburg/flownet2; shape from outside."""

    example = 'reader_param { file: "image.png" }'

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"


@register("FloatReader")
@dataclass(frozen=True)
class FloatReader(UnknownData):
    """One file of float numbers, of lmb-freiburg/flownet2; shape from outside."""

    example = 'reader_param { file: "flow.float3" }'

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"


@register("MultiLabelImageData")
@dataclass(frozen=True)
class MultiLabelImageData(UnknownData):
    """Image files with several labels each, of happynear/caffe-windows; shapes from outside."""

    fork = "caffe-windows (happynear/caffe-windows)"


@register("BoxData")
@dataclass(frozen=True)
class BoxData(UnknownData):
    """Images with boxes, of intel/caffe; shapes from outside."""

    fork = "Intel Caffe (intel/caffe)"


@register("LaneData")
@dataclass(frozen=True)
class LaneData(UnknownData):
    """Images of roads with their lanes, of eric612/MobileNet-YOLO; shapes from outside."""

    fork = "MobileNet-YOLO (eric612/MobileNet-YOLO)"


@register("MILData")
@dataclass(frozen=True)
class MILData(UnknownData):
    """Images at many scales, of happynear/caffe-windows; shapes from outside."""

    fork = "caffe-windows (happynear/caffe-windows)"
    example = 'mil_data_param { source: "train.txt" images_per_batch: 1 n_classes: 20 }'


@register("ImageLabelmapData")
@dataclass(frozen=True)
class ImageLabelmapData(UnknownData):
    """Images with maps of labels, of s9xie/hed; shapes from outside."""

    fork = "HED (s9xie/hed)"
    example = 'image_data_param { source: "train_pair.lst" batch_size: 1 }'

    tops: ClassVar[Count] = Count(2, 2)
