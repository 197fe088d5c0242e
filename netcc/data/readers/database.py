"""`type: "Data"`: batches of the Datums in a database (`src/caffe/layers/data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from netcc.data.datum import parse_datum
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.source import locate, reader
from netcc.data.transform import Transformer
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@reader("Data", prefetched=True)
class DatabaseSource:
    """Reads records in the order of their keys, from the first again after the last, also within a batch.

    Tops: the images (batch, channels, height, width) and, if there is a second, the labels (batch).
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        self._batch_size = message.data_param.batch_size
        if self._batch_size < 1:
            raise LayerError("batch_size must be at least 1", field=("data_param", "batch_size"))
        self._random = random
        self._transformer = Transformer.from_message(message.transform_param, phase, base)
        self._records = _open_database(message.data_param, base)
        if message.data_param.rand_skip:
            self._records.seek(int(random.integers(message.data_param.rand_skip)) % len(self._records))

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        """Of the next batch, whose images all have the shape of its first."""
        key, value = self._records.peek()
        image, _ = self._parse(key, value)
        shape = self._row_shape(key, image)
        return ((self._batch_size, *shape), (self._batch_size,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        images, labels = [], []
        accepted: Shape | None = None
        for key, value in self._records.take(self._batch_size):
            image, label = self._parse(key, value)
            if image.shape != accepted:
                self._check_row(key, image, tops[0].shape[1:])
                accepted = image.shape
            images.append(image)
            labels.append(label)
        self._transformer.apply(images, tops[0], self._random)
        if len(tops) > 1:
            tops[1][...] = np.reshape(labels, tops[1].shape)

    def position(self) -> dict[str, int]:
        return {"record": self._records.position}

    def restore(self, position: Mapping[str, int]) -> None:
        self._records.seek(position.get("record", -1))

    def close(self) -> None:
        self._records.close()

    def _parse(self, key: bytes, value: bytes) -> tuple[Array, int]:
        try:
            return parse_datum(value, self._transformer.channels)
        except DataError as error:
            raise self._blame(key, error) from None

    def _row_shape(self, key: bytes, image: Array) -> Shape:
        try:
            return self._transformer.shape(image.shape)
        except DataError as error:
            raise self._blame(key, error) from None

    def _check_row(self, key: bytes, image: Array, expected: Shape) -> None:
        shape = self._row_shape(key, image)
        if shape != expected:
            fault = f"its image is {format_shape(shape)}, but the batch holds images of {format_shape(expected)}"
            raise self._blame(
                key, DataError(fault, notes=["images of one batch must have one size, or be cropped to it"])
            )

    def _blame(self, key: bytes, error: DataError) -> DataError:
        """The same error with the record it is about."""
        fault = error.diagnostics[0]
        name = key.decode("utf-8", "backslashreplace")
        return DataError(f"record {name!r} of {self._records.path}: {fault.message}", notes=fault.notes)


def _open_database(param: caffe_pb2.DataParameter, base: Path | None) -> LmdbReader:
    """Opens `source` with the `backend` that the layer names."""
    if not param.source:
        raise LayerError("source is missing: the folder of the database", field=("data_param", "source"))
    path = locate(param.source, base)
    if param.backend == caffe_pb2.DataParameter.LMDB:
        return LmdbReader(path)
    field = ("data_param", "backend")
    if (path / "data.mdb").exists():
        stated = "the backend is LEVELDB" if param.HasField("backend") else "without a backend, LEVELDB is meant"
        raise LayerError(f"{path} is an LMDB, but {stated}", field=field, notes=["write `backend: LMDB`"])
    raise LayerError(
        "netcc does not read LevelDB databases", field=field, notes=["make an LMDB of it, then write `backend: LMDB`"]
    )
