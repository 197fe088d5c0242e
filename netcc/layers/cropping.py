"""Layers that cut away or add a rim: Crop, CropCenter, Padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Count, Layer, Operands, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, format_shape

Part = tuple[slice, ...]


@register("Crop")
@dataclass(frozen=True)
class Crop(Layer):
    """The part of bottom 0 that has the size of bottom 1 on every axis from `axis` (default 2) on.

    It starts at `offset`: none is 0 on every axis (not the centre), one value serves all axes, else there is one for
    each. Bottom 1 gives its shape only; its gradient is 0. Behaves as src/caffe/layers/crop_layer.cpp.
    """

    example = "crop_param { axis: 2 offset: 5 }"

    bottoms: ClassVar[Count] = Count(2, 2)
    any_layout = True

    axis: int
    offsets: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.crop_param.axis, tuple(message.crop_param.offset))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        whole, like = bottoms
        axis = canonical_axis(self.axis, len(whole), ("crop_param", "axis"))
        if len(self.offsets) > 1 and len(self.offsets) != len(whole) - axis:
            raise ShapeError(
                f"{len(self.offsets)} offsets for the {len(whole) - axis} axes from axis {axis} on: "
                "give one for each, one for all, or none",
                field=("crop_param", "offset"),
            )
        if len(like) < len(whole):
            raise ShapeError(f"bottom 1 ({format_shape(like)}) has fewer axes than bottom 0 ({format_shape(whole)})")
        for place in range(axis, len(whole)):
            offset = self._offset(place - axis)
            if offset + like[place] > whole[place]:
                raise ShapeError(
                    f"on axis {place} a part of {like[place]} at offset {offset} does not fit into {whole[place]}",
                    field=("crop_param", "offset") if self.offsets else (),
                )
        return Signature(tops=((*whole[:axis], *like[axis : len(whole)]),))

    def forward(self, operands: Operands) -> None:
        (top,) = operands.tops
        np.copyto(top, operands.bottoms[0][self._part(top.shape)])

    def backward(self, operands: Operands) -> None:
        whole, like = operands.bottom_diffs
        if whole is not None:
            whole.fill(0)
            whole[self._part(operands.top_diffs[0].shape)] = operands.top_diffs[0]
        if like is not None:
            like.fill(0)

    def _offset(self, index: int) -> int:
        if not self.offsets:
            return 0
        return self.offsets[0] if len(self.offsets) == 1 else self.offsets[index]

    def _part(self, top: Shape) -> Part:
        axis = self.axis % len(top)
        starts = [self._offset(place) for place in range(len(top) - axis)]
        kept = [slice(start, start + size) for start, size in zip(starts, top[axis:], strict=True)]
        return (*[slice(None)] * axis, *kept)


@register("CropCenter")
@dataclass(frozen=True)
class CropCenter(Layer):
    """Cuts crop_size[i] numbers from both ends of axis i.

    Behaves as src/caffe/layers/crop_center_layer.cpp of lltcggie/caffe (waifu2x).
    """

    fork = "waifu2x (lltcggie/caffe)"
    any_layout = True
    example = "crop_center_param { crop_size: [0, 0, 7, 7] }"

    sizes: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(tuple(message.crop_center_param.crop_size))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(self.sizes) != len(bottom):
            raise ShapeError(
                f"crop_size is given {len(self.sizes)} times for a bottom of {len(bottom)} axes",
                field=("crop_center_param", "crop_size"),
            )
        top = tuple(size - 2 * cut for size, cut in zip(bottom, self.sizes, strict=True))
        if min(top, default=1) < 1:
            raise ShapeError(
                f"cutting {format_shape(self.sizes)} from both ends of {format_shape(bottom)} leaves nothing",
                field=("crop_center_param", "crop_size"),
            )
        return Signature(tops=(top,))

    def forward(self, operands: Operands) -> None:
        np.copyto(operands.tops[0], operands.bottoms[0][self._part(operands.tops[0].shape)])

    def backward(self, operands: Operands) -> None:
        (bottom_diff,), (top_diff,) = operands.bottom_diffs, operands.top_diffs
        if bottom_diff is not None:
            bottom_diff.fill(0)
            bottom_diff[self._part(top_diff.shape)] = top_diff

    def _part(self, top: Shape) -> Part:
        return tuple(slice(cut, cut + size) for cut, size in zip(self.sizes, top, strict=True))


@register("Padding")
@dataclass(frozen=True)
class Padding(Layer):
    """Adds rows above and below and columns left and right, all of `pad_value`.

    Bottom (..., H, W), top (..., top + H + bottom, left + W + right). The rim is spelt `pad_t`, `pad_b`, `pad_l`,
    `pad_r`, or `pad` for all sides, or `pad_h` and `pad_w`, or `pad_h_top`, `pad_h_bottom`, `pad_w_left` and
    `pad_w_right`; of these the first that is not 0 counts. `pad_to_power_of_2` then adds what lacks to the next power
    of 2, half on each side, an odd one at the end. Behaves as padding_layer.cpp of sophgo/caffe and gpapan/caffe.
    """

    fork = "sophgo/caffe, gpapan/caffe"
    any_layout = True
    example = "padding_param { pad_l: 1 pad_r: 1 pad_t: 1 pad_b: 1 }"

    top: int
    bottom: int
    left: int
    right: int
    value: float
    to_power_of_2: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.padding_param
        sides = (
            fields.pad_t or fields.pad or fields.pad_h or fields.pad_h_top,
            fields.pad_b or fields.pad or fields.pad_h or fields.pad_h_bottom,
            fields.pad_l or fields.pad or fields.pad_w or fields.pad_w_left,
            fields.pad_r or fields.pad or fields.pad_w or fields.pad_w_right,
        )
        return cls(*sides, fields.pad_value, fields.pad_to_power_of_2)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"Padding needs a bottom with rows and columns, not {format_shape(bottom)}")
        rows, columns = self._rims(bottom)
        return Signature(tops=((*bottom[:-2], sum(rows) + bottom[-2], sum(columns) + bottom[-1]),))

    def forward(self, operands: Operands) -> None:
        (bottom,), (top,) = operands.bottoms, operands.tops
        top.fill(self.value)
        top[self._inside(bottom.shape)] = bottom

    def backward(self, operands: Operands) -> None:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is not None:
            np.copyto(bottom_diff, operands.top_diffs[0][self._inside(bottom_diff.shape)])

    def _rims(self, bottom: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows above and below, columns left and right."""
        height, width = bottom[-2:]
        return self._rim(height, self.top, self.bottom), self._rim(width, self.left, self.right)

    def _rim(self, size: int, before: int, after: int) -> tuple[int, int]:
        if not self.to_power_of_2:
            return before, after
        size += before + after
        lacking = (1 << (size - 1).bit_length()) - size if size else 0
        return before + lacking // 2, after + lacking - lacking // 2

    def _inside(self, bottom: Shape) -> Part:
        (above, _), (left, _) = self._rims(bottom)
        before = (slice(None),) * (len(bottom) - 2)
        return (*before, slice(above, above + bottom[-2]), slice(left, left + bottom[-1]))
