"""SPP: pooling over pyramids of ever finer bins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature
from netcc.layers.pooling import STOCHASTIC, Pooling
from netcc.layers.registry import register
from netcc.layers.window import PoolingFields
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Phase, Shape, count, format_shape

_HEIGHT = ("spp_param", "pyramid_height")


@register("SPP")
@dataclass(frozen=True)
class SPP(Layer):
    """A vector of one length for images of any size: level l pools over 2^l x 2^l bins, all levels side by side.

    Bottom (N, C, H, W); top (N, C * (1 + 4 + ...)), levels first to last, each (C, rows, columns) flattened. With
    `pyramid_height: 1` the top stays (N, C, 1, 1). Bins of level l are ceil(H / 2^l) x ceil(W / 2^l) pixels, set side
    by side, and half of what they have too much is padded; a level with less than a pixel for a bin is refused.
    He et al., Spatial Pyramid Pooling (2014); behaves as src/caffe/layers/spp_layer.cpp.
    """

    example = "spp_param { pyramid_height: 3 }"

    height: int
    pooling: Pooling
    """The pooling of every level, but for its window."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.spp_param
        if fields.pyramid_height == 0:
            raise LayerError("SPP needs a pyramid_height of at least 1", field=_HEIGHT)
        draws = fields.pool == STOCHASTIC and phase == TRAIN
        whole = PoolingFields(None, (1,), (0,))
        return cls(fields.pyramid_height, Pooling(fields.pool, whole, floor=False, draws=draws))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) != 4:
            raise ShapeError(f"SPP needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        parts = [level.infer(bottoms, 1) for level in self._levels(bottom)]
        if self.height == 1:
            return parts[0]
        widths = [count(part.tops[0][1:]) for part in parts]
        return Signature(
            tops=((bottom[0], sum(widths)),),
            saved=tuple(buffer for part in parts for buffer in (*part.saved, Buffer(part.tops[0]))),
            scratch=(Buffer(bottom), *(buffer for part in parts for buffer in part.scratch)),
        )

    def is_function(self) -> bool:
        return self.pooling.is_function()

    def needs(self) -> Needs:
        needs = self.pooling.needs()
        return needs if self.height == 1 else Needs(bottoms=needs.bottoms)

    def forward(self, operands: Operands) -> None:
        if self.height == 1:
            self.pooling.forward(operands)
            return
        for level, part, place in self._parts(operands.bottoms[0].shape, operands):
            level.forward(part)
            np.copyto(operands.tops[0][:, place], part.tops[0].reshape(operands.tops[0][:, place].shape))

    def backward(self, operands: Operands) -> None:
        (bottom_diff,), (top_diff,) = operands.bottom_diffs, operands.top_diffs
        if bottom_diff is None:
            return
        if self.height == 1:
            self.pooling.backward(operands)
            return
        bottom_diff.fill(0)
        (share, *_) = operands.scratch
        for level, part, place in self._parts(bottom_diff.shape, operands):
            part.top_diffs = (np.ascontiguousarray(top_diff[:, place]).reshape(part.tops[0].shape),)
            part.bottom_diffs = (share,)
            level.backward(part)
            bottom_diff += share

    def _levels(self, bottom: Shape) -> Iterator[Pooling]:
        if self.height == 1:
            yield self.pooling
            return
        for number in range(self.height):
            yield replace(self.pooling, fields=self._bins(bottom[2:], 1 << number))

    def _bins(self, size: Shape, bins: int) -> PoolingFields:
        kernel = tuple(-(-length // bins) for length in size)
        pad = tuple((k * bins - length + 1) // 2 for k, length in zip(kernel, size, strict=True))
        if any(p >= k for p, k in zip(pad, kernel, strict=True)):
            raise ShapeError(f"a plane of {format_shape(size)} is too small for {bins} x {bins} bins", field=_HEIGHT)
        if self.pooling.method == STOCHASTIC and any(pad):
            raise ShapeError(
                f"STOCHASTIC pooling takes no padding, so {bins} x {bins} bins must divide {format_shape(size)}",
                field=_HEIGHT,
            )
        return PoolingFields(kernel, kernel, pad)

    def _parts(self, bottom: Shape, operands: Operands) -> Iterator[tuple[Pooling, Operands, slice]]:
        """For each level: its pooling, the operands of that, and its place in the top."""
        saved, scratch = iter(operands.saved), iter(operands.scratch[1:])
        start = 0
        for level in self._levels(bottom):
            signature = level.infer([bottom], 1)
            own = tuple(next(saved) for _ in signature.saved)
            top = next(saved)
            part = Operands(
                bottoms=operands.bottoms,
                tops=(top,),
                saved=own,
                scratch=tuple(next(scratch) for _ in signature.scratch),
                random=operands.random,
            )
            end = start + count(top.shape[1:])
            yield level, part, slice(start, end)
            start = end
