"""`type: "AnnotatedData"`: images with the boxes of their objects, from a database (weiliu89/caffe, branch ssd,
`src/caffe/layers/annotated_data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.annotated import Annotator, Item, parse_annotated
from netcc.data.bad_records import bad_records_in_use
from netcc.data.lmdb_tree import Record
from netcc.data.objects import ROW
from netcc.data.records import open_records
from netcc.data.sampler import check_samplers
from netcc.data.source import reader
from netcc.data.transform import Transformer
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_BOXES = caffe_pb2.AnnotatedDatum.BBOX


@reader("AnnotatedData", prefetched=True)
class AnnotatedSource:
    """Images distorted, expanded, cut by a sampler, resized and mirrored as the net asks, their boxes with them.

    Tops: the images (batch, channels, height, width) and, if there is a second, the objects of all of them (1, 1,
    objects, 8); without any object one row of -1. Where neither the layer nor the first record names a type of
    annotation, the second top has the labels of the datums (batch). What is random in a batch comes from its number and
    one seed, so a position is the record, the number and the seed.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        _check_fields(message)
        param, transform = message.data_param, message.transform_param
        self._batch_size = param.batch_size
        transformer = Transformer.from_message(transform, phase, base)
        emit = transform.emit_constraint if transform.HasField("emit_constraint") else None
        self._annotator = Annotator(transformer, tuple(message.annotated_data_param.batch_sampler), emit)
        self._stated = message.annotated_data_param.HasField("anno_type")
        self._wants_objects = len(message.top) > 1
        self._bad = bad_records_in_use()
        self._records = open_records(param, base)
        self._has_objects = self._stated or _names_type(self._records.peek())
        self._seed, self._batch = int(random.integers(1 << 62)), 0
        self._ready: tuple[Array, Array] | None = None

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        """Of the next batch, which is made ready for that: how many objects it has is not known before."""
        if self._ready is None:
            self._begin = self._records.position
            self._ready = self._make(np.random.default_rng((self._seed, self._batch)))
        return tuple(array.shape for array in self._ready)[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        self.shapes(len(tops))
        assert self._ready is not None
        for top, array in zip(tops, self._ready, strict=False):
            np.copyto(top, array)
        self._ready = None
        self._batch += 1

    def position(self) -> dict[str, Any]:
        record = self._records.position if self._ready is None else self._begin
        return {"record": record, "batch": self._batch, "seed": self._seed}

    def restore(self, position: Mapping[str, Any]) -> None:
        self._records.seek(position.get("record", -1))
        self._seed, self._batch = position["seed"], position["batch"]
        self._ready = None

    def close(self) -> None:
        self._records.close()

    def _make(self, random: np.random.Generator) -> tuple[Array, Array]:
        """The images of one batch, and their objects or labels."""
        transformer = self._annotator.transformer.for_batch(random)
        annotator = replace(self._annotator, transformer=transformer)
        items = self._items(annotator, random)
        batch = np.empty((self._batch_size, *transformer.shape(items[0].image.shape)), np.float32)
        choices = transformer.apply([item.image for item in items], batch, random)
        if not self._has_objects:
            return batch, np.array([item.label for item in items], np.float32)
        rows = [annotator.rows(number, *pair) for number, pair in enumerate(zip(items, choices, strict=True))]
        return batch, _blob(np.concatenate(rows))

    def _items(self, annotator: Annotator, random: np.random.Generator) -> list[Item]:
        """The records of one batch, all of one size; bad ones are passed over if that is wanted."""
        items: list[Item] = []
        expected: Shape | None = None
        bad = 0
        while len(items) < self._batch_size:
            for record in self._records.take(self._batch_size - len(items)):
                try:
                    item = annotator.make(self._checked(record), random)
                    row = annotator.transformer.shape(item.image.shape)
                    if row != (expected := expected or row):
                        raise DataError(f"its image becomes {format_shape(row)}, unlike those before it in the batch")
                except DataError as error:
                    bad += 1
                    self._pass_over(record, error, bad)
                    continue
                items.append(item)
        return items

    def _checked(self, record: Record) -> caffe_pb2.AnnotatedDatum:
        """The message of `record`. Raises DataError where it lacks what the second top needs."""
        message = parse_annotated(record[1])
        if not self._wants_objects:
            return message
        if not self._has_objects and not message.datum.HasField("label"):
            raise DataError("it has neither a type of annotation nor a label")
        if self._stated or not self._has_objects:
            return message
        if not message.HasField("type"):
            raise DataError("it has no type of annotation, but the first record has", notes=["give anno_type: BBOX"])
        if message.type != _BOXES:
            raise DataError(f"it holds {_type_name(message.type)}, and netcc reads boxes alone")
        return message

    def _pass_over(self, record: Record, error: DataError, bad: int) -> None:
        """Counts a bad record, or raises what is wrong with it; raises as well if it is one of too many."""
        name = f"record {record[0].decode('utf-8', 'backslashreplace')!r} of {self._records.path}"
        fault = replace(error.diagnostics[0], message=f"{name}: {error.message}")
        self._bad.met(name, DataError([fault]))
        if bad >= len(self._records) + self._batch_size:
            raise DataError(f"none of the {len(self._records)} records can be used", notes=[fault.message])


def _check_fields(message: caffe_pb2.LayerParameter) -> None:
    """Raises LayerError for fields that make no sense, or that ask for what netcc does not read."""
    param = message.annotated_data_param
    if message.data_param.batch_size < 1:
        raise LayerError("batch_size must be at least 1", field=("data_param", "batch_size"))
    if len(message.top) > 2:
        raise LayerError("netcc reads no map of classes for a third top", field=("top", "2"))
    if param.anno_type != _BOXES:
        raise LayerError(
            f"netcc reads boxes alone, not {_type_name(param.anno_type)}", field=("annotated_data_param", "anno_type")
        )
    if param.yolo_data_type:
        raise LayerError(
            "netcc makes no labels in the form of MobileNet-YOLO", field=("annotated_data_param", "yolo_data_type")
        )
    check_samplers(param.batch_sampler)


def _type_name(number: int) -> str:
    return str(caffe_pb2.AnnotatedDatum.AnnotationType.Name(number))


def _names_type(record: Record) -> bool:
    """Whether `record` says what its annotations are; one that cannot be read is taken to."""
    try:
        return parse_annotated(record[1]).HasField("type")
    except DataError:
        return True


def _blob(rows: Array) -> Array:
    """(1, 1, objects, 8), at least one object: a row of -1 stands for none."""
    return (rows if len(rows) else np.full((1, ROW), -1.0)).astype(np.float32)[np.newaxis, np.newaxis]
