"""Batch normalization as BVLC Caffe has it: without scale and shift, which are a Scale layer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, ParameterSpec, Signature, same_shape
from netcc.layers.channels import (
    channel_products,
    channel_shape,
    channel_sums,
    channel_view,
    piece_buffer,
    piece_like,
    pieces,
)
from netcc.layers.default_filler import constant_unless_given
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import TEST, Array, Phase, Shape, format_shape

_MESSAGE = "batch_norm_param"
_STATISTICS = 3


@register("BatchNorm")
@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = (x - mean) / sqrt(variance + eps) for each channel of axis 1.

    Mean and (biased) variance are those of the batch, or with `use_global_stats` (unset: in TEST) the running ones.
    The running ones are three parameters that do not learn: sums of means (C) and of variances (C), and the factor (1)
    to divide them by; a factor of 0 gives 0. A pass with the statistics of the batch keeps `moving_average_fraction` of
    the sums and adds the new ones, the variance times m / (m - 1) for m numbers in a channel, and 1 to the factor.

    Behaves as src/caffe/layers/batch_norm_layer.cpp. With `scale_bias` of NVIDIA's fork two learnt parameters (C)
    follow and y is multiplied by the one and shifted by the other. Ioffe and Szegedy, Batch Normalization (2015).
    """

    in_place = True
    any_layout = True

    use_global_stats: bool
    fraction: float
    eps: float
    scale_bias: bool
    scale_filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.batch_norm_param
        overruled = fields.HasField("scale_filler") or fields.HasField("bias_filler")  # NVIDIA sets the rates itself
        for index, param in enumerate(message.param[:_STATISTICS]):
            if param.lr_mult != 0 and not overruled:
                raise LayerError(
                    f"the running statistics of BatchNorm do not learn: lr_mult must be 0, not {param.lr_mult:g}",
                    field=("param", str(index), "lr_mult"),
                )
        for name in ("relu", "disable_mean", "disable_variance"):
            if getattr(fields, name):
                raise LayerError(f"{name} of BatchNorm is not supported", field=(_MESSAGE, name))
        return cls(
            fields.use_global_stats if fields.HasField("use_global_stats") else phase == TEST,
            fields.moving_average_fraction,
            fields.eps,
            fields.scale_bias,
            constant_unless_given(fields, "scale_filler", 1),
            constant_unless_given(fields, "bias_filler", 0),
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"BatchNorm needs a bottom of 2 axes or more (N x C ...), not {format_shape(bottom)}")
        channels = (bottom[1],)
        zero = caffe_pb2.FillerParameter(type="constant", value=0)
        shapes = {"sum of means": channels, "sum of variances": channels, "factor": (1,)}
        parameters = [ParameterSpec(name, shape, zero, learns=False) for name, shape in shapes.items()]
        if self.scale_bias:
            parameters.append(ParameterSpec("scale", channels, self.scale_filler))
            parameters.append(ParameterSpec("bias", channels, self.bias_filler))
        return same_shape(
            bottoms,
            parameters=tuple(parameters),
            saved=(Buffer(channels), *([Buffer(bottom)] if self.scale_bias else [])),
            scratch=(piece_buffer(channel_shape(bottom)),),
        )

    def batchwise(self) -> bool:
        return self.use_global_stats

    def is_affine(self, bottom: Shape) -> bool:
        return self.use_global_stats

    def is_function(self) -> bool:
        return self.use_global_stats

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        mean, variance = _running(parameters)
        gain: Array = 1 / np.sqrt(variance + self.eps)
        if not self.scale_bias:
            return gain, -mean * gain
        gain = gain * parameters[3]
        return gain, parameters[4] - mean * gain

    def needs(self) -> Needs:
        return Needs() if self.scale_bias or self.use_global_stats else Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        x, y = channel_view(operands.bottoms[0]), channel_view(operands.tops[0])
        inverse = operands.saved[0]
        if self.use_global_stats:
            mean, variance = _running(operands.parameters)
            np.subtract(x, mean[:, None], out=y)
        else:
            numbers = x.shape[0] * x.shape[2]
            mean = channel_sums(x) / numbers
            np.subtract(x, mean[:, None], out=y)
            variance = channel_products(y, y) / numbers
            self.keep(mean, variance, numbers, operands.parameters)
        np.add(variance, self.eps, out=inverse)
        np.sqrt(inverse, out=inverse)
        np.divide(1, inverse, out=inverse)
        y *= inverse[:, None]
        if self.scale_bias:
            np.copyto(channel_view(operands.saved[1]), y)
            y *= operands.parameters[3][:, None]
            y += operands.parameters[4][:, None]

    def keep(self, mean: Array, variance: Array, numbers: int, parameters: Sequence[Array]) -> None:
        """Adds the statistics of a batch to the running ones."""
        unbiased = numbers / (numbers - 1) if numbers > 1 else 1.0
        for sums, new in zip(parameters, (mean, variance * unbiased, 1.0), strict=False):
            sums *= self.fraction
            sums += new

    def backward(self, operands: Operands) -> None:
        dy, inverse = channel_view(operands.top_diffs[0]), operands.saved[0]
        normalized = channel_view(operands.saved[1] if self.scale_bias else operands.tops[0])
        gain = inverse
        if self.scale_bias:
            for diff, sums in zip(operands.parameter_diffs[3:], self._learnt(dy, normalized), strict=True):
                if diff is not None:
                    np.copyto(diff, sums)
            gain = inverse * operands.parameters[3]
        if operands.bottom_diffs[0] is None:
            return
        dx = channel_view(operands.bottom_diffs[0])
        if self.use_global_stats:
            np.multiply(dy, gain[:, None], out=dx)
        else:
            normalization_gradient(dy, normalized, gain, dx, operands.scratch[0])

    def _learnt(self, dy: Array, normalized: Array) -> tuple[Array, Array]:
        return channel_products(dy, normalized), channel_sums(dy)


def normalization_gradient(dy: Array, normalized: Array, gain: Array, dx: Array, scratch: Array) -> None:
    """dx = gain * (dy - mean(dy) - normalized * mean(dy * normalized)), means over all but the channels.

    All are (outer, channels, inner), but `gain` is (channels) and `scratch` a `piece_buffer`. `dx` may be `dy`.
    """
    outer, channels, inner = dy.shape
    shift = (channel_sums(dy) / (outer * inner))[:, None]
    slope = (channel_products(dy, normalized) / (outer * inner))[:, None]
    for piece in pieces(outer, channels * inner):
        part = piece_like(scratch, dy[piece])
        np.multiply(normalized[piece], slope, out=part)
        part += shift
        np.subtract(dy[piece], part, out=dx[piece])
        dx[piece] *= gain[:, None]


def _running(parameters: Sequence[Array]) -> tuple[Array, Array]:
    """The running mean and variance."""
    factor = float(parameters[2][0])
    scale = 1 / factor if factor else 0.0
    return parameters[0] * scale, parameters[1] * scale
