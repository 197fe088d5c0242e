"""Convolution and deconvolution over any number of spatial axes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Needs, Operands, ParameterSpec, Signature, canonical_axis
from netcc.layers.correlation import Correlation, correlation
from netcc.layers.correlation_kernels import correlate, image_gradient, weights_gradient
from netcc.layers.registry import register
from netcc.layers.window import CONVOLUTION_MESSAGE, Window, WindowFields
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape


@dataclass(frozen=True)
class FilterBank(Layer):
    """What convolution and deconvolution share: attributes, their checks, bottoms that all look alike.

    Axes before `axis` are batch, `axis` holds the channels, those after it are spatial.
    Behaves as src/caffe/layers/base_conv_layer.cpp; `engine` and `force_nd_im2col` change nothing.
    """

    bottoms = Count(1, None)
    tops = Count(1, None)
    one_top_per_bottom = True

    bottom_count: int
    num_output: int
    group: int
    axis: int
    bias_term: bool
    window: WindowFields
    weight_filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.convolution_param
        if fields.num_output == 0:
            raise LayerError(f"{cls.type} needs num_output", field=(CONVOLUTION_MESSAGE, "num_output"))
        if fields.group == 0:
            raise LayerError("group must be positive", field=(CONVOLUTION_MESSAGE, "group"))
        if fields.num_output % fields.group:
            raise LayerError(
                f"num_output {fields.num_output} is not a multiple of group {fields.group}",
                field=(CONVOLUTION_MESSAGE, "num_output"),
            )
        return cls(
            len(message.bottom),
            fields.num_output,
            fields.group,
            fields.axis,
            fields.bias_term,
            WindowFields.read(fields),
            fields.weight_filler,
            fields.bias_filler,
        )

    @abstractmethod
    def correlation(self, bottom: Shape, window: Window) -> Correlation:
        """The correlation at the heart of the layer, for a bottom of shape (images, channels, *size)."""

    @abstractmethod
    def top_size(self, plan: Correlation) -> Shape:
        """Spatial size of the top."""

    def groups(self, channels: int) -> int:
        """Into how many groups the channels of the bottom are split."""
        return self.group

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        bottom = self._common_shape(bottoms)
        axis = canonical_axis(self.axis, len(bottom), (CONVOLUTION_MESSAGE, "axis"))
        if bottom[axis] % self.groups(bottom[axis]):
            raise ShapeError(
                f"{bottom[axis]} channels cannot be split into {self.groups(bottom[axis])} groups",
                field=(CONVOLUTION_MESSAGE, "group"),
            )
        axes = len(bottom) - axis - 1
        plan = self._plan(bottom)
        weights = (plan.outputs, plan.channels // plan.groups, *plan.window.kernel[:axes])
        parameters = [ParameterSpec("weights", weights, self.weight_filler)]
        if self.bias_term:
            parameters.append(ParameterSpec("bias", (self.num_output,), self.bias_filler))
        return Signature(
            tops=((*bottom[:axis], self.num_output, *self.top_size(plan)[:axes]),) * len(bottoms),
            parameters=tuple(parameters),
            scratch=plan.buffers(),
            macs=len(bottoms) * plan.images * plan.outputs * plan.taps * count(plan.result_size),
        )

    def batchwise(self) -> bool:
        return self.axis > 0

    def needs(self) -> Needs:
        return Needs(bottoms=range(self.bottom_count))

    def _common_shape(self, bottoms: Sequence[Shape]) -> Shape:
        for index, shape in enumerate(bottoms):
            if shape != bottoms[0]:
                raise ShapeError(
                    f"the bottoms of {self.type} must have one shape: bottom {index} is {format_shape(shape)}, "
                    f"bottom 0 is {format_shape(bottoms[0])}"
                )
        return bottoms[0]

    def _joined(self, shape: Shape) -> Shape:
        """(images, channels, *size): the batch axes joined into one, and one spatial axis where there is none."""
        axis = self.axis % len(shape)
        return (count(shape[:axis]), shape[axis], *(shape[axis + 1 :] or (1,)))

    def _view(self, array: Array) -> Array:
        return array.reshape(self._joined(array.shape))

    def _plan(self, bottom: Shape) -> Correlation:
        joined = self._joined(bottom)
        axes = len(bottom) - self.axis % len(bottom) - 1
        # Without spatial axes Caffe still wants a kernel size, which then means nothing.
        window = self.window.window(axes) if axes else Window((1,), (1,), (0,), (1,))
        return self.correlation(joined, window)

    def _bias_gradient(self, operands: Operands) -> None:
        if not self.bias_term or operands.parameter_diffs[1] is None:
            return
        bias_diff, part = operands.parameter_diffs[1], operands.scratch[3][: self.num_output]
        for index, top_diff in enumerate(operands.top_diffs):
            view = self._view(top_diff)
            np.sum(view.reshape(*view.shape[:2], -1), axis=(0, 2), out=part if index else bias_diff)
            if index:
                bias_diff += part


@register("Convolution")
@dataclass(frozen=True)
class Convolution(FilterBank):
    """y[n, o] = b[o] + sum over c, k of w[o, c, k] x[n, c, stride i + dilation k - pad]; each bottom gives one top.

    Bottom (batch, C, *size), weights (num_output, C / group, *kernel), bias (num_output), top (batch, num_output,
    *floor((size + 2 pad - (dilation (kernel - 1) + 1)) / stride) + 1). Behaves as src/caffe/layers/conv_layer.cpp.
    """

    example = 'convolution_param { num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" } }'

    def correlation(self, bottom: Shape, window: Window) -> Correlation:
        return correlation(bottom, self.num_output, self.groups(bottom[1]), window)

    def top_size(self, plan: Correlation) -> Shape:
        return plan.result_size

    def forward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        weights, bias = operands.parameters[0], operands.parameters[1] if self.bias_term else None
        for bottom, top in zip(operands.bottoms, operands.tops, strict=True):
            correlate(plan, self._view(bottom), weights, bias, self._view(top), operands.scratch)

    def backward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        self._bias_gradient(operands)
        weights, weights_diff, scratch = operands.parameters[0], operands.parameter_diffs[0], operands.scratch
        for index, bottom_diff in enumerate(operands.bottom_diffs):
            dy = self._view(operands.top_diffs[index])
            if weights_diff is not None:
                weights_gradient(plan, self._view(operands.bottoms[index]), dy, weights_diff, scratch, add=index > 0)
            if bottom_diff is not None:
                image_gradient(plan, weights, dy, self._view(bottom_diff), scratch)


@register("Deconvolution")
@dataclass(frozen=True)
class Deconvolution(FilterBank):
    """The transpose of a convolution: every input pixel adds its multiple of the kernel to the output.

    Bottom (batch, C, *size), weights (C, num_output / group, *kernel), bias (num_output), top (batch, num_output,
    *stride (size - 1) + dilation (kernel - 1) + 1 - 2 pad). Behaves as src/caffe/layers/deconv_layer.cpp.
    """

    example = (
        "convolution_param { num_output: 21 group: 21 kernel_size: 4 stride: 2 pad: 1 "
        'weight_filler { type: "bilinear" } }'
    )

    def correlation(self, bottom: Shape, window: Window) -> Correlation:
        image = (bottom[0], self.num_output, *window.spread(bottom[2:]))
        return correlation(image, bottom[1], self.groups(bottom[1]), window)

    def top_size(self, plan: Correlation) -> Shape:
        return plan.size

    def forward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        for bottom, top in zip(operands.bottoms, operands.tops, strict=True):
            y = self._view(top)
            image_gradient(plan, operands.parameters[0], self._view(bottom), y, operands.scratch)
            if self.bias_term:
                y += operands.parameters[1].reshape(-1, *[1] * (y.ndim - 2))

    def backward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        self._bias_gradient(operands)
        weights, weights_diff, scratch = operands.parameters[0], operands.parameter_diffs[0], operands.scratch
        for index, bottom_diff in enumerate(operands.bottom_diffs):
            dy, x = self._view(operands.top_diffs[index]), self._view(operands.bottoms[index])
            if weights_diff is not None:
                weights_gradient(plan, dy, x, weights_diff, scratch, add=index > 0)
            if bottom_diff is not None:
                correlate(plan, dy, weights, None, self._view(bottom_diff), scratch)
