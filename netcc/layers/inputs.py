"""Layers where data enters the net: Input, DummyData, MemoryData, Data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from netcc.errors import LayerError, ShapeError
from netcc.fillers import check, fill
from netcc.layers.base import Count, Operands, Signature, SourceLayer
from netcc.layers.outside_data import input_flag, measure_batch, read_batch
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape

T = TypeVar("T")


def _for_top(values: Sequence[T], index: int) -> T:
    """The value for top `index`, where one value stands for all tops."""
    return values[0] if len(values) == 1 else values[index]


def _check_number(number: int, tops: int, what: str, field: tuple[str, ...]) -> None:
    if number not in (1, tops):
        raise LayerError(f"{number} {what} for {tops} tops: give one for all, or one for each", field=field)


def _replaced(shapes: Sequence[Shape], given: Sequence[Shape | None]) -> tuple[Shape, ...]:
    """The shapes from outside where there are any, else those of the layer."""
    return tuple(own if other is None else other for own, other in zip(shapes, given, strict=True))


@register("Input")
@dataclass(frozen=True)
class Input(SourceLayer):
    """Blobs that the caller fills, of the shapes in `input_param`: one for all tops, or one for each.

    Behaves as src/caffe/layers/input_layer.cpp.
    """

    example = "input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }"

    tops = Count(1, None)
    is_input = True

    names: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        shapes = tuple(tuple(shape.dim) for shape in message.input_param.shape)
        if any(size < 1 for shape in shapes for size in shape):
            raise LayerError("every axis needs a size of at least 1", field=("input_param", "shape"))
        return cls(tuple(message.top), shapes)

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        if self.shapes:
            _check_number(len(self.shapes), tops, "shapes", ("input_param", "shape"))
            return Signature(tops=_replaced([_for_top(self.shapes, i) for i in range(tops)], given))
        for index, shape in enumerate(given):
            if shape is None:
                raise ShapeError(
                    "an Input layer without input_param { shape { ... } } has no shape of its own",
                    field=("input_param",),
                    notes=[input_flag(self.names, index)],
                )
        return Signature(tops=_replaced([()] * tops, given))

    def forward(self, operands: Operands) -> None:
        """Takes the next batch where the caller gave a source; else the caller has filled the tops."""
        if operands.reader is not None:
            operands.reader.read(operands.tops)


@register("DummyData")
@dataclass(frozen=True)
class DummyData(SourceLayer):
    """Blobs set by fillers: constant ones once, all others anew in every forward pass.

    Shapes: `shape`, or the old `num`, `channels`, `height`, `width`; fillers: `data_filler` (none: 0). Of each, one for
    all tops or one for each. Behaves as src/caffe/layers/dummy_data_layer.cpp.
    """

    example = 'dummy_data_param { shape { dim: 8 dim: 3 dim: 32 dim: 32 } data_filler { type: "gaussian" } }'

    tops = Count(1, None)
    makes_data = True

    shapes: tuple[Shape, ...]
    fillers: tuple[caffe_pb2.FillerParameter, ...]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, tops = message.dummy_data_param, len(message.top)
        fillers = tuple(fields.data_filler) or (caffe_pb2.FillerParameter(),)
        _check_number(len(fillers), tops, "fillers", ("dummy_data_param", "data_filler"))
        for filler in fillers:
            check(filler)
        return cls(_dummy_shapes(fields, tops), fillers)

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        return Signature(tops=_replaced(self.shapes, given))

    def is_constant(self) -> bool:
        return all(filler.type == "constant" for filler in self.fillers)

    def start(self, operands: Operands) -> None:
        self._fill(operands, constant=True)

    def forward(self, operands: Operands) -> None:
        self._fill(operands, constant=False)

    def _fill(self, operands: Operands, *, constant: bool) -> None:
        for index, top in enumerate(operands.tops):
            filler = _for_top(self.fillers, index)
            if (filler.type == "constant") == constant:
                fill(top, filler, operands.random)


def _dummy_shapes(fields: caffe_pb2.DummyDataParameter, tops: int) -> tuple[Shape, ...]:
    """One shape for each top, from `shape` or from the four old fields."""
    old = {"num": fields.num, "channels": fields.channels, "height": fields.height, "width": fields.width}
    if not any(old.values()):
        _check_number(len(fields.shape), tops, "shapes", ("dummy_data_param", "shape"))
        return tuple(tuple(_for_top(fields.shape, i).dim) for i in range(tops))
    if fields.shape:
        raise LayerError(
            "shape and the old num, channels, height, width exclude each other", field=("dummy_data_param", "shape")
        )
    for name, values in old.items():
        _check_number(len(values), tops, f"values of {name}", ("dummy_data_param", name))
    return tuple(tuple(_for_top(values, i) for values in old.values()) for i in range(tops))


@register("MemoryData")
@dataclass(frozen=True)
class MemoryData(SourceLayer):
    """Batches from arrays that the caller hands over: data (batch, C, H, W) and labels (batch).

    Behaves as src/caffe/layers/memory_data_layer.cpp.
    """

    example = "memory_data_param { batch_size: 64 channels: 3 height: 32 width: 32 }"

    tops = Count(2, 2)
    has_reader = True

    shape: Shape

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.memory_data_param
        for name in ("batch_size", "channels", "height", "width"):
            if getattr(fields, name) == 0:
                raise LayerError(f"MemoryData needs a positive {name}", field=("memory_data_param", name))
        return cls((fields.batch_size, fields.channels, fields.height, fields.width))

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        data = given[0] or self.shape
        return Signature(tops=(data, data[:1]))

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)


@register("Data")
@dataclass(frozen=True)
class Data(SourceLayer):
    """Batches from a database of Datums: data (batch, C, H, W) and, with a second top, labels (batch).

    The shape of a batch comes from outside: from the first record of the database or from a flag. The net follows where
    a later batch begins with an image of another size. Behaves as src/caffe/layers/data_layer.cpp.
    """

    example = (
        'data_param { source: "train_lmdb" batch_size: 64 backend: LMDB } transform_param { scale: '
        "0.00390625 mirror: true }"
    )

    tops = Count(1, 2)
    has_reader = True
    dynamic = True

    names: tuple[str, ...]

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        if message.data_param.batch_size == 0:
            raise LayerError("Data needs a positive batch_size", field=("data_param", "batch_size"))
        return cls(tuple(message.top))

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        data = given[0]
        if data is None:
            raise ShapeError(
                "the shape of the batches is not known: no data source is at hand",
                field=("data_param", "source"),
                notes=[input_flag(self.names, 0)],
            )
        if len(data) == 0:
            raise ShapeError("a batch needs at least one axis", field=("data_param",))
        return Signature(tops=_replaced((data, data[:1])[:tops], (None, *given[1:])))

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        return measure_batch(operands)

    def forward(self, operands: Operands) -> None:
        read_batch(operands, self.type)
