"""Layers that put the same numbers into another order: Permute, Transpose, Flip, ShuffleChannel, Reorg."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@dataclass(frozen=True)
class Permutation(Layer):
    """One bottom, one top with the same numbers: `places` shows the bottom in the order of the top."""

    @abstractmethod
    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        """Views of bottom and top (or of their diffs) of one shape, whose numbers correspond."""

    def forward(self, operands: Operands) -> None:
        source, target = self.places(operands.bottoms[0], operands.tops[0])
        np.copyto(target, source)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            target, source = self.places(operands.bottom_diffs[0], operands.top_diffs[0])
            np.copyto(target, source)


@register("Permute")
@dataclass(frozen=True)
class Permute(Permutation):
    """Axis i of the top is axis order[i] of the bottom; axes that `order` leaves out follow in their old order.

    Behaves as src/caffe/layers/permute_layer.cpp of weiliu89/caffe, branch ssd.
    """

    fork = "SSD (weiliu89/caffe)"
    example = "permute_param { order: [0, 2, 3, 1] }"

    order: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        order = tuple(message.permute_param.order)
        _refuse_repeated(order, ("permute_param", "order"))
        return cls(order)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        _refuse_outside(self.order, len(bottom), ("permute_param", "order"))
        return Signature(tops=(tuple(bottom[axis] for axis in self._whole(len(bottom))),))

    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        return bottom.transpose(self._whole(bottom.ndim)), top

    def _whole(self, rank: int) -> Shape:
        return (*self.order, *(axis for axis in range(rank) if axis not in self.order))


@register("Transpose")
@dataclass(frozen=True)
class Transpose(Permutation):
    """Axis i of the top is axis dim[i] of the bottom; every axis is named once.

    Behaves as src/caffe/layers/transpose_layer.cpp of senlinuc/caffe_ocr and tianzhi0549/caffe.
    """

    fork = "caffe_ocr (senlinuc/caffe_ocr)"
    example = "transpose_param { dim: [0, 2, 3, 1] }"

    dim: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        dim = tuple(message.transpose_param.dim)
        if not dim:
            raise LayerError("Transpose needs dim: the axes in their new order", field=("transpose_param",))
        _refuse_repeated(dim, ("transpose_param", "dim"))
        return cls(dim)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        _refuse_outside(self.dim, len(bottom), ("transpose_param", "dim"))
        if len(self.dim) != len(bottom):
            raise ShapeError(
                f"dim names {len(self.dim)} axes, but the bottom has {len(bottom)}", field=("transpose_param", "dim")
            )
        return Signature(tops=(tuple(bottom[axis] for axis in self.dim),))

    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        return bottom.transpose(self.dim), top


def _refuse_repeated(axes: Shape, field: tuple[str, ...]) -> None:
    for axis in axes:
        if axes.count(axis) > 1:
            raise LayerError(f"axis {axis} is named twice", field=field)


def _refuse_outside(axes: Shape, rank: int, field: tuple[str, ...]) -> None:
    for axis in axes:
        if not 0 <= axis < rank:
            raise ShapeError(f"axis {axis} is outside a blob of {rank} axes (allowed: 0 to {rank - 1})", field=field)


@register("Flip")
@dataclass(frozen=True)
class Flip(Permutation):
    """Mirrors planes: left to right with `flip_width` (default), top to bottom with `flip_height`.

    Bottom and top (N, C, H, W). Behaves as src/caffe/layers/flip_layer.cpp of happynear/caffe-windows.
    """

    fork = "caffe-windows (happynear/caffe-windows)"
    any_layout = True

    width: bool
    height: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.flip_param.flip_width, message.flip_param.flip_height)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) != 4:
            raise ShapeError(f"Flip needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        return Signature(tops=(bottom,))

    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        return bottom[..., :: -1 if self.height else 1, :: -1 if self.width else 1], top


@register("ShuffleChannel")
@dataclass(frozen=True)
class ShuffleChannel(Permutation):
    """Mixes the channels of `group` groups: channel k of group g comes to place k * group + g.

    Bottom and top (N, C, ...), C a multiple of group. Zhang et al., ShuffleNet (2018); behaves as
    src/caffe/layers/shuffle_channel_layer.cpp of farmingyard/ShuffleNet.
    """

    fork = "ShuffleNet (farmingyard/ShuffleNet)"
    any_layout = True
    example = "shuffle_channel_param { group: 4 }"

    group: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        if message.shuffle_channel_param.group == 0:
            raise LayerError("group must be positive", field=("shuffle_channel_param", "group"))
        return cls(message.shuffle_channel_param.group)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"ShuffleChannel needs a bottom with channels, not {format_shape(bottom)}")
        if bottom[1] % self.group:
            raise ShapeError(
                f"{bottom[1]} channels cannot be split into {self.group} groups",
                field=("shuffle_channel_param", "group"),
            )
        return Signature(tops=(bottom,))

    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        items, channels, *size = bottom.shape
        each = channels // self.group
        return bottom.reshape(items, self.group, each, *size).swapaxes(1, 2), top.reshape(
            items, each, self.group, *size
        )


@register("Reorg")
@dataclass(frozen=True)
class Reorg(Permutation):
    """Blocks of stride x stride pixels become channels, or with `reverse` channels such blocks, in darknet's order.

    Bottom (N, C, H, W), top (N, C stride^2, H / stride, W / stride) or, reversed, (N, C / stride^2, H stride,
    W stride); either way C must be a multiple of stride^2. Darknet reads the numbers of the bottom as if they were C /
    stride^2 planes of H stride x W stride, so this is no plain space-to-depth. The gradient is the inverse permutation.
    Behaves forward as src/caffe/layers/reorg_layer.cpp of choasup/caffe-yolo9000. Redmon and Farhadi, YOLO9000 (2017).
    """

    fork = "yolo9000 (choasup/caffe-yolo9000)"
    example = "reorg_param { stride: 2 }"

    stride: int
    reverse: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.reorg_param
        if fields.stride == 0:
            raise LayerError("Reorg needs a positive stride", field=("reorg_param", "stride"))
        return cls(fields.stride, fields.reverse)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) != 4:
            raise ShapeError(f"Reorg needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        items, channels, height, width = bottom
        step, block = self.stride, self.stride**2
        if channels % block:
            raise ShapeError(
                f"{channels} channels are not a multiple of stride x stride = {block}", field=("reorg_param", "stride")
            )
        if self.reverse:
            return Signature(tops=((items, channels // block, height * step, width * step),))
        if height % step or width % step:
            raise ShapeError(f"{height} x {width} pixels cannot be cut by {step}", field=("reorg_param", "stride"))
        return Signature(tops=((items, channels * block, height // step, width // step),))

    def places(self, bottom: Array, top: Array) -> tuple[Array, Array]:
        items, channels, height, width = bottom.shape
        step = self.stride
        planes = channels // step**2
        blocks, layers = (top, bottom) if self.reverse else (bottom, top)
        wide = blocks.reshape(items, planes, height, step, width, step).transpose(0, 3, 5, 1, 2, 4)
        deep = layers.reshape(items, step, step, planes, height, width)
        return (deep, wide) if self.reverse else (wide, deep)
