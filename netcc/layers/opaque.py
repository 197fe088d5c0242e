"""The stand-in for a layer that netcc cannot make, where a user wants to see the rest of a net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import ShapeError
from netcc.layers.base import Count, Operands, Signature, SourceLayer
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape


@dataclass(frozen=True)
class Opaque(SourceLayer):
    """A layer of which nothing is known: its tops have the shapes that are given from outside, or none."""

    bottoms: ClassVar[Count] = Count(0, None)
    tops: ClassVar[Count] = Count(0, None)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        shapes = [shape for shape in given if shape is not None]
        if len(shapes) < tops:
            raise ShapeError("nothing is known of this layer", notes=["give `--input TOP=SHAPE` for each of its tops"])
        return Signature(tuple(shapes))

    def forward(self, operands: Operands) -> None:
        raise ShapeError("nothing is known of this layer; it cannot run")
