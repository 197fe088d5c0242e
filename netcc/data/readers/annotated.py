"""`type: "AnnotatedData"`: images with the boxes of their objects, from a database (weiliu89/caffe, branch ssd,
`src/caffe/layers/annotated_data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from netcc.data.bad_records import bad_records_in_use
from netcc.data.datum import datum_image
from netcc.data.lmdb_reader import Record
from netcc.data.objects import ROW, Objects
from netcc.data.records import open_records
from netcc.data.sampler import draw_window
from netcc.data.source import reader
from netcc.data.transform import Transformer, run_steps
from netcc.data.transform_steps import WHOLE, Window, cut
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@reader("AnnotatedData", prefetched=True)
class AnnotatedSource:
    """Images distorted, expanded, cut by a sampler, resized and mirrored as the net asks, their boxes with them.

    Tops: the images (batch, channels, height, width) and, if there is a second, the objects of all of them (1, 1,
    objects, 8); without any object one row of -1. What is random in a batch comes from its number and one seed, so a
    position is the record, the number and the seed.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param = message.data_param
        if param.batch_size < 1:
            raise LayerError("batch_size must be at least 1", field=("data_param", "batch_size"))
        if len(message.top) > 2:
            raise LayerError("netcc reads no map of classes for a third top", field=("top", "2"))
        self._batch_size = param.batch_size
        self._transformer = Transformer.from_message(message.transform_param, phase, base)
        transform = message.transform_param
        self._emit = transform.emit_constraint if transform.HasField("emit_constraint") else None
        self._samplers = list(message.annotated_data_param.batch_sampler)
        self._bad = bad_records_in_use()
        self._records = open_records(param, base)
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
        """The images and the objects of one batch."""
        images: list[Array] = []
        objects: list[Objects] = []
        bad = 0
        while len(images) < self._batch_size:
            for record in self._records.take(self._batch_size - len(images)):
                try:
                    image, found = self._item(record, random)
                    row = self._transformer.shape(image.shape)
                    if images and row != self._transformer.shape(images[0].shape):
                        raise DataError(f"its image becomes {format_shape(row)}, unlike those before it in the batch")
                except DataError as error:
                    bad += 1
                    self._pass_over(record, error, bad)
                    continue
                images.append(image)
                objects.append(found)
        batch = np.empty((self._batch_size, *self._transformer.shape(images[0].shape)), np.float32)
        choices = self._transformer.apply(images, batch, random)
        rows = []
        for item, (image, found, (mirrored, top, left)) in enumerate(zip(images, objects, choices, strict=True)):
            if self._transformer.crop:
                high, wide = image.shape[1:]
                window = (left / wide, top / high, (left + batch.shape[3]) / wide, (top + batch.shape[2]) / high)
                found = found.seen_through(window, self._emit)
            rows.append((found.mirrored() if mirrored else found).rows(item))
        return batch, _blob(np.concatenate(rows))

    def _item(self, record: Record, random: np.random.Generator) -> tuple[Array, Objects]:
        """One image and its objects, before Caffe's own crop and mirror."""
        try:
            message = caffe_pb2.AnnotatedDatum.FromString(record[1])
        except DecodeError:
            raise DataError("it is not an AnnotatedDatum") from None
        image = datum_image(message.datum, self._transformer.channels)
        objects = Objects.from_message(message)
        image, windows = run_steps(self._transformer.before, image, random)
        objects = self._through(objects, windows)
        window = draw_window(self._samplers, objects, random) if self._samplers else None
        if window is not None:
            rows, columns = image.shape[1:]
            left, top = int(window[0] * columns), int(window[1] * rows)
            width, height = int(window[2] * columns) - left, int(window[3] * rows) - top
            if width > 0 and height > 0:
                # The window of whole pixels, not the one drawn: so the boxes stay where they are.
                image, shown = cut(image, left, top, width, height)
                objects = objects.seen_through(shown, self._emit)
        image, windows = run_steps(self._transformer.sizing, image, random)
        return image, self._through(objects, windows)

    def _through(self, objects: Objects, windows: Sequence[Window]) -> Objects:
        for window in windows:
            if window != WHOLE:
                objects = objects.seen_through(window, self._emit)
        return objects

    def _pass_over(self, record: Record, error: DataError, bad: int) -> None:
        """Counts a bad record, or raises what is wrong with it; raises as well if it is one of too many."""
        name = f"record {record[0].decode('utf-8', 'backslashreplace')!r} of {self._records.path}"
        fault = replace(error.diagnostics[0], message=f"{name}: {error.message}")
        self._bad.met(name, DataError([fault]))
        if bad >= len(self._records) + self._batch_size:
            raise DataError(f"none of the {len(self._records)} records can be used", notes=[fault.message])


def _blob(rows: Array) -> Array:
    """(1, 1, objects, 8), at least one object: a row of -1 stands for none."""
    return (rows if len(rows) else np.full((1, ROW), -1.0)).astype(np.float32)[np.newaxis, np.newaxis]
