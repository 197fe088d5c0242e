"""`type: "Data"`: batches of the Datums in a database (`src/caffe/layers/data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.datum import parse_datum
from netcc.data.lmdb_tree import Record
from netcc.data.records import Records, open_records
from netcc.data.row_source import RowSource
from netcc.data.source import reader
from netcc.data.transform import Transformer
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase


@reader("Data", prefetched=True)
class DatabaseSource(RowSource[Record]):
    """Reads records in the order of their keys, from the first again after the last, also within a batch.

    Tops: the images (batch, channels, height, width) and, if there is a second, the labels (batch).
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param = message.data_param
        if param.batch_size < 1:
            raise LayerError("batch_size must be at least 1", field=("data_param", "batch_size"))
        transformer = Transformer.from_message(message.transform_param, phase, base)
        super().__init__(param.batch_size, transformer, random)
        self._channels = "color" if param.force_encoded_color else transformer.channels
        self._records = open_records(param, base)
        if param.rand_skip:
            _skip(self._records, int(random.integers(param.rand_skip)))

    def peek(self) -> Record:
        return self._records.peek()

    def take(self, number: int) -> list[Record]:
        return self._records.take(number)

    def total(self) -> int:
        return len(self._records)

    def decode(self, record: Record) -> tuple[Array, int]:
        return parse_datum(record[1], self._channels)

    def name(self, record: Record) -> str:
        return f"record {record[0].decode('utf-8', 'backslashreplace')!r} of {self._records.path}"

    def blame(self, record: Record, error: DataError) -> DataError:
        fault = error.diagnostics[0]
        return DataError(f"{self.name(record)}: {fault.message}", notes=fault.notes)

    def position(self) -> dict[str, Any]:
        return {"record": self._records.position}

    def seek(self, position: Mapping[str, Any]) -> None:
        self._records.seek(position.get("record", -1))

    def close(self) -> None:
        self._records.close()


def _skip(records: Records, number: int) -> None:
    """Goes `number` records ahead, around the end if there are fewer; only in that case all are counted (slow)."""
    try:
        records.seek(number)
    except DataError:
        records.seek(number % len(records))
