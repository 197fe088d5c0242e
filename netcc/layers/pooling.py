"""Pooling: one number for all that lie under a sliding window, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Kind, Layer, Needs, Operands, Repeat, Signature
from netcc.layers.pooling_kernels import (
    drawn,
    extend,
    maximum,
    mean,
    mean_gradient,
    positions,
    weighted,
    weighted_gradient,
    winner_gradient,
)
from netcc.layers.pooling_plan import Pooled, pooled
from netcc.layers.registry import register
from netcc.layers.window import POOLING_MESSAGE, PoolingFields
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array, Phase, Shape, count, format_shape

MAX, AVE = caffe_pb2.PoolingParameter.MAX, caffe_pb2.PoolingParameter.AVE
STOCHASTIC = caffe_pb2.PoolingParameter.STOCHASTIC


@register("Pooling")
@dataclass(frozen=True)
class Pooling(Layer):
    """The largest (MAX) or mean (AVE) number under each window, or one drawn by chance (STOCHASTIC).

    Bottom (N, C, H, W), or with more spatial axes; top (N, C, *size) with the size rule of `Window.pooled`. With MAX a
    second top holds the position in the H x W plane of each maximum, the first of equals (-1: no number above -FLT_MAX
    under the window). A mean divides by the window up to the far padding: padding counts, what lies beyond it does not
    (with `avg_include_pad: false`, a field of forks, only pixels count). STOCHASTIC takes no padding; in TRAIN a number
    is drawn with its share of the sum, in TEST the result is the mean weighted so, sum of squares / sum; numbers should
    not be negative. `ceil_mode: false` of forks is `round_mode: FLOOR`.
    Behaves as src/caffe/layers/pooling_layer.cpp and, for STOCHASTIC, pooling_layer.cu. Zeiler and Fergus, Stochastic
    Pooling (2013).
    """

    example = "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"

    tops: ClassVar[Count] = Count(1, 2)

    method: int
    fields: PoolingFields
    floor: bool
    include_pad: bool = True
    draws: bool = False
    """STOCHASTIC in TRAIN."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.pooling_param
        _refuse_foreign(fields)
        window = PoolingFields.read(fields)
        if fields.pool == STOCHASTIC and any(window.pad):
            raise LayerError("STOCHASTIC pooling takes no padding", field=(POOLING_MESSAGE, "pad"))
        floor = fields.round_mode == caffe_pb2.PoolingParameter.FLOOR
        if not fields.HasField("round_mode"):
            floor = not fields.ceil_mode
        return cls(fields.pool, window, floor, fields.avg_include_pad, fields.pool == STOCHASTIC and phase == TRAIN)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) < 4:
            raise ShapeError(f"Pooling needs a bottom of at least 4 axes (N x C x H x W), not {format_shape(bottom)}")
        if tops > 1 and self.method != MAX:
            raise ShapeError("only MAX pooling has a second top", field=("top", "1"))
        plan = self._plan(bottom)
        saved, scratch = self._buffers(plan)
        return Signature(tops=((*bottom[:2], *plan.result_size),) * tops, saved=saved, scratch=scratch)

    def batchwise(self) -> bool:
        return not self.draws

    def is_function(self) -> bool:
        return not self.draws

    def repeats(self) -> Repeat:
        return "never" if self.draws else "all"

    def needs(self) -> Needs:
        return Needs(bottoms=(0,), tops=(0,)) if self._weighted else Needs()

    def forward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        x, y = _planes(operands.bottoms[0], plan.size), _planes(operands.tops[0], plan.result_size)
        scratch = operands.scratch
        if self.method == AVE:
            for tile in [slice(None)] if plan.whole else plan.tiles:
                mean(plan, x[tile], y[tile], scratch)
            return
        (saved,) = operands.saved
        for tile in plan.tiles:
            if self._weighted:
                weighted(plan, x[tile], y[tile], saved[tile], scratch)
            elif self.draws:
                drawn(plan, x[tile], y[tile], saved[tile], operands.random, scratch)
            else:
                maximum(plan, x[tile], y[tile], saved[tile], scratch)
        if len(operands.tops) > 1:
            mask = _planes(operands.tops[1], plan.result_size)
            for tile in plan.tiles:
                positions(plan, saved[tile], mask[tile], scratch)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is None:
            return
        plan = self._plan(operands.bottom_diffs[0].shape)
        dx = _planes(operands.bottom_diffs[0], plan.size)
        if self._weighted or not plan.covering:
            dx.fill(0)
        for tile in plan.tiles:
            target = extend(plan, dx[tile], operands.scratch[0], 0)
            self._tile_gradient(plan, operands, tile, target)
            if plan.ragged:
                np.copyto(dx[tile][:, *plan.reached], target[:, *plan.inside])

    def _tile_gradient(self, plan: Pooled, operands: Operands, tile: slice, target: Array) -> None:
        dy, scratch = _planes(operands.top_diffs[0], plan.result_size)[tile], operands.scratch
        if self.method == AVE:
            mean_gradient(plan, dy, target, scratch)
        elif self._weighted:
            x, y = _planes(operands.bottoms[0], plan.size)[tile], _planes(operands.tops[0], plan.result_size)[tile]
            weighted_gradient(plan, x, y, operands.saved[0][tile], dy, target, scratch)
        else:
            winner_gradient(plan, operands.saved[0][tile], dy, target, scratch)

    @property
    def _weighted(self) -> bool:
        return self.method == STOCHASTIC and not self.draws

    def _plan(self, bottom: Shape) -> Pooled:
        return pooled(bottom, self.fields, self.floor, self.include_pad)

    def _buffers(self, plan: Pooled) -> tuple[tuple[Buffer, ...], tuple[Buffer, ...]]:
        """Saved and scratch buffers, in the order in which the kernels know them."""
        tile = Buffer((plan.tile_planes * count(plan.result_size),))
        extended = Buffer((plan.tile_planes * count(plan.extended) if plan.ragged else 0,))
        result = (plan.planes, *plan.result_size)
        if self.method == AVE:
            return (), (extended, tile)
        wins = Buffer(tile.shape, "bool")
        if self._weighted:
            return (Buffer(result),), (extended, tile, wins, extended, tile)
        kind: Kind = "byte" if count(plan.window.kernel) < 255 else "index"
        place = Buffer(tile.shape, "index")
        marks = (extended, tile, wins, Buffer(tile.shape, kind), place, place)
        return (Buffer(result, kind),), (*marks, tile) if self.draws else marks


def _planes(array: Array, size: Shape) -> Array:
    """Images and channels joined: (planes, height, width)."""
    return array.reshape(array.shape[0] * array.shape[1], *size)


def _refuse_foreign(fields: caffe_pb2.PoolingParameter) -> None:
    """Refuses what forks add and netcc does not do."""
    if fields.pool not in (MAX, AVE, STOCHASTIC):
        name = caffe_pb2.PoolingParameter.PoolMethod.Name(fields.pool)
        raise LayerError(
            f"Pooling has no method {name}", field=(POOLING_MESSAGE, "pool"), notes=["MAX, AVE, STOCHASTIC"]
        )
    if fields.torch_pooling:
        raise LayerError("torch_pooling is not supported", field=(POOLING_MESSAGE, "torch_pooling"))
    if fields.axis != 1:
        raise LayerError("Pooling works with channels on axis 1 only", field=(POOLING_MESSAGE, "axis"))
