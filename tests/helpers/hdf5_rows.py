"""A reader of the HDF5 files behind Caffe's solver runs, registered for `type: "HDF5Data"` while netcc has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import h5py
import numpy as np

from netcc.data.source import locate, reader
from netcc.layers.base import Count, Operands, Signature, SourceLayer
from netcc.layers.registry import layer_types, register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


class RowSource:
    """The rows of all files, one file after the other, in order and without end."""

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        listing = locate(message.hdf5_data_param.source, base)
        files = [locate(line, listing.parent) for line in listing.read_text().split()]
        self.batch_size = message.hdf5_data_param.batch_size
        self.columns = [np.concatenate([_column(path, top) for path in files]) for top in message.top]
        self.next = 0

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return tuple((self.batch_size, *column.shape[1:]) for column in self.columns[:tops])

    def read(self, tops: Sequence[Array]) -> None:
        count = len(self.columns[0])
        rows = [(self.next + offset) % count for offset in range(self.batch_size)]
        for top, column in zip(tops, self.columns, strict=True):
            top[...] = column[rows]
        self.next = (self.next + self.batch_size) % count

    def position(self) -> dict[str, int]:
        return {"row": self.next}

    def restore(self, position: Mapping[str, int]) -> None:
        self.next = position["row"]

    def close(self) -> None:
        """Holds no file."""


def _column(path: Path, name: str) -> Array:
    with h5py.File(path, "r") as file:
        return np.array(file[name])


@dataclass(frozen=True)
class RowLayer(SourceLayer):
    """Tops are the datasets of the same names."""

    tops = Count(1, None)
    has_reader = True

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        return Signature(tops=tuple(shape for shape in given if shape is not None))

    def forward(self, operands: Operands) -> None:
        assert operands.reader is not None
        operands.reader.read(operands.tops)


def provide_hdf5_data() -> None:
    """Makes nets with HDF5Data layers work."""
    if "HDF5Data" not in layer_types():
        register("HDF5Data")(RowLayer)
        reader("HDF5Data")(RowSource)
