"""BN: batch normalization with its scale and shift in one layer, as segmentation forks have it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, ParameterSpec, Signature
from netcc.layers.batch_norm import normalization_gradient
from netcc.layers.channels import channel_products, channel_shape, channel_sums, channel_view, piece_buffer
from netcc.layers.default_filler import constant_unless_given
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array, Phase, Shape, format_shape

_SEGNET_FIELDS = ("scale_filler", "shift_filler", "bn_mode")
_SEGNET_EPS = 1e-9


class Statistics(enum.Enum):
    """By what BN normalizes."""

    BATCH = "batch"
    RUNNING = "running"
    FOLDED = "folded"
    """By nothing: scale and shift have the statistics in them."""


@register("BN")
@dataclass(frozen=True)
class BN(Layer):
    """y = scale * (x - mean) / sqrt(variance + eps) + shift for each channel; parameters have shape (1, C, 1, 1).

    SegNet (`scale_filler`, `shift_filler` or `bn_mode` is given): two parameters, scale and shift. LEARN normalizes by
    the batch in both phases; a second and third top (1, C, 1, 1) give its mean and variance. INFERENCE only scales and
    shifts. PSPNet (else): four parameters; running mean and variance do not learn. In TRAIN the batch normalizes and
    running = momentum * running + (1 - momentum) * batch; in TEST, or if `frozen`, the running ones do, and frozen
    scale and shift do not learn either. Absent fillers give scale 1 and shift 0.

    Forks: alexgkendall/caffe-segnet and hszhao/PSPNet, src/caffe/layers/bn_layer.cpp.
    """

    fork = "SegNet (alexgkendall/caffe-segnet), PSPNet (hszhao/PSPNet)"

    in_place = True
    any_layout = True
    tops = Count(1, 3)

    statistics: Statistics
    has_running: bool
    momentum: float
    eps: float
    frozen: bool
    scale_filler: caffe_pb2.FillerParameter
    shift_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.bn_param
        if any(fields.HasField(name) for name in _SEGNET_FIELDS):
            folded = fields.bn_mode == caffe_pb2.BNParameter.INFERENCE
            return cls(
                Statistics.FOLDED if folded else Statistics.BATCH,
                False,
                0.0,
                _SEGNET_EPS,
                False,
                constant_unless_given(fields, "scale_filler", 1),
                constant_unless_given(fields, "shift_filler", 0),
            )
        return cls(
            Statistics.BATCH if phase == TRAIN and not fields.frozen else Statistics.RUNNING,
            True,
            fields.momentum,
            fields.eps,
            fields.frozen,
            constant_unless_given(fields, "slope_filler", 1),
            constant_unless_given(fields, "bias_filler", 0),
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 2:
            raise ShapeError(f"BN needs a bottom of 2 axes or more (N x C ...), not {format_shape(bottom)}")
        if tops > 1 and (self.has_running or self.statistics is Statistics.FOLDED):
            raise ShapeError("only SegNet's BN that learns has more than one top", field=("top", "1"))
        channels = bottom[1]
        each = (1, channels, 1, 1)
        return Signature(
            tops=(bottom, each, each)[:tops],
            parameters=self._parameters(each),
            saved=(Buffer(bottom), Buffer((channels,))),
            scratch=(piece_buffer(channel_shape(bottom)),),
        )

    def _parameters(self, shape: Shape) -> tuple[ParameterSpec, ...]:
        learns = not self.frozen
        scale = ParameterSpec("scale", shape, self.scale_filler, learns=learns)
        shift = ParameterSpec("shift", shape, self.shift_filler, learns=learns)
        if not self.has_running:
            return (scale, shift)
        mean = caffe_pb2.FillerParameter(type="constant", value=0)
        variance = caffe_pb2.FillerParameter(type="constant", value=1 if self.frozen else 0)
        return (
            scale,
            shift,
            ParameterSpec("running mean", shape, mean, learns=False),
            ParameterSpec("running variance", shape, variance, learns=False),
        )

    def batchwise(self) -> bool:
        return self.statistics is not Statistics.BATCH

    def is_function(self) -> bool:
        return self.statistics is not Statistics.BATCH

    def is_affine(self, bottom: Shape) -> bool:
        return self.statistics is not Statistics.BATCH

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        scale, shift, *running = (parameter.reshape(-1) for parameter in parameters)
        if self.statistics is Statistics.FOLDED:
            return scale, shift
        gain = scale / np.sqrt(running[1] + self.eps)
        return gain, shift - running[0] * gain

    def needs(self) -> Needs:
        return Needs()

    def forward(self, operands: Operands) -> None:
        """Keeps (x - mean) / deviation and 1 / deviation for backward."""
        x, y = channel_view(operands.bottoms[0]), channel_view(operands.tops[0])
        normalized, inverse = channel_view(operands.saved[0]), operands.saved[1]
        scale, shift, *running = (parameter.reshape(-1) for parameter in operands.parameters)
        if self.statistics is Statistics.FOLDED:
            np.copyto(normalized, x)
            inverse.fill(1)
        else:
            self._normalize(x, normalized, inverse, running, operands.tops[1:])
        np.multiply(normalized, scale[:, None], out=y)
        y += shift[:, None]

    def _normalize(
        self, x: Array, normalized: Array, inverse: Array, running: Sequence[Array], tops: Sequence[Array]
    ) -> None:
        numbers = x.shape[0] * x.shape[2]
        by_batch = self.statistics is Statistics.BATCH
        mean = channel_sums(x) / numbers if by_batch else running[0]
        np.subtract(x, mean[:, None], out=normalized)
        variance = channel_products(normalized, normalized) / numbers if by_batch else running[1]
        if by_batch:
            for kept, new in zip(running, (mean, variance), strict=False):
                kept *= self.momentum
                kept += (1 - self.momentum) * new
        for top, new in zip(tops, (mean, variance), strict=False):
            np.copyto(top.reshape(-1), new)
        np.add(variance, self.eps, out=inverse)
        np.sqrt(inverse, out=inverse)
        np.divide(1, inverse, out=inverse)
        normalized *= inverse[:, None]

    def backward(self, operands: Operands) -> None:
        dy = channel_view(operands.top_diffs[0])
        normalized, inverse = channel_view(operands.saved[0]), operands.saved[1]
        scale_diff, shift_diff = operands.parameter_diffs[:2]
        if scale_diff is not None:
            np.copyto(scale_diff.reshape(-1), channel_products(dy, normalized))
        if shift_diff is not None:
            np.copyto(shift_diff.reshape(-1), channel_sums(dy))
        if operands.bottom_diffs[0] is None:
            return
        dx = channel_view(operands.bottom_diffs[0])
        gain = operands.parameters[0].reshape(-1) * inverse
        if self.statistics is Statistics.BATCH:
            normalization_gradient(dy, normalized, gain, dx, operands.scratch[0])
        else:
            np.multiply(dy, gain[:, None], out=dx)
