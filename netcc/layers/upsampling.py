"""Upsample: planes made larger, by repeating pixels or by putting them where a pooling layer found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "upsample_param"
_SEGNET_SCALE = 2


@register("Upsample")
@dataclass(frozen=True)
class Upsample(Layer):
    """One bottom: every pixel becomes a block of scale x scale (default 1). Two bottoms: pixels go to given places.

    Bottom (N, C, H, W), top (N, C, scale H, scale W); the gradient of a pixel is the sum over its block. With a mask of
    the bottom's shape, which holds positions in the plane of the top (the second top of a MAX Pooling), top pixels are
    the bottom's at their positions, 0 elsewhere; of two at one position the later stays, while both get its gradient.
    The size then is `upsample_h` and `upsample_w`, whatever else is given, or `scale_h` and `scale_w` times the
    bottom's, or `scale` (default 2), where `pad_out_h` and `pad_out_w` take one off. The gradient of the mask is 0.
    Behaves as src/caffe/layers/upsample_layer.cpp of eric612/MobileNet-YOLO with one bottom, of
    alexgkendall/caffe-segnet with two. Badrinarayanan et al., SegNet (2017).
    """

    fork = "SegNet (alexgkendall/caffe-segnet), MobileNet-YOLO (eric612/MobileNet-YOLO)"
    example = "upsample_param { scale: 2 }"

    bottoms: ClassVar[Count] = Count(1, 2)

    scale: tuple[int, int]
    size: tuple[int, int] | None
    pad_out: tuple[bool, bool]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.upsample_param
        masked = len(message.bottom) > 1
        if not masked:
            return cls(_one_scale(fields.scale), None, (False, False))
        size = _pair(fields, "upsample_h", "upsample_w")
        scale = _pair(fields, "scale_h", "scale_w")
        if fields.HasField("scale") and scale and not size:
            raise LayerError("scale excludes scale_h and scale_w", field=(_MESSAGE, "scale"))
        if scale is None:
            scale = _one_scale(fields.scale if fields.HasField("scale") else _SEGNET_SCALE)
        pad_out = (fields.pad_out_h, fields.pad_out_w)
        for name, cut, factor in zip(("pad_out_h", "pad_out_w"), pad_out, scale, strict=True):
            if cut and factor != _SEGNET_SCALE:
                raise LayerError(f"{name} goes with scale {_SEGNET_SCALE} only", field=(_MESSAGE, name))
        return cls(scale, size, pad_out)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        bottom = bottoms[0]
        if len(bottom) != 4:
            raise ShapeError(f"Upsample needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        height, width = (
            size * scale - cut for size, scale, cut in zip(bottom[2:], self.scale, self.pad_out, strict=True)
        )
        size = (height, width) if self.size is None else self.size
        if len(bottoms) == 1:
            return Signature(tops=((*bottom[:2], *size),))
        if bottoms[1] != bottom:
            raise ShapeError(
                f"the mask must have the shape of bottom 0, {format_shape(bottom)}, not {format_shape(bottoms[1])}"
            )
        return Signature(tops=((*bottom[:2], *size),), saved=(Buffer(bottom, "index"),))

    def forward(self, operands: Operands) -> None:
        (top,) = operands.tops
        if len(operands.bottoms) == 1:
            np.copyto(self._blocks(top), operands.bottoms[0][:, :, :, None, :, None])
            return
        (places,) = operands.saved
        self._read_mask(operands.bottoms[1], places, top)
        top.fill(0)
        top.reshape(-1)[places] = operands.bottoms[0]

    def backward(self, operands: Operands) -> None:
        bottom_diff, (top_diff,) = operands.bottom_diffs[0], operands.top_diffs
        if len(operands.bottom_diffs) > 1 and operands.bottom_diffs[1] is not None:
            operands.bottom_diffs[1].fill(0)
        if bottom_diff is None:
            return
        if operands.saved:
            np.take(top_diff, operands.saved[0], out=bottom_diff, mode="clip")
        else:
            np.sum(self._blocks(top_diff), axis=(3, 5), out=bottom_diff)

    def _blocks(self, top: Array) -> Array:
        items, channels, height, width = top.shape
        rows, columns = self.scale
        return top.reshape(items, channels, height // rows, rows, width // columns, columns)

    def _read_mask(self, mask: Array, places: Array, top: Array) -> None:
        """Positions in each plane as positions in the whole top."""
        size = count(top.shape[2:])
        positions = np.rint(mask)
        outside = ~((positions >= 0) & (positions < size))  # so that NaN is outside
        if outside.any():
            raise LayerError(
                f"the mask holds position {mask[outside][0]:g}, but planes of {format_shape(top.shape[2:])} have "
                f"{size} pixels",
                notes=["upsample_h and upsample_w should be the size of the bottom of the pooling layer"],
            )
        np.copyto(places, positions, casting="unsafe")
        places += (np.arange(count(top.shape[:2])) * size).reshape(*top.shape[:2], 1, 1)


def _one_scale(scale: int) -> tuple[int, int]:
    if scale < 1:
        raise LayerError("scale must be at least 1", field=(_MESSAGE, "scale"))
    return scale, scale


def _pair(fields: caffe_pb2.UpsampleParameter, height: str, width: str) -> tuple[int, int] | None:
    """Both fields or neither, each above 1."""
    if not (fields.HasField(height) or fields.HasField(width)):
        return None
    values = getattr(fields, height), getattr(fields, width)
    if min(values) <= 1:
        raise LayerError(f"{height} and {width} go together, each above 1", field=(_MESSAGE, height))
    return values
