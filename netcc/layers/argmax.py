"""ArgMax: where the largest numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Layer, Operands, Signature, canonical_axis
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count


@register("ArgMax")
@dataclass(frozen=True)
class ArgMax(Layer):
    """The positions of the `top_k` largest numbers, largest first; of equal numbers the one with the higher position.

    Without `axis`, of each item as a whole: bottom (N, ...), top (N, 1, top_k) with ones up to the bottom's number of
    axes, or with `out_max_val` (N, 2, top_k): positions, then values. With `axis`, along that axis, which gets the size
    top_k; `out_max_val` then gives the values instead. Behaves as src/caffe/layers/argmax_layer.cpp.
    """

    differentiable: ClassVar[bool] = False

    axis: int | None
    top_k: int
    values: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.argmax_param
        if fields.top_k < 1:
            raise LayerError("top_k must be at least 1", field=("argmax_param", "top_k"))
        return cls(fields.axis if fields.HasField("axis") else None, fields.top_k, fields.out_max_val)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        axis = canonical_axis(0 if self.axis is None else self.axis, len(bottom), ("argmax_param", "axis"))
        choice = count(bottom[1:]) if self.axis is None else bottom[axis]
        if self.top_k > choice:
            raise ShapeError(f"top_k is {self.top_k}, but there are {choice} numbers", field=("argmax_param", "top_k"))
        if self.axis is not None:
            return Signature(tops=((*bottom[:axis], self.top_k, *bottom[axis + 1 :]),))
        rest = (1,) * (len(bottom) - 3)
        return Signature(tops=((bottom[0], 2 if self.values else 1, self.top_k, *rest),))

    def forward(self, operands: Operands) -> None:
        (bottom,), (top,) = operands.bottoms, operands.tops
        if self.axis is None:
            rows = bottom.reshape(len(bottom), count(bottom.shape[1:]), 1)
            facts = top.reshape(len(bottom), top.shape[1], self.top_k, 1)
            positions = self._largest(rows)
            np.copyto(facts[:, 0], positions)
            if self.values:
                np.copyto(facts[:, 1], np.take_along_axis(rows, positions, axis=1))
            return
        axis = self.axis % bottom.ndim
        rows = bottom.reshape(count(bottom.shape[:axis]), bottom.shape[axis], count(bottom.shape[axis + 1 :]))
        positions = self._largest(rows)
        found = top.reshape(positions.shape)
        np.copyto(found, np.take_along_axis(rows, positions, axis=1) if self.values else positions)

    def _largest(self, rows: Array) -> Array:
        """Positions along axis 1 of (outer, choice, inner), as (outer, top_k, inner)."""
        last = rows.shape[1] - 1
        if self.top_k == 1:
            positions: Array = last - np.argmax(rows[:, ::-1], axis=1, keepdims=True)
            return positions
        return np.argsort(rows, axis=1, kind="stable")[:, ::-1][:, : self.top_k]
