"""Tile: a blob repeated along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Layer, Operands, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count


@register("Tile")
@dataclass(frozen=True)
class Tile(Layer):
    """The bottom `tiles` times one after the other along `axis` (default 1): a size d there becomes tiles * d.

    The gradients of the copies add up. Behaves as src/caffe/layers/tile_layer.cpp.
    """

    example = "tile_param { tiles: 3 }"

    axis: int
    tiles: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.tile_param
        if fields.tiles < 1:
            raise LayerError("Tile needs a positive number of tiles", field=("tile_param", "tiles"))
        return cls(fields.axis, fields.tiles)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(self.axis, len(bottom), ("tile_param", "axis"))
        return Signature(tops=((*bottom[:axis], bottom[axis] * self.tiles, *bottom[axis + 1 :]),))

    def forward(self, operands: Operands) -> None:
        (bottom,), (top,) = operands.bottoms, operands.tops
        np.copyto(self._copies(top), self._one(bottom))

    def backward(self, operands: Operands) -> None:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is not None:
            np.sum(self._copies(operands.top_diffs[0]), axis=1, keepdims=True, out=self._one(bottom_diff))

    def _one(self, bottom: Array) -> Array:
        axis = self.axis % bottom.ndim
        return bottom.reshape(count(bottom.shape[:axis]), 1, count(bottom.shape[axis:]))

    def _copies(self, top: Array) -> Array:
        """(everything before the axis, tiles, one tile)."""
        axis = self.axis % top.ndim
        return top.reshape(count(top.shape[:axis]), self.tiles, count(top.shape[axis:]) // self.tiles)
