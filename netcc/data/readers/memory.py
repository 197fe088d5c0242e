"""`type: "MemoryData"`: batches from arrays that the caller sets (`src/caffe/layers/memory_data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from netcc.data.source import reader
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@reader("MemoryData")
class MemorySource:
    """Gives the rows of the arrays in order, from the first again after the last.

    Tops: data (batch, channels, height, width) and labels (batch).
    `transform_param` does not touch arrays, nor does it in Caffe.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param = message.memory_data_param
        self._name = message.name
        self._batch_size = param.batch_size
        self._row: Shape = (param.channels, param.height, param.width)
        if min(self._batch_size, *self._row) < 1:
            raise LayerError(
                "batch_size, channels, height and width must be given, each at least 1", field=("memory_data_param",)
            )
        self._data: Array | None = None
        self._labels: Array = np.zeros(0)
        self._next = 0

    def set_arrays(self, data: Array, labels: Array) -> None:
        """Reads from `data` (count, channels, height, width) and `labels` (count values in any shape) from now on.

        The arrays are not copied. `count` must be a multiple of the batch size. Raises DataError.
        """
        data, labels = np.asarray(data), np.asarray(labels)
        if data.ndim != 4 or data.shape[1:] != self._row:
            raise self._fault(
                f"data is {format_shape(data.shape)}", f"expected count x {format_shape(self._row)}, as the net says"
            )
        if not len(data) or len(data) % self._batch_size:
            raise self._fault(f"{len(data)} rows of data", f"expected a multiple of the batch size, {self._batch_size}")
        if labels.size != len(data) or labels.shape[:1] != data.shape[:1]:
            raise self._fault(f"labels is {format_shape(labels.shape)}", f"expected one for each of {len(data)} rows")
        self._data, self._labels, self._next = data, labels.reshape(-1), 0

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return ((self._batch_size, *self._row), (self._batch_size,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        if self._data is None:
            raise self._fault("no arrays are set", "call set_input_arrays(data, labels) before the forward pass")
        rows = slice(self._next, self._next + self._batch_size)
        tops[0][...] = self._data[rows]
        if len(tops) > 1:
            tops[1][...] = self._labels[rows].reshape(tops[1].shape)
        self._next = rows.stop % len(self._data)

    def position(self) -> dict[str, int]:
        return {"record": self._next}

    def restore(self, position: Mapping[str, int]) -> None:
        record = position.get("record", -1)
        count = 0 if self._data is None else len(self._data)
        if record and (not 0 <= record < count or record % self._batch_size):
            raise self._fault(f"no batch begins at row {record}", f"the arrays that are set have {count} rows")
        self._next = record

    def close(self) -> None:
        self._data = None

    def _fault(self, fault: str, note: str) -> DataError:
        return DataError(f"MemoryData layer {self._name!r}: {fault}", notes=[note])
