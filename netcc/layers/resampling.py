"""Layers that bring planes to another size without a gradient: Resample, Downsample (FlowNet 2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_Type = caffe_pb2.ResampleParameter


@dataclass(frozen=True)
class Resizing(Layer):
    """Bottom (N, C, H, W), top (N, C, height, width), where bottom 1, if there is one, gives the size.

    Every pixel of the top is a weighted mean of pixels of the bottom; the weights are products of one for the row and
    one for the column. There is no gradient.
    """

    bottoms: ClassVar[Count] = Count(1, 2)
    differentiable: ClassVar[bool] = False

    message: ClassVar[str]

    height: int
    width: int

    @abstractmethod
    def lines(self, size: Shape, top: Shape) -> tuple[Array, Array]:
        """Weights of rows (h, H) and of columns (w, W)."""

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        for shape in bottoms:
            if len(shape) != 4:
                raise ShapeError(f"{self.type} needs bottoms of 4 axes (N x C x H x W), not {format_shape(shape)}")
        bottom = bottoms[0]
        size = bottoms[1][2:] if len(bottoms) > 1 else (self.height, self.width)
        if min(size) < 1:
            raise ShapeError(
                f"{self.type} needs the size of its top", field=(self.message,), notes=["or a bottom 1 of that size"]
            )
        planes = bottom[0] * bottom[1]
        return Signature(
            tops=((*bottom[:2], *size),),
            scratch=(Buffer((planes, *bottom[2:])), Buffer((planes, size[0], bottom[3])), Buffer((planes, *size))),
        )

    def forward(self, operands: Operands) -> None:
        bottom, (top,) = operands.bottoms[0], operands.tops
        if bottom.shape == top.shape:
            np.copyto(top, bottom)
            return
        planes, tall, shares = operands.scratch
        np.copyto(planes, bottom.reshape(planes.shape))
        self.resize(planes, top.reshape(shares.shape), tall, shares)

    def resize(self, planes: Array, result: Array, tall: Array, shares: Array) -> None:
        """Sets `result` to the weighted means of `planes`, which may be spoilt."""
        rows, columns = self.lines(planes.shape[1:], result.shape[1:])
        _weighted(planes, rows, columns, tall, result)
        total = np.multiply.outer(rows.sum(axis=1), columns.sum(axis=1)).astype(result.dtype)
        np.divide(result, total, out=result, where=total != 0)


def _weighted(planes: Array, rows: Array, columns: Array, tall: Array, result: Array) -> None:
    np.matmul(rows.astype(planes.dtype), planes, out=tall)
    np.matmul(tall, columns.T.astype(planes.dtype), out=result)


@register("Resample")
@dataclass(frozen=True)
class Resample(Resizing):
    """The bottom at `height` x `width`: NEAREST pixel, LINEAR (a triangle, the default) or CUBIC (a = -1/2) weights.

    `antialias` (default) widens the weights where the top is smaller. The centre of column i of the top lies at
    i W / w + H / (2 h) - 1/2, for rows likewise with the axes' parts changed: so does the fork, whose users scale both
    axes alike. Behaves as src/caffe/layers/resample_layer.cu of lmb-freiburg/flownet2.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"
    example = "resample_param { height: 64 width: 96 type: LINEAR }"

    message: ClassVar[str] = "resample_param"

    kind: int
    antialias: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.resample_param
        if fields.type not in (_Type.NEAREST, _Type.LINEAR, _Type.CUBIC):
            raise LayerError(
                f"Resample has no type {_Type.ResampleType.Name(fields.type)}",
                field=("resample_param", "type"),
                notes=["NEAREST, LINEAR, CUBIC"],
            )
        return cls(fields.height, fields.width, fields.type, fields.antialias)

    def lines(self, size: Shape, top: Shape) -> tuple[Array, Array]:
        step_y, step_x = (np.float32(n) / np.float32(t) for n, t in zip(size, top, strict=True))
        smooth = self.antialias and max(step_x, step_y) > 1
        return (
            _resample_weights(size[0], top[0], float(step_y), float(step_x), self.kind, smooth),
            _resample_weights(size[1], top[1], float(step_x), float(step_y), self.kind, smooth),
        )


