"""Files of named arrays whose first axis counts rows: HDF5, which is read row by row, and NPZ."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netcc.errors import DataError, closest
from netcc.types import Array, Shape, format_shape

MOST_HELD = 64 << 20
"""Bytes: an HDF5 file whose wanted datasets need no more is read at once, a larger one row by row."""

_DAMAGE = (OSError, RuntimeError, LookupError, TypeError, ValueError, OverflowError)
"""What h5py raises on a damaged file, as the place of the damage has it."""
_NPZ_DAMAGE = (
    *(OSError, ValueError, TypeError, EOFError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError),
)


class RowFile:
    """The arrays `names` of the file `path`, each with the same number of rows, at least 1.

    `close` gives the file up. Raises DataError where it cannot be read, lacks an array, or the arrays do not fit.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path = path
        self._file: Any = None
        try:
            self._columns = self._open_npz(names) if path.suffix == ".npz" else self._open_hdf5(names)
            self._check()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of a row of each array."""
        return {name: tuple(column.shape[1:]) for name, column in self._columns.items()}

    def read(self, name: str, rows: Array, target: Array) -> None:
        """Copies the rows with the numbers `rows` of one array into `target`."""
        column = self._columns[name]
        if isinstance(column, np.ndarray):
            target[...] = column[rows]
            return
        try:
            if rows[-1] - rows[0] + 1 == len(rows) and (np.diff(rows) == 1).all():
                target[...] = column[rows[0] : rows[-1] + 1]
            else:  # row by row: a list of places is slower still in HDF5
                for place, row in enumerate(rows.tolist()):
                    target[place] = column[row]
        except _DAMAGE as error:
            raise self._damaged(error) from None

    def close(self) -> None:
        """Gives the file up; a second call does nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open_hdf5(self, names: Sequence[str]) -> Mapping[str, Any]:
        try:
            import h5py
        except ImportError:
            raise DataError("reading HDF5 needs the package h5py", notes=['pip install "netcc[data]"']) from None
        self._look()
        try:
            self._file = h5py.File(self.path, "r")
            there = {name for name, item in self._file.items() if isinstance(item, h5py.Dataset)}
            columns = {name: self._file[self._known(name, there)] for name in names}
            for name, column in columns.items():
                self._check_dataset(name, column)
            if sum(column.nbytes for column in columns.values()) <= MOST_HELD:
                return {name: column[()] for name, column in columns.items()}
        except _DAMAGE as error:
            raise self._damaged(error) from None
        return columns

    def _open_npz(self, names: Sequence[str]) -> Mapping[str, Array]:
        self._look()
        try:
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                if not isinstance(file, Mapping):
                    raise DataError(f"{self.path} is not an NPZ file")
                return {name: file[self._known(name, set(file))] for name in names}
        except _NPZ_DAMAGE as error:
            raise DataError(f"{self.path} is a damaged NPZ file, or none", notes=[_first_line(error)]) from None

    def _look(self) -> None:
        """Raises DataError where there is no such file."""
        try:
            with self.path.open("rb"):
                pass
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {(error.strerror or str(error)).lower()}") from None

    def _known(self, name: str, there: set[str]) -> str:
        if name not in there:
            raise DataError(
                f"{self.path} has no dataset {name!r}, as a top is called",
                notes=[f"it has {', '.join(sorted(there)) or 'none'}"],
                suggestion=closest(name, there),
            )
        return name

    def _check_dataset(self, name: str, column: Any) -> None:
        """Raises DataError for a dataset that promises more than its file can hold, before memory is asked for."""
        if column.chunks is None and column.nbytes > column.file.id.get_filesize():
            raise DataError(f"{self.path}: dataset {name!r} has {column.nbytes} bytes, more than its file")

    def _check(self) -> None:
        for name, column in self._columns.items():
            if column.dtype.kind not in "fiub":
                raise DataError(f"{self.path}: dataset {name!r} holds {column.dtype}, not numbers")
            if not column.shape:
                raise DataError(f"{self.path}: dataset {name!r} is one number, not a row of items")
        counts = {name: column.shape[0] for name, column in self._columns.items()}
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise DataError(f"{self.path}: its datasets have different numbers of rows: {listed}")
        if not len(self):
            raise DataError(f"{self.path} has no rows")

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.path} is a damaged HDF5 file, or none", notes=[_first_line(error)])


def check_rows(file: RowFile, expected: Mapping[str, Shape]) -> None:
    """Raises DataError where the rows of `file` are not of the shapes `expected`."""
    for name, shape in file.shapes.items():
        if shape != expected[name]:
            raise DataError(
                f"{file.path}: rows of {name!r} are {format_shape(shape)}, but {format_shape(expected[name])} in the "
                "file before it"
            )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
