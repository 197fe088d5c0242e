"""A reader of the HDF5 files behind Caffe's solver runs, for HDF5Data layers while netcc has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from netcc.data.source import locate, reader
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


@cache
def provide_hdf5_data() -> None:
    """Makes HDF5Data layers run."""
    reader("HDF5Data")(RowSource)
