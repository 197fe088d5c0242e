"""Im2col: the numbers under every position of a kernel, laid out as channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Layer, Operands, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.layers.window import CONVOLUTION_MESSAGE, Window, WindowFields
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape


@register("Im2col")
@dataclass(frozen=True)
class Im2col(Layer):
    """Channel (c, k) of the top is channel c of the bottom as tap k of the kernel meets it; padding is 0.

    Bottom (batch, C, *size), top (batch, C * product of the kernel, *size of a convolution with this window). Axes
    before `axis` (default 1) are batch. Behaves as src/caffe/layers/im2col_layer.cpp.
    """

    example = "convolution_param { kernel_size: 3 }"

    axis: int
    fields: WindowFields

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(message.convolution_param.axis, WindowFields.read(message.convolution_param))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), (CONVOLUTION_MESSAGE, "axis"))
        if axis == len(bottom) - 1:
            raise ShapeError(f"Im2col needs axes after the channels, but the bottom is {format_shape(bottom)}")
        window = self._window(bottom)
        top = (*bottom[:axis], bottom[axis] * count(window.kernel), *window.convolved(bottom[axis + 1 :]))
        return Signature(tops=(top,), scratch=(Buffer(self._padded(bottom, window)),))

    def forward(self, operands: Operands) -> None:
        (bottom,), (top,), (padded,) = operands.bottoms, operands.tops, operands.scratch
        window = self._window(bottom.shape)
        padded.fill(0)
        padded[self._inside(bottom, window)] = bottom
        for pixels, column in self._taps(padded, top, window):
            np.copyto(column, pixels)

    def backward(self, operands: Operands) -> None:
        (bottom_diff,), (padded,) = operands.bottom_diffs, operands.scratch
        if bottom_diff is None:
            return
        window = self._window(bottom_diff.shape)
        padded.fill(0)
        for pixels, column in self._taps(padded, operands.top_diffs[0], window):
            pixels += column
        np.copyto(bottom_diff, padded[self._inside(bottom_diff, window)])

    def _window(self, bottom: Shape) -> Window:
        return self.fields.window(len(bottom) - self.axis % len(bottom) - 1)

    def _padded(self, bottom: Shape, window: Window) -> Shape:
        axis = self.axis % len(bottom)
        sizes = (size + 2 * pad for size, pad in zip(bottom[axis + 1 :], window.pad, strict=True))
        return (*bottom[: axis + 1], *sizes)

    def _inside(self, bottom: Array, window: Window) -> tuple[slice, ...]:
        """The place of the bottom in the padded array."""
        axis = self.axis % bottom.ndim
        sizes = zip(bottom.shape[axis + 1 :], window.pad, strict=True)
        return (*[slice(None)] * (axis + 1), *(slice(pad, pad + size) for size, pad in sizes))

    def _taps(self, padded: Array, top: Array, window: Window) -> Iterator[tuple[Array, Array]]:
        """For each tap of the kernel: the pixels it meets, and the channels of the top that hold them."""
        axis = self.axis % padded.ndim
        size = top.shape[axis + 1 :]
        planes = padded.reshape(count(padded.shape[: axis + 1]), *padded.shape[axis + 1 :])
        columns = top.reshape(len(planes), count(window.kernel), *size)
        for number, tap in enumerate(np.ndindex(window.kernel)):
            starts = [d * t for d, t in zip(window.dilation, tap, strict=True)]
            ends = [start + (n - 1) * s + 1 for start, n, s in zip(starts, size, window.stride, strict=True)]
            pixels = tuple(slice(*part) for part in zip(starts, ends, window.stride, strict=True))
            yield planes[(slice(None), *pixels)], columns[:, number]
