"""Interp: planes of another size, by bilinear interpolation with aligned corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@register("Interp")
@dataclass(frozen=True)
class Interp(Layer):
    """Bilinear interpolation; the corner pixels of bottom and top lie on each other.

    Bottom (N, C, H, W), of which `pad_beg` and `pad_end` (0 or less) first cut a rim; top (N, C, h, w). The size is
    (H - 1) / shrink_factor + 1, or H + (H - 1) (zoom_factor - 1), or `height` and `width`, or first shrunk, then
    zoomed; with `use_blob_size` it is that of a second bottom, whose numbers do not matter. It is linear: y = rows x
    columns^T. Behaves as src/caffe/layers/interp_layer.cpp and src/caffe/util/interp.cpp of DeepLab and hszhao/PSPNet.
    """

    fork = "PSPNet (hszhao/PSPNet)"
    example = "interp_param { height: 65 width: 65 }"
    bottoms: ClassVar[Count] = Count(1, 2)

    shrink: int | None
    zoom: int | None
    size: tuple[int, int] | None
    pad_beg: int
    pad_end: int
    follows: bool = False

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.interp_param
        for name in ("pad_beg", "pad_end"):
            if getattr(fields, name) > 0:
                raise LayerError(f"{name} must not be positive: it cuts, it does not pad", field=("interp_param", name))
        for name in ("shrink_factor", "zoom_factor", "height", "width"):
            if fields.HasField(name) and getattr(fields, name) < 1:
                raise LayerError(f"{name} must be at least 1", field=("interp_param", name))
        shrink = fields.shrink_factor if fields.HasField("shrink_factor") else None
        zoom = fields.zoom_factor if fields.HasField("zoom_factor") else None
        whole = fields.HasField("height") and fields.HasField("width")
        follows = fields.use_blob_size
        if follows != (len(message.bottom) == 2):
            raise LayerError("Interp takes a second bottom where use_blob_size is true", field=("bottom",))
        if shrink is None and zoom is None and not whole and not follows:
            raise LayerError(
                "Interp needs a size",
                field=("interp_param",),
                notes=["shrink_factor, zoom_factor, or height and width"],
            )
        size = (fields.height, fields.width) if whole else None
        return cls(shrink, zoom, size, fields.pad_beg, fields.pad_end, follows)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        bottom = bottoms[0]
        for shape in bottoms:
            if len(shape) != 4:
                raise ShapeError(f"Interp needs a bottom of 4 axes (N x C x H x W), not {format_shape(shape)}")
        height, width = (size + self.pad_beg + self.pad_end for size in bottom[2:])
        if min(height, width) < 1:
            raise ShapeError(f"nothing is left of {format_shape(bottom)}", field=("interp_param", "pad_beg"))
        size = bottoms[1][2:] if self.follows else self._resized(height, width)
        return Signature(
            tops=((*bottom[:2], *size),),
            scratch=(Buffer((bottom[0] * bottom[1], size[0], width)),),
        )

    def forward(self, operands: Operands) -> None:
        x, y = self._planes(operands.bottoms[0]), _flat(operands.tops[0])
        rows, columns = (weights(x.shape[i], y.shape[i], y.dtype) for i in (1, 2))
        (tall,) = operands.scratch
        np.matmul(rows, x, out=tall)
        np.matmul(tall, columns.T, out=y)

    def backward(self, operands: Operands) -> None:
        (bottom_diff, *others), (top_diff,), (tall,) = operands.bottom_diffs, operands.top_diffs, operands.scratch
        for other in others:
            if other is not None:
                other.fill(0)
        if bottom_diff is None:
            return
        if self.pad_beg or self.pad_end:
            bottom_diff.fill(0)
        dx, dy = self._planes(bottom_diff), _flat(top_diff)
        rows, columns = (weights(dx.shape[i], dy.shape[i], dy.dtype) for i in (1, 2))
        np.matmul(dy, columns, out=tall)
        np.matmul(rows.T, tall, out=dx)

    def _resized(self, height: int, width: int) -> tuple[int, int]:
        if self.size is not None and (self.shrink is None) == (self.zoom is None):
            return self.size
        return self._factored(height), self._factored(width)

    def _factored(self, size: int) -> int:
        if self.shrink is not None:
            size = (size - 1) // self.shrink + 1
        if self.zoom is not None:
            size += (size - 1) * (self.zoom - 1)
        return size

    def _planes(self, bottom: Array) -> Array:
        """(planes, rows, columns) without the rim; a view."""
        height, width = bottom.shape[2:]
        first = -self.pad_beg
        return _flat(bottom)[:, first : height + self.pad_end, first : width + self.pad_end]


def _flat(array: Array) -> Array:
    """Images and channels joined: (planes, rows, columns)."""
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


@lru_cache(maxsize=128)
def weights(source: int, target: int, dtype: npt.DTypeLike) -> Array:
    """(target, source): how much of each pixel of a line goes into each pixel of its interpolation.

    The place of a target pixel is worked out in float32, as in Caffe.
    """
    step = np.float32(source - 1) / np.float32(target - 1) if target > 1 else np.float32(0)
    places = step * np.arange(target, dtype=np.float32)
    lower = np.minimum(places.astype(np.int64), source - 1)
    upper = np.minimum(lower + 1, source - 1)
    share = places - lower.astype(np.float32)
    matrix = np.zeros((target, source), dtype)
    lines = np.arange(target)
    np.add.at(matrix, (lines, lower), 1 - share)
    np.add.at(matrix, (lines, upper), share)
    matrix.flags.writeable = False
    return matrix
