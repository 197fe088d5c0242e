"""`type: "HDF5Data"`: batches of rows of HDF5 files (`src/caffe/layers/hdf5_data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.bad_records import bad_records_in_use
from netcc.data.listing import read_paths
from netcc.data.order import shuffled
from netcc.data.row_files import RowFile, check_rows
from netcc.data.source import locate, reader
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_DIRECT = (".h5", ".hdf5", ".npz")
"""A source that ends so is a file of rows itself, not a list of them."""


@reader("HDF5Data", prefetched=True)
class RowFileSource:
    """The rows of all files, one file after the other and over and over; each top is the dataset of its name.

    `source` lists the files, each HDF5 or NPZ, or is one of them. A batch may reach over the end of a file. With
    `shuffle` the order of the files is new in each epoch, and that of the rows whenever a file is opened.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param = message.hdf5_data_param
        if param.batch_size < 1:
            raise LayerError("batch_size must be at least 1", field=("hdf5_data_param", "batch_size"))
        if not param.source:
            raise LayerError("source is missing: the list of HDF5 files", field=("hdf5_data_param", "source"))
        self._batch_size = param.batch_size
        self._names = list(message.top)
        self._bad = bad_records_in_use()
        source = locate(param.source, base)
        self._files = [source]
        if source.suffix not in _DIRECT:
            # Relative to the working directory as in Caffe, or to the list itself.
            self._files = [locate(path, source.parent) for path in read_paths(source)]
        self._seed = int(random.integers(1 << 62)) if param.shuffle else None
        self._open_file: RowFile | None = None
        self._opened = -1
        self._shapes: dict[str, Shape] = {}
        self._go(0, 0, 0)
        self._shapes = self._current().shapes

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return tuple((self._batch_size, *self._shapes[name]) for name in self._names[:tops])

    def read(self, tops: Sequence[Array]) -> None:
        filled = 0
        while filled < self._batch_size:
            file = self._current()
            part = np.asarray(self._rows[self._row : self._row + self._batch_size - filled])
            for name, top in zip(self._names, tops, strict=False):
                file.read(name, part, top[filled : filled + len(part)])
            filled += len(part)
            self._row += len(part)
            if self._row == len(self._rows):
                self._next_file()

    def position(self) -> dict[str, Any]:
        return {"epoch": self._epoch, "file": self._file, "row": self._row, "seed": self._seed}

    def restore(self, position: Mapping[str, Any]) -> None:
        epoch, file, row = (position.get(name, -1) for name in ("epoch", "file", "row"))
        seed = position.get("seed")
        if epoch < 0 or not 0 <= file < len(self._files) or (seed is None) != (self._seed is None):
            raise DataError(f"there is no file {file} in epoch {epoch}", notes=[f"there are {len(self._files)} files"])
        self._seed = seed
        self._go(epoch, file, row)
        if not 0 <= row < len(self._current()):
            raise DataError(f"{self._current().path} has no row {row}")

    def close(self) -> None:
        if self._open_file is not None:
            self._open_file.close()
            self._open_file = None

    def _go(self, epoch: int, file: int, row: int) -> None:
        """Row `row` of the file at place `file` in the order of `epoch` is the next one."""
        self._epoch, self._file, self._row = epoch, file, row
        self._rows: Sequence[int] | Array = range(0)

    def _next_file(self) -> None:
        """The first row of the next file, in the next epoch if there are no more in this one."""
        last = self._file + 1 == len(self._files)
        self._go(self._epoch + last, 0 if last else self._file + 1, 0)

    def _current(self) -> RowFile:
        """The file that holds the next row; bad ones are passed over if that is wanted."""
        failures = 0
        while self._open_file is None or not len(self._rows):
            index = self._index()
            try:
                self._open(index)
            except DataError as error:
                self._bad.met(str(self._files[index]), error)
                failures += 1
                if failures == len(self._files):
                    raise DataError(f"none of the {failures} files can be used", notes=[error.message]) from None
                self._next_file()
        return self._open_file

    def _index(self) -> int:
        """Which file of the list it is that holds the next row."""
        if self._seed is None:
            return self._file
        return int(shuffled(len(self._files), self._seed, self._epoch)[self._file])

    def _open(self, index: int) -> None:
        """Makes file `index` of the list the open one and sets the order of its rows."""
        if self._open_file is None or self._opened != index:
            self.close()
            file = RowFile(self._files[index], self._names)
            try:
                check_rows(file, self._shapes or file.shapes)
            except DataError:
                file.close()
                raise
            self._open_file, self._opened = file, index
        count = len(self._open_file)
        seeds = None if self._seed is None else (self._seed, self._epoch, 1 + self._file)
        self._rows = range(count) if seeds is None else shuffled(count, *seeds)
