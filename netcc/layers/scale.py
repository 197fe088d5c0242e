"""Scale and Bias: a blob multiplied by, or added to, every part of another that has its shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import (
    Count,
    Layer,
    Needs,
    Operands,
    ParameterSpec,
    Repeat,
    Signature,
    canonical_axis,
    pass_on,
    same_shape,
)
from netcc.layers.channels import channel_products, channel_sums, channel_view, spread
from netcc.layers.default_filler import constant_unless_given
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@dataclass(frozen=True)
class Spread(Layer):
    """What Scale and Bias share: a smaller blob that lies on bottom 0 from `axis` on and is repeated on its other axes.

    It is bottom 1, or learnt with the sizes of `num_axes` axes of bottom 0 (-1: all from `axis` on; 0: a scalar).
    """

    in_place = True
    any_layout = True
    bottoms = Count(1, 2)

    message: ClassVar[str]

    axis: int
    num_axes: int
    learns: bool

    def is_affine(self, bottom: Shape) -> bool:
        return (
            self.learns and len(bottom) > 1 and self._spread_shape([bottom]) == bottom[1:2] and self._begin(bottom) == 1
        )

    def batchwise(self) -> bool:
        # A smaller blob with axis 0 among its own is cut with the batch only if it is a bottom.
        return self.axis > 0 if self.learns else self.axis == 0

    def repeats(self) -> Repeat:
        return "all"

    def _spread_shape(self, bottoms: Sequence[Shape]) -> Shape:
        """The shape of the smaller blob. Raises ShapeError where it does not fit on bottom 0."""
        bottom = bottoms[0]
        if not self.learns:
            self._check_fit(bottom, bottoms[1])
            return bottoms[1]
        axis = canonical_axis(self.axis, len(bottom), (self.message, "axis"))
        if self.num_axes < -1:
            raise ShapeError(
                f"num_axes must be 0 or more, or -1 for all, not {self.num_axes}", field=(self.message, "num_axes")
            )
        end = len(bottom) if self.num_axes == -1 else axis + self.num_axes
        if end > len(bottom):
            raise ShapeError(
                f"{self.num_axes} axes from axis {axis} on reach past the end of {format_shape(bottom)}",
                field=(self.message, "num_axes"),
            )
        return bottom[axis:end]

    def _check_fit(self, bottom: Shape, other: Shape) -> None:
        if not other:
            return
        axis = canonical_axis(self.axis, len(bottom), (self.message, "axis"))
        if bottom[axis : axis + len(other)] != other:
            shapes = f"bottom 1 ({format_shape(other)}) does not fit on bottom 0 ({format_shape(bottom)})"
            raise ShapeError(f"{shapes} from axis {axis} on", field=(self.message, "axis"))

    def _begin(self, bottom: Shape) -> int:
        return self.axis % len(bottom)

    def _smaller(self, operands: Operands) -> Array:
        return operands.parameters[0] if self.learns else operands.bottoms[1]

    def _smaller_diff(self, operands: Operands) -> Array | None:
        return operands.parameter_diffs[0] if self.learns else operands.bottom_diffs[1]

    def _view(self, array: Array, smaller: Array) -> Array:
        """`array` as (outer, size of the smaller blob, inner), to read it."""
        axis = self.axis % array.ndim if smaller.ndim else 0
        return channel_view(array, axis, smaller.ndim)

    def _spread(self, smaller: Array, rank: int) -> Array:
        """The smaller blob under a shape that spreads over bottom 0."""
        return spread(smaller, rank, self.axis % rank)


@register("Scale")
@dataclass(frozen=True)
class Scale(Spread):
    """y = scale * x [+ bias], both of shape bottom.shape[axis : axis + num_axes]; the scale may be bottom 1 instead.

    The scale begins at 1 and the bias at 0. Behaves as src/caffe/layers/scale_layer.cpp.
    """

    example = "scale_param { bias_term: true }"

    message = "scale_param"

    filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter | None

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.scale_param
        for name in ("min_value", "max_value"):
            if fields.HasField(name):
                raise LayerError(f"{name} of Scale is not supported", field=(cls.message, name))
        return cls(
            fields.axis,
            fields.num_axes,
            len(message.bottom) < 2,
            constant_unless_given(fields, "filler", 1),
            fields.bias_filler if fields.bias_term else None,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        shape = self._spread_shape(bottoms)
        parameters = [ParameterSpec("scale", shape, self.filler)] if self.learns else []
        if self.bias_filler is not None:
            parameters.append(ParameterSpec("bias", shape, self.bias_filler))
        return same_shape(bottoms, parameters=tuple(parameters))

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        return parameters[0], parameters[1] if self.bias_filler is not None else 0.0

    def batchwise(self) -> bool:
        return super().batchwise() and (self.learns or self.bias_filler is None)

    def needs(self) -> Needs:
        return Needs(bottoms=(0,) if self.learns else (0, 1))

    def forward(self, operands: Operands) -> None:
        scale = self._smaller(operands)
        (y,) = operands.tops
        np.multiply(operands.bottoms[0], self._spread(scale, y.ndim), out=y)
        if self.bias_filler is not None:
            y += self._spread(operands.parameters[-1], y.ndim)

    def backward(self, operands: Operands) -> None:
        scale, scale_diff = self._smaller(operands), self._smaller_diff(operands)
        (dy,) = operands.top_diffs
        if scale_diff is not None:
            products = channel_products(self._view(dy, scale), self._view(operands.bottoms[0], scale))
            np.copyto(scale_diff, products.reshape(scale.shape))
        if self.bias_filler is not None and operands.parameter_diffs[-1] is not None:
            np.copyto(operands.parameter_diffs[-1], channel_sums(self._view(dy, scale)).reshape(scale.shape))
        if operands.bottom_diffs[0] is not None:
            np.multiply(dy, self._spread(scale, dy.ndim), out=operands.bottom_diffs[0])


@register("Bias")
@dataclass(frozen=True)
class Bias(Spread):
    """y = x + bias, of shape bottom.shape[axis : axis + num_axes]; the bias may be bottom 1 instead.

    Behaves as src/caffe/layers/bias_layer.cpp.
    """

    message = "bias_param"

    filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.bias_param
        return cls(fields.axis, fields.num_axes, len(message.bottom) < 2, fields.filler)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        shape = self._spread_shape(bottoms)
        return same_shape(bottoms, parameters=(ParameterSpec("bias", shape, self.filler),) if self.learns else ())

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        return 1.0, parameters[0]

    def forward(self, operands: Operands) -> None:
        (y,) = operands.tops
        np.add(operands.bottoms[0], self._spread(self._smaller(operands), y.ndim), out=y)

    def backward(self, operands: Operands) -> None:
        bias, bias_diff = self._smaller(operands), self._smaller_diff(operands)
        (dy,) = operands.top_diffs
        if bias_diff is not None:
            np.copyto(bias_diff, channel_sums(self._view(dy, bias)).reshape(bias_diff.shape))
        if operands.bottom_diffs[0] is not None:
            pass_on(dy, operands.bottom_diffs[0])
