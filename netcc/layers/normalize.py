"""Vectors divided by their length: Normalize, and the length alone: ChannelNorm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, ParameterSpec, Signature
from netcc.layers.channels import channel_shape, channel_sums, channel_view
from netcc.layers.default_filler import constant_unless_given
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_LENGTH_EPS = 1e-9
"""Keeps the gradient of a length finite where the length is 0."""


@register("Normalize")
@dataclass(frozen=True)
class Normalize(Layer):
    """y = scale * x / sqrt(sum of x^2 + eps), the sum over each image (across_spatial) or over the channels of a pixel.

    Bottom (N, C, ...). SSD (`norm_param`): the learnt scale has shape () with channel_shared, else (C), and begins at
    1. happynear's fork (`normalize_param`): lengths of pixels, no scale, and a second top (N, 1, ...) with the lengths,
    through which no gradient comes back.

    Behaves as src/caffe/layers/normalize_layer.cpp of weiliu89/caffe (branch ssd), but that the gradient is the true
    one also where the scales of the channels differ. Liu et al., ParseNet (2016).
    """

    fork = "SSD (weiliu89/caffe)"

    tops = Count(1, 2)

    across_spatial: bool
    channel_shared: bool
    eps: float
    scale_filler: caffe_pb2.FillerParameter | None

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        if not message.HasField("normalize_param"):
            fields = message.norm_param
            filler = constant_unless_given(fields, "scale_filler", 1)
            return cls(fields.across_spatial, fields.channel_shared, fields.eps, filler)
        for name, expected in (("normalize_type", "L2"), ("fix_gradient", False), ("bp_norm", False)):
            given = getattr(message.normalize_param, name)
            if given != expected:
                raise LayerError(f"{name}: {given} of Normalize is not supported", field=("normalize_param", name))
        return cls(False, True, 1e-6, None)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"Normalize needs a bottom of 2 axes or more (N x C ...), not {format_shape(bottom)}")
        if tops > 1 and self.scale_filler is not None:
            raise ShapeError("only Normalize with normalize_param has a second top", field=("top", "1"))
        outer, channels, inner = channel_shape(bottom)
        parameters = []
        if self.scale_filler is not None:
            shape = () if self.channel_shared else (channels,)
            parameters.append(ParameterSpec("scale", shape, self.scale_filler))
        image = Buffer((channels, inner))
        return Signature(
            tops=(bottom, (bottom[0], 1, *bottom[2:]))[:tops],
            parameters=tuple(parameters),
            saved=(Buffer((outer, 1, 1 if self.across_spatial else inner)),),
            scratch=(image, image, Buffer((outer, channels, 1))),
        )

    def batchwise(self) -> bool:
        return True

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (lengths,), square = operands.saved, operands.scratch[0]
        scale = _scale(operands)
        for x, y, length in zip(
            channel_view(operands.bottoms[0]), channel_view(operands.tops[0]), lengths, strict=True
        ):
            np.multiply(x, x, out=square)
            np.sum(square, axis=self._axes, keepdims=True, out=length)
            length += self.eps
            np.sqrt(length, out=length)
            np.divide(x, length, out=y)
            if scale is not None:
                y *= scale
        if len(operands.tops) > 1:
            np.copyto(channel_view(operands.tops[1]), lengths)

    def backward(self, operands: Operands) -> None:
        """dx = (g - x * sum(g * x) / length^2) / length with g = scale * dy; d scale = sum of dy * x / length."""
        (lengths,), (product, unit, shares) = operands.saved, operands.scratch
        x, dy = channel_view(operands.bottoms[0]), channel_view(operands.top_diffs[0])
        dx = None if operands.bottom_diffs[0] is None else channel_view(operands.bottom_diffs[0])
        scale = _scale(operands)
        for image, length in enumerate(lengths):
            np.divide(x[image], length, out=unit)
            np.multiply(dy[image], unit, out=product)
            np.sum(product, axis=1, keepdims=True, out=shares[image])
            if dx is None:
                continue
            if scale is not None:
                product *= scale
            along = product.sum(axis=self._axes, keepdims=True)
            np.multiply(unit, along, out=unit)
            np.multiply(dy[image], 1 if scale is None else scale, out=dx[image])
            dx[image] -= unit
            dx[image] /= length
        if scale is not None and operands.parameter_diffs[0] is not None:
            sums = channel_sums(shares)
            operands.parameter_diffs[0][...] = sums.sum() if self.channel_shared else sums

    @property
    def _axes(self) -> tuple[int, ...]:
        """The axes of a (channels, inner) image that make one vector."""
        return (0, 1) if self.across_spatial else (0,)


def _scale(operands: Operands) -> Array | None:
    """The scale as (channels or 1, 1), or None."""
    return operands.parameters[0].reshape(-1, 1) if operands.parameters else None


@register("ChannelNorm")
@dataclass(frozen=True)
class ChannelNorm(Layer):
    """y = sqrt(sum of x^2 over the channels): bottom (N, C, ...), top (N, 1, ...).

    Fork: lmb-freiburg/flownet2, src/caffe/layers/channel_norm_layer.cu, which adds 1e-9 to y in the gradient x / y.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"ChannelNorm needs a bottom of 2 axes or more (N x C ...), not {format_shape(bottom)}")
        _, channels, inner = channel_shape(bottom)
        scratch = (Buffer((channels, inner)), Buffer((1, inner)))
        return Signature(tops=((bottom[0], 1, *bottom[2:]),), scratch=scratch)

    def batchwise(self) -> bool:
        return True

    def needs(self) -> Needs:
        return Needs(bottoms=(0,), tops=(0,))

    def forward(self, operands: Operands) -> None:
        square = operands.scratch[0]
        for x, y in zip(channel_view(operands.bottoms[0]), channel_view(operands.tops[0]), strict=True):
            np.multiply(x, x, out=square)
            np.sum(square, axis=0, keepdims=True, out=y)
            np.sqrt(y, out=y)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is None:
            return
        ratio = operands.scratch[1]
        arrays = (operands.bottoms[0], operands.tops[0], operands.top_diffs[0], operands.bottom_diffs[0])
        for x, y, dy, dx in zip(*map(channel_view, arrays), strict=True):
            np.add(y, _LENGTH_EPS, out=ratio)
            np.divide(dy, ratio, out=ratio)
            np.multiply(x, ratio, out=dx)