@lru_cache(maxsize=64)
def _resample_weights(source: int, target: int, step: float, other_step: float, kind: int, smooth: bool) -> Array:
    centres = (np.arange(target) * np.float32(step) + np.float32(other_step) / 2 - np.float32(0.5)).astype(np.float64)
    nearest = np.sign(centres) * np.floor(np.absolute(centres) + 0.5)
    distances = centres[:, None] - np.arange(source)
    if kind == _Type.NEAREST:
        # The fork reads outside the image where a centre lies outside; here the edge counts.
        chosen: Array = np.clip(nearest, 0, source - 1)[:, None] == np.arange(source)
        return chosen.astype(np.float64)
    scale = 1 / step if smooth else 1.0
    reach = 2 if step < 1 else np.ceil((4 if kind == _Type.CUBIC else 2) / scale)
    weights = scale * (_cubic if kind == _Type.CUBIC else _triangle)(np.absolute(scale * distances))
    lines: Array = np.where(np.absolute(nearest[:, None] - np.arange(source)) <= reach, weights, 0)
    return lines


def _triangle(distance: Array) -> Array:
    weights: Array = np.maximum(1 - distance, 0)
    return weights


def _cubic(distance: Array) -> Array:
    near = distance * distance * (1.5 * distance - 2.5) + 1
    far = distance * (distance * (2.5 - 0.5 * distance) - 4) + 2
    weights: Array = np.where(distance <= 1, near, np.where(distance < 2, far, 0))
    return weights


@register("Downsample")
@dataclass(frozen=True)
class Downsample(Resizing):
    """The bottom at `top_height` x `top_width` by triangles that meet at each other's centres; corners stay corners.

    NaN marks what is not known: it is left out of a mean, which is NaN itself where more than a third of the weight is
    (the weight of NaN is over half of that of numbers). A size of 1 is refused, as the fork divides by 0 there.
    Behaves as src/caffe/layers/downsample_layer.cu of lmb-freiburg/flownet2.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"
    example = "downsample_param { top_height: 64 top_width: 96 }"

    message: ClassVar[str] = "downsample_param"

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.downsample_param.top_height, message.downsample_param.top_width)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        signature = super().infer(bottoms, tops)
        if signature.tops[0] != bottoms[0] and min(*bottoms[0][2:], *signature.tops[0][2:]) < 2:
            raise ShapeError(
                f"Downsample cannot go from {format_shape(bottoms[0][2:])} to {format_shape(signature.tops[0][2:])}: "
                "each size must be at least 2",
                field=(self.message,),
            )
        return signature

    def lines(self, size: Shape, top: Shape) -> tuple[Array, Array]:
        return _triangles(size[0], top[0]), _triangles(size[1], top[1])

    def resize(self, planes: Array, result: Array, tall: Array, shares: Array) -> None:
        rows, columns = self.lines(planes.shape[1:], result.shape[1:])
        unknown = np.isnan(planes)
        np.copyto(planes, 0, where=unknown)
        _weighted(planes, rows, columns, tall, result)
        np.copyto(planes, unknown)
        _weighted(planes, rows, columns, tall, shares)
        total = np.multiply.outer(rows.sum(axis=1), columns.sum(axis=1)).astype(result.dtype)
        known = total - shares
        with np.errstate(divide="ignore", invalid="ignore"):
            np.divide(result, known, out=result)
        np.copyto(result, np.nan, where=shares > 0.5 * known)


@lru_cache(maxsize=64)
def _triangles(source: int, target: int) -> Array:
    step = np.float32(source - 1) / np.float32(target - 1)
    centres = np.arange(target, dtype=np.float32) / np.float32(target - 1) * np.float32(source - 1)
    return _triangle(np.absolute(np.arange(source) - centres[:, None].astype(np.float64)) / float(step))
