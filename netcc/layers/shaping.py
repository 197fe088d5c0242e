"""Layers that pass numbers on, perhaps under another shape: Flatten, Reshape, Split, Gather, Silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Repeat, Signature, canonical_axis, pass_on, refuse_in_place
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, count, format_shape


@dataclass(frozen=True)
class View(Layer):
    """One bottom and one top with the same numbers in the same order."""

    is_view = True

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        pass_on(operands.bottoms[0], operands.tops[0])

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            pass_on(operands.top_diffs[0], operands.bottom_diffs[0])


@register("Flatten")
@dataclass(frozen=True)
class Flatten(View):
    """Joins the axes from `axis` to `end_axis`, both included, into one.

    With `end_axis` just before `axis` an axis of size 1 is put in. Behaves as src/caffe/layers/flatten_layer.cpp.
    """

    axis: int
    end_axis: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        refuse_in_place(message)
        return cls(message.flatten_param.axis, message.flatten_param.end_axis)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        start = canonical_axis(self.axis, len(bottom), ("flatten_param", "axis"))
        end = canonical_axis(self.end_axis, len(bottom), ("flatten_param", "end_axis"))
        if end < start - 1:
            raise ShapeError(f"end_axis {end} lies before axis {start}", field=("flatten_param", "end_axis"))
        return Signature(tops=((*bottom[:start], count(bottom[start : end + 1]), *bottom[end + 1 :]),))


@register("Reshape")
@dataclass(frozen=True)
class Reshape(View):
    """Puts `shape` in place of `num_axes` axes (-1: all) from `axis` on; a negative axis counts from one past the end.

    In `shape`, 0 copies the bottom's size and one -1 is worked out. Behaves as src/caffe/layers/reshape_layer.cpp.
    """

    example = "reshape_param { shape { dim: 0 dim: -1 } }"

    shape: Shape
    axis: int
    num_axes: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        refuse_in_place(message)
        fields = message.reshape_param
        shape = tuple(fields.shape.dim)
        if shape.count(-1) > 1 or min(shape, default=0) < -1:
            raise LayerError(
                f"the new shape may have one -1 and no other negative size, not {format_shape(shape)}",
                field=("reshape_param", "shape"),
            )
        if fields.num_axes < -1:
            raise LayerError("num_axes must be -1 (all) or more", field=("reshape_param", "num_axes"))
        return cls(shape, fields.axis, fields.num_axes)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        rank = len(bottom)
        start = self.axis if self.axis >= 0 else rank + self.axis + 1
        if not 0 <= start <= rank:
            raise ShapeError(f"axis {self.axis} is outside a blob of {rank} axes", field=("reshape_param", "axis"))
        end = rank if self.num_axes == -1 else start + self.num_axes
        if end > rank:
            raise ShapeError(
                f"{self.num_axes} axes from axis {start} on are more than a blob of {rank} axes has",
                field=("reshape_param", "num_axes"),
            )
        sizes = [self._copied(bottom, start + i) if size == 0 else size for i, size in enumerate(self.shape)]
        top = _work_out((*bottom[:start], *sizes, *bottom[end:]), count(bottom))
        if count(top) != count(bottom):
            raise ShapeError(
                f"{format_shape(bottom)} cannot become {format_shape(top)}: {count(bottom)} and {count(top)} numbers",
                field=("reshape_param", "shape"),
            )
        return Signature(tops=(top,))

    @staticmethod
    def _copied(bottom: Shape, axis: int) -> int:
        if axis >= len(bottom):
            raise ShapeError(f"size 0 copies axis {axis}, which the bottom lacks", field=("reshape_param", "shape"))
        return bottom[axis]


def _work_out(shape: Shape, total: int) -> Shape:
    """`shape` with its -1, if any, set so that it holds `total` numbers."""
    if -1 not in shape:
        return shape
    known = count(tuple(size for size in shape if size != -1))
    if known == 0 or total % known:
        raise ShapeError(
            f"-1 cannot be worked out: {total} numbers do not divide by {known}", field=("reshape_param", "shape")
        )
    return tuple(total // known if size == -1 else size for size in shape)


@register("Split")
@dataclass(frozen=True)
class Split(Layer):
    """Every top is the bottom; the gradients of the tops add up. Behaves as src/caffe/layers/split_layer.cpp."""

    any_layout = True
    tops = Count(1, None)
    is_view = True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=(bottoms[0],) * tops)

    def is_identity(self) -> bool:
        return True

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        for top in operands.tops:
            pass_on(operands.bottoms[0], top)

    def backward(self, operands: Operands) -> None:
        bottom_diff = operands.bottom_diffs[0]
        if bottom_diff is None:
            return
        pass_on(operands.top_diffs[0], bottom_diff)
        for top_diff in operands.top_diffs[1:]:
            bottom_diff += top_diff


@register("Gather")
@dataclass(frozen=True)
class Gather(Layer):
    """Top i is bottom i. In yjxiong/caffe it joins the batches of several processes; netcc is one process.

    Behaves as src/caffe/layers/gather_layer.cpp of yjxiong/caffe without MPI.
    """

    fork = "yjxiong/caffe"

    bottoms = Count(1, None)
    tops = Count(1, None)
    one_top_per_bottom = True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=tuple(bottoms))

    def forward(self, operands: Operands) -> None:
        for bottom, top in zip(operands.bottoms, operands.tops, strict=True):
            pass_on(bottom, top)

    def backward(self, operands: Operands) -> None:
        for bottom_diff, top_diff in zip(operands.bottom_diffs, operands.top_diffs, strict=True):
            if bottom_diff is not None:
                pass_on(top_diff, bottom_diff)


@register("Silence")
@dataclass(frozen=True)
class Silence(Layer):
    """Takes bottoms that nobody else wants; their gradient is 0. Behaves as src/caffe/layers/silence_layer.cpp."""

    any_layout = True
    bottoms = Count(1, None)
    tops = Count(0, 0)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=())

    def forward(self, operands: Operands) -> None:
        """Nothing to do."""

    def backward(self, operands: Operands) -> None:
        for bottom_diff in operands.bottom_diffs:
            if bottom_diff is not None:
                bottom_diff.fill(0)
