"""Convolutions channel by channel, under the names that forks gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from netcc.errors import ShapeError
from netcc.layers.base import Signature
from netcc.layers.convolution import Convolution
from netcc.layers.registry import register
from netcc.layers.window import CONVOLUTION_MESSAGE
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape

_ONE_PER_CHANNEL = 0


@register("DepthwiseConvolution")
@dataclass(frozen=True)
class DepthwiseConvolution(Convolution):
    """A Convolution whose `group` is the number of channels unless it says otherwise.

    Weights (num_output, C / group, *kernel); num_output is a multiple of C. Howard et al., MobileNets (2017); behaves
    as depthwise_conv_layer.cpp of yonghenglh6/DepthwiseConvolution.
    """

    fork = "DepthwiseConvolution (yonghenglh6/DepthwiseConvolution)"
    example = 'convolution_param { num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" } }'

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        layer = super().from_message(message, phase)
        return layer if message.convolution_param.HasField("group") else replace(layer, group=_ONE_PER_CHANNEL)

    def groups(self, channels: int) -> int:
        return self.group or max(channels, 1)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        self._check_channels(self._common_shape(bottoms))
        return super().infer(bottoms, tops)

    def _check_channels(self, bottom: Shape) -> None:
        rank = len(bottom)
        if self.group or not -rank <= self.axis < rank:
            return
        channels = bottom[self.axis]
        if channels and self.num_output % channels:
            raise ShapeError(
                f"num_output {self.num_output} is not a multiple of the {channels} channels",
                field=(CONVOLUTION_MESSAGE, "num_output"),
            )


@register("ConvolutionDepthwise")
@dataclass(frozen=True)
class ConvolutionDepthwise(DepthwiseConvolution):
    """A Convolution in which each channel has one kernel of its own, whatever `group` says.

    Weights (C, 1, *kernel); num_output is C. Zhang et al., ShuffleNet (2018); behaves as conv_dw_layer.cpp of
    farmingyard/ShuffleNet.
    """

    fork = "ShuffleNet (farmingyard/ShuffleNet)"
    example = 'convolution_param { num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" } }'

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return replace(super().from_message(message, phase), group=_ONE_PER_CHANNEL)

    def _check_channels(self, bottom: Shape) -> None:
        rank = len(bottom)
        if -rank <= self.axis < rank and bottom[self.axis] != self.num_output:
            raise ShapeError(
                f"num_output {self.num_output} must be the number of channels, {bottom[self.axis]}",
                field=(CONVOLUTION_MESSAGE, "num_output"),
            )
