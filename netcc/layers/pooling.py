"""Pooling: the largest or the mean number under a sliding window, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Kind, Layer, Operands, Signature
from netcc.layers.pooling_plan import Pooled, pooled
from netcc.layers.registry import register
from netcc.layers.window import POOLING_MESSAGE, PoolingFields
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_LOWEST = float(np.finfo(np.float32).min)
"""What a maximum starts from (-FLT_MAX): a window with nothing larger, or nothing at all, gives this."""


@register("Pooling")
@dataclass(frozen=True)
class Pooling(Layer):
    """The largest (MAX) or mean (AVE) number under each window of a plane.

    Bottom (N, C, H, W); top (N, C, *size) with the size rule of `Window.pooled`; with MAX a second top holds the
    position in the H x W plane of each maximum, the first of equals (-1: no number above -FLT_MAX under the window).
    A mean divides by the window up to the far padding: padding counts, what lies beyond it does not.
    Behaves as src/caffe/layers/pooling_layer.cpp.
    """

    tops = Count(1, 2)

    maximum: bool
    fields: PoolingFields
    floor: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.pooling_param
        if fields.pool == caffe_pb2.PoolingParameter.STOCHASTIC:
            raise LayerError(
                "STOCHASTIC pooling is not supported (Caffe has it on the GPU only)",
                field=(POOLING_MESSAGE, "pool"),
                notes=["supported: MAX, AVE"],
            )
        maximum = fields.pool == caffe_pb2.PoolingParameter.MAX
        return cls(maximum, PoolingFields.read(fields), fields.round_mode == caffe_pb2.PoolingParameter.FLOOR)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) != 4:
            raise ShapeError(f"Pooling needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        if tops > 1 and not self.maximum:
            raise ShapeError("only MAX pooling has a second top", field=("top", "1"))
        plan = self._plan(bottom)
        tile = (plan.tile_planes * count(plan.result_size),)
        extended = (plan.tile_planes * count(plan.extended) if plan.ragged else 0,)
        kind: Kind = "byte" if count(plan.window.kernel) < 255 else "index"
        marks = (Buffer(tile, "bool"), Buffer(tile, kind), Buffer(tile, "index"), Buffer(tile, "index"))
        return Signature(
            tops=((*bottom[:2], *plan.result_size),) * tops,
            saved=(Buffer((plan.planes, *plan.result_size), kind),) if self.maximum else (),
            scratch=(Buffer(extended), Buffer(tile), *(marks if self.maximum else ())),
        )

    def forward(self, operands: Operands) -> None:
        plan = self._plan(operands.bottoms[0].shape)
        x, y = _planes(operands.bottoms[0], plan.size), _planes(operands.tops[0], plan.result_size)
        if not self.maximum:
            _mean(plan, x, y, operands.scratch)
            return
        (winner,) = operands.saved
        for tile in plan.tiles:
            _maximum(plan, x[tile], y[tile], winner[tile], operands.scratch)
        if len(operands.tops) > 1:
            mask = _planes(operands.tops[1], plan.result_size)
            for tile in plan.tiles:
                _positions(plan, winner[tile], mask[tile], operands.scratch)

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is None:
            return
        plan = self._plan(operands.bottom_diffs[0].shape)
        dx, dy = _planes(operands.bottom_diffs[0], plan.size), _planes(operands.top_diffs[0], plan.result_size)
        if not plan.covering:
            dx.fill(0)
        for tile in plan.tiles:
            target = _extended(plan, dx[tile], operands.scratch[0], 0)
            if self.maximum:
                _maximum_gradient(plan, operands.saved[0][tile], dy[tile], target, operands.scratch)
            else:
                _mean_gradient(plan, dy[tile], target, operands.scratch)
            if plan.ragged:
                np.copyto(dx[tile][:, *plan.reached], target[:, *plan.inside])

    def _plan(self, bottom: Shape) -> Pooled:
        return pooled(bottom, self.fields, self.floor)


def _planes(array: Array, size: Shape) -> Array:
    """Images and channels joined: (planes, height, width)."""
    return array.reshape(-1, *size)


def _part(buffer: Array, like: Array) -> Array:
    """The beginning of a flat scratch buffer in the shape of `like`."""
    return buffer[: like.size].reshape(like.shape)


def _extended(plan: Pooled, planes: Array, buffer: Array, outside: float) -> Array:
    """The extended planes, `outside` where they lie outside the planes."""
    if not plan.ragged:
        return planes
    extended = buffer[: len(planes) * count(plan.extended)].reshape(-1, *plan.extended)
    extended.fill(outside)
    np.copyto(extended[:, *plan.inside], planes[:, *plan.reached])
    return extended


def _maximum(plan: Pooled, x: Array, y: Array, winner: Array, scratch: Sequence[Array]) -> None:
    """The maxima, and in `winner` the number of the tap that gave each, counted from 1 (0: none).

    Taps come in order and only a larger number wins (NaN never does), so the last winner has the highest number.
    """
    y.fill(_LOWEST)
    winner.fill(0)
    extended = _extended(plan, x, scratch[0], _LOWEST)
    values, wins, marks = (_part(buffer, y) for buffer in scratch[1:4])
    for tap in plan.taps:
        np.copyto(values, extended[:, *tap.pixels])
        np.greater(values, y, out=wins)
        np.fmax(values, y, out=y)
        np.multiply(wins.view(np.uint8), marks.dtype.type(tap.number + 1), out=marks)
        np.maximum(winner, marks, out=winner)


def _positions(plan: Pooled, winner: Array, mask: Array, scratch: Sequence[Array]) -> None:
    """Positions of the winners in the flat plane."""
    numbers, places = _part(scratch[4], winner), _part(scratch[5], winner)
    np.copyto(numbers, winner)
    np.take(plan.offsets, numbers, out=places, mode="clip")
    places += plan.corners
    np.maximum(places, -1, out=mask, casting="unsafe")


def _maximum_gradient(plan: Pooled, winner: Array, dy: Array, dx: Array, scratch: Sequence[Array]) -> None:
    share, wins = _part(scratch[1], dy), _part(scratch[2], dy)
    for tap in plan.taps:
        pixels = dx[:, *tap.pixels]
        np.equal(winner, tap.number + 1, out=wins)
        np.multiply(dy, wins, out=pixels if plan.disjoint else share)
        if not plan.disjoint:
            np.add(pixels, share, out=pixels)


def _mean(plan: Pooled, x: Array, y: Array, scratch: Sequence[Array]) -> None:
    if plan.whole:
        np.sum(x, axis=(1, 2), keepdims=True, out=y)
    else:
        for tile in plan.tiles:
            _sum(plan, _extended(plan, x[tile], scratch[0], 0), y[tile])
    with np.errstate(divide="ignore", invalid="ignore"):  # a window outside the image has area 0
        np.divide(y, plan.areas, out=y)


def _sum(plan: Pooled, x: Array, y: Array) -> None:
    y.fill(0)
    for tap in plan.taps:
        np.add(y, x[:, *tap.pixels], out=y)


def _mean_gradient(plan: Pooled, dy: Array, dx: Array, scratch: Sequence[Array]) -> None:
    share = _part(scratch[1], dy)
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(dy, plan.areas, out=share)
    if plan.whole:
        np.copyto(dx, share)
        return
    for tap in plan.taps:
        pixels = dx[:, *tap.pixels]
        if plan.disjoint:
            np.copyto(pixels, share)
        else:
            np.add(pixels, share, out=pixels)
