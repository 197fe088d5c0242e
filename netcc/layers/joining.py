"""Layers that put blobs side by side or cut them up: Concat, Slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Repeat, Signature, canonical_axis, pass_on
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@dataclass(frozen=True)
class Joint(Layer):
    """What Concat and Slice share: an axis on which a whole consists of parts.

    A plan may let parts lie where they belong in the whole; then nothing is left to do.
    """

    any_layout = True

    axis: int

    def batchwise(self) -> bool:
        return self.axis > 0

    def repeats(self) -> Repeat:
        return "all"

    def _parts(
        self, whole: Array, parts: Sequence[Array | None], sizes: Sequence[int]
    ) -> Iterator[tuple[Array, Array]]:
        """Every wanted part with its place in the whole."""
        before = (slice(None),) * (self.axis % whole.ndim)
        start = 0
        for part, size in zip(parts, sizes, strict=True):
            if part is not None:
                yield whole[(*before, slice(start, start + size))], part
            start += size


def _joint_axis(fields: caffe_pb2.ConcatParameter | caffe_pb2.SliceParameter, message: str, old: str) -> int:
    """`axis`, or the old field that means the same but not from the end; both are refused."""
    if not fields.HasField(old):
        return fields.axis
    if fields.HasField("axis"):
        raise LayerError(f"axis and {old} exclude each other", field=(message, old))
    return int(getattr(fields, old))


@register("Concat")
@dataclass(frozen=True)
class Concat(Joint):
    """Bottoms side by side on `axis` (default 1); all other sizes are equal.

    Behaves as src/caffe/layers/concat_layer.cpp.
    """

    bottoms = Count(1, None)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(_joint_axis(message.concat_param, "concat_param", "concat_dim"))

    def joins_channels(self) -> bool:
        return self.axis % 4 == 1

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        first = bottoms[0]
        axis = canonical_axis(self.axis, len(first), ("concat_param", "axis"))
        for index, shape in enumerate(bottoms):
            if (len(shape), shape[:axis], shape[axis + 1 :]) != (len(first), first[:axis], first[axis + 1 :]):
                raise ShapeError(
                    f"bottoms to join on axis {axis} must agree on all others: bottom {index} is "
                    f"{format_shape(shape)}, bottom 0 is {format_shape(first)}"
                )
        return Signature(tops=((*first[:axis], sum(shape[axis] for shape in bottoms), *first[axis + 1 :]),))

    def forward(self, operands: Operands) -> None:
        for place, bottom in self._parts(operands.tops[0], operands.bottoms, self._sizes(operands.bottoms)):
            pass_on(bottom, place)

    def backward(self, operands: Operands) -> None:
        sizes = self._sizes(operands.bottoms)
        for place, bottom_diff in self._parts(operands.top_diffs[0], operands.bottom_diffs, sizes):
            pass_on(place, bottom_diff)

    def _sizes(self, bottoms: Sequence[Array]) -> list[int]:
        return [bottom.shape[self.axis] for bottom in bottoms]


@register("Slice")
@dataclass(frozen=True)
class Slice(Joint):
    """The bottom cut on `axis` (default 1) before each `slice_point`, or into equal parts.

    Behaves as src/caffe/layers/slice_layer.cpp.
    """

    example = "slice_param { axis: 1 slice_point: 3 }"

    tops = Count(1, None)

    points: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.slice_param
        return cls(_joint_axis(fields, "slice_param", "slice_dim"), tuple(fields.slice_point))

    def cuts(self) -> int | None:
        return self.axis

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), ("slice_param", "axis"))
        sizes = self._sizes(bottom[axis], tops)
        return Signature(tops=tuple((*bottom[:axis], size, *bottom[axis + 1 :]) for size in sizes))

    def forward(self, operands: Operands) -> None:
        for place, top in self._parts(operands.bottoms[0], operands.tops, self._top_sizes(operands.tops)):
            pass_on(place, top)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is None:
            return
        sizes = self._top_sizes(operands.top_diffs)
        for place, top_diff in self._parts(operands.bottom_diffs[0], operands.top_diffs, sizes):
            pass_on(top_diff, place)

    def _sizes(self, whole: int, tops: int) -> list[int]:
        if not self.points:
            if whole % tops:
                raise ShapeError(f"{whole} cannot be cut into {tops} equal parts", field=("slice_param", "slice_point"))
            return [whole // tops] * tops
        if len(self.points) != tops - 1:
            raise ShapeError(
                f"{tops} tops need {tops - 1} slice_points, not {len(self.points)}",
                field=("slice_param", "slice_point"),
            )
        sizes = [end - start for start, end in pairwise((0, *self.points, whole))]
        if min(sizes) < 1:
            raise ShapeError(
                f"slice_points must rise from above 0 to below {whole}, not {', '.join(map(str, self.points))}",
                field=("slice_param", "slice_point"),
            )
        return sizes

    def _top_sizes(self, tops: Sequence[Array]) -> list[int]:
        return [top.shape[self.axis] for top in tops]
