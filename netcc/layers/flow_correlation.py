"""Correlation and Correlation1D: how alike the patches of two maps are, for all shifts up to a furthest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_MESSAGE = "correlation_param"


@dataclass(frozen=True)
class _Tap:
    """One pair of pixels of two patches: the rows and columns of each extended map, and the channel of the top."""

    channel: int
    first: tuple[slice, slice]
    second: tuple[slice, slice]


@register("Correlation")
@dataclass(frozen=True)
class Correlation(Layer):
    """top[d, y, x] = mean over a patch and its channels of a * b shifted by d (MULTIPLY), or of |a - b| (SUBTRACT).

    Bottoms a, b (N, C, H, W), both extended by `pad` zeros. With patches of side k, border = max_displacement +
    (k - 1) / 2 and radius = max_displacement / stride_2 (whole number), the top is (N, (2 * radius + 1)^2,
    ceil((H + 2 * pad - 2 * border) / stride_1), the same for W); d runs over shifts by -radius .. radius times
    stride_2, down first. Gradients to both; that of |a - b| at 0 is +1. Fischer et al., FlowNet (2015). Behaves as
    src/caffe/layers/correlation_layer.cu of lmb-freiburg/flownet2, but that the gradient of SUBTRACT compares the
    pixels that the forward pass compares.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"
    example = "correlation_param { kernel_size: 1 max_displacement: 20 pad: 20 stride_2: 2 }"

    bottoms: ClassVar[Count] = Count(2, 2)

    kernel: int
    furthest: int
    pad: int
    stride: int
    shift_stride: int
    subtract: bool
    direction: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.correlation_param
        for name in ("kernel_size", "max_displacement"):
            if not fields.HasField(name):
                raise LayerError(f"{message.type} needs a {name}", field=(_MESSAGE,))
        if fields.kernel_size % 2 == 0:
            raise LayerError(f"kernel_size must be odd, not {fields.kernel_size}", field=(_MESSAGE, "kernel_size"))
        for name in ("stride_1", "stride_2"):
            if getattr(fields, name) == 0:
                raise LayerError(f"{name} must be positive", field=(_MESSAGE, name))
        if not -1 <= fields.single_direction <= 1:
            raise LayerError(
                f"single_direction is -1 (left), 0 (both) or 1 (right), not {fields.single_direction}",
                field=(_MESSAGE, "single_direction"),
            )
        return cls(
            fields.kernel_size,
            fields.max_displacement,
            fields.pad,
            fields.stride_1,
            fields.stride_2,
            fields.correlation_type == caffe_pb2.CorrelationParameter.SUBTRACT,
            fields.single_direction,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        a, b = bottoms
        if len(a) != 4 or a != b:
            raise ShapeError(
                f"{self.type} needs two bottoms of the same 4 axes, not {format_shape(a)} and {format_shape(b)}"
            )
        pads, size = self._pads(), self._size(a)
        if min(size) < 1:
            raise ShapeError(
                f"patches and shifts do not fit into {format_shape(a[2:])} extended by pad {self.pad}",
                field=(_MESSAGE, "max_displacement"),
            )
        channels = len(self._row_shifts()) * len(self._column_shifts())
        extended = (a[0], a[2] + 2 * pads[0], a[3] + 2 * pads[1] + self._margin(), a[1])  # channels last
        part = Buffer((a[0], *size, a[1]))
        return Signature(
            tops=((a[0], channels, *size),),
            scratch=(Buffer(extended), Buffer(extended), Buffer(extended), part, Buffer((a[0], *size))),
            macs=a[0] * a[1] * channels * size[0] * size[1] * self.kernel**2,
        )

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        a, b = self._extend(operands)
        top, part, total = operands.tops[0], *operands.scratch[3:]
        top.fill(0)
        for tap in self._taps(top.shape[2:]):
            if self.subtract:
                np.subtract(a[:, *tap.first], b[:, *tap.second], out=part)
                np.abs(part, out=part)
                np.sum(part, axis=-1, out=total)
            else:
                np.einsum("nhwc,nhwc->nhw", a[:, *tap.first], b[:, *tap.second], out=total)
            top[:, tap.channel] += total
        top /= self.kernel**2 * operands.bottoms[0].shape[1]

    def backward(self, operands: Operands) -> None:
        a, b = self._extend(operands)
        dy = operands.top_diffs[0]
        extended, part = operands.scratch[2], operands.scratch[3]
        for index, dx in enumerate(operands.bottom_diffs):
            if dx is None:
                continue
            extended.fill(0)
            for tap in self._taps(dy.shape[2:]):
                pair = a[:, *tap.first], b[:, *tap.second]
                if self.subtract:
                    _slopes(*pair, index, part)
                    part *= dy[:, tap.channel, :, :, None]
                else:
                    np.multiply(pair[1 - index], dy[:, tap.channel, :, :, None], out=part)
                extended[:, *(tap.first, tap.second)[index]] += part
            np.divide(self._inner(extended, dx.shape), self.kernel**2 * dx.shape[1], out=dx)

    def _pads(self) -> tuple[int, int]:
        return self.pad, self.pad

    def _borders(self) -> tuple[int, int]:
        """Rows and columns next to the edge where no patch has its centre."""
        return (self.furthest + self.kernel // 2,) * 2

    def _margin(self) -> int:
        """Columns of zeros before the padding, for shifts that go further than it."""
        return 0

    def _row_shifts(self) -> Sequence[int]:
        radius = self.furthest // self.shift_stride
        return range(-radius * self.shift_stride, radius * self.shift_stride + 1, self.shift_stride)

    def _column_shifts(self) -> Sequence[int]:
        return Correlation._row_shifts(self)

    def _size(self, bottom: Shape) -> tuple[int, int]:
        rows, columns = (
            -(-(size + 2 * pad - 2 * border) // self.stride)
            for size, pad, border in zip(bottom[2:], self._pads(), self._borders(), strict=True)
        )
        return rows, columns

    def _taps(self, size: Shape) -> list[_Tap]:
        """All pairs of pixels that patches at `size` places have at all shifts."""
        radius = self.kernel // 2
        rows, columns = (border - radius for border in self._borders())
        starts = rows, columns + self._margin()
        shifts = [(down, across) for down in self._row_shifts() for across in self._column_shifts()]
        taps = []
        for channel, shift in enumerate(shifts):
            for offset in np.ndindex(self.kernel, self.kernel):
                corner = [start + step for start, step in zip(starts, offset, strict=True)]
                first, second = (
                    tuple(
                        slice(c + s, c + s + (number - 1) * self.stride + 1, self.stride)
                        for c, s, number in zip(corner, moved, size, strict=True)
                    )
                    for moved in ((0, 0), shift)
                )
                taps.append(_Tap(channel, (first[0], first[1]), (second[0], second[1])))
        return taps

    def _extend(self, operands: Operands) -> tuple[Array, Array]:
        """Both bottoms with zeros around, (N, rows, columns, C)."""
        a, b = operands.scratch[:2]
        for extended, bottom in zip((a, b), operands.bottoms, strict=True):
            extended.fill(0)
            np.copyto(self._inner(extended, bottom.shape), bottom)
        return a, b

    def _inner(self, extended: Array, shape: Shape) -> Array:
        """What lies within the zeros, as (N, C, H, W) of `shape`."""
        down, across = self._pads()
        across += self._margin()
        return extended[:, down : down + shape[2], across : across + shape[3]].transpose(0, 3, 1, 2)


def _slopes(a: Array, b: Array, index: int, out: Array) -> None:
    """The derivative of |a - b| by a (index 0) or b (index 1)."""
    np.greater_equal(a, b, out=out, casting="unsafe")
    out *= 2
    out -= 1
    if index == 1:
        np.negative(out, out=out)


@register("Correlation1D")
@dataclass(frozen=True)
class Correlation1D(Correlation):
    """Correlation with shifts across only, as for stereo pairs: the top has 2 * radius + 1 channels.

    Only columns are padded, and only the columns next to the edge are left out for the shifts. With `single_direction`
    -1 or 1 there are radius + 1 channels: shifts by -radius - 1 .. -1 or 0 .. radius times stride_2. Else as
    `Correlation`. Where a shift of -radius - 1 leaves the extended map, the map counts as zero.
    Behaves as src/caffe/layers/correlation_layer1d.cu of lmb-freiburg/flownet2.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"
    example = "correlation_param { kernel_size: 1 max_displacement: 40 pad: 40 }"

    def _pads(self) -> tuple[int, int]:
        return 0, self.pad

    def _borders(self) -> tuple[int, int]:
        return self.kernel // 2, self.furthest + self.kernel // 2

    def _margin(self) -> int:
        return self.shift_stride if self.direction == -1 else 0

    def _row_shifts(self) -> Sequence[int]:
        return (0,)

    def _column_shifts(self) -> Sequence[int]:
        radius = self.furthest // self.shift_stride
        first, last = {0: (-radius, radius), -1: (-radius - 1, -1), 1: (0, radius)}[self.direction]
        return range(first * self.shift_stride, last * self.shift_stride + 1, self.shift_stride)
