"""The file that an HDF5Output layer writes (`src/caffe/layers/hdf5_output_layer.cpp`)."""

from __future__ import annotations

import os
import secrets
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from netcc.errors import OutputError
from netcc.types import Array, Shape, format_shape

NAMES = ("data", "label")
"""The datasets for the two bottoms of the layer."""

_AXES = 4
"""Of each dataset: Caffe writes num, channels, height and width."""


class HDF5Sink:
    """Gathers batches in a file beside `path`, which takes its place at `close`: `path` appears whole or not at all.

    Rows of a later batch follow those of the one before (Caffe takes one batch and fails at the next). An object that
    is given up without `close`, or left at the end of the program, is closed then. Every method raises OutputError
    where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = path.absolute()
        self._temporary = self._target.with_name(f".netcc-{secrets.token_hex(8)}")
        self._file: Any = None
        self._finish: Callable[[], object] = _nothing

    def write(self, bottoms: Sequence[Array]) -> None:
        """Adds the rows of `bottoms`, the arrays for `data` and `label`."""
        with self._trouble_reported():
            if self._file is None:
                self._create(bottoms)
                return
            for name, bottom in zip(NAMES, bottoms, strict=True):
                dataset, shape = self._file[name], four_axes(bottom.shape)
                if dataset.shape[1:] != shape[1:]:
                    found, expected = format_shape(shape[1:]), format_shape(dataset.shape[1:])
                    raise OutputError(f"{self._path}: rows of {name} are {found} now, but {expected} before")
                begin = len(dataset)
                dataset.resize(begin + shape[0], axis=0)
                dataset[begin:] = bottom.reshape(shape)

    def close(self) -> None:
        """Puts the file in its place, if anything was written; a second call does nothing."""
        with self._trouble_reported():
            self._finish()

    def _create(self, bottoms: Sequence[Array]) -> None:
        try:
            import h5py
        except ImportError:
            raise OutputError("writing HDF5 needs the package h5py", notes=['pip install "netcc[data]"']) from None
        self._file = h5py.File(self._temporary, "w")
        self._finish = weakref.finalize(self, _put_in_place, self._file, self._temporary, self._target)
        for name, bottom in zip(NAMES, bottoms, strict=True):
            shape = four_axes(bottom.shape)
            self._file.create_dataset(name, data=bottom.reshape(shape), maxshape=(None, *shape[1:]), chunks=shape)

    @contextmanager
    def _trouble_reported(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            with suppress(OSError):
                self._temporary.unlink()
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise OutputError(f"cannot write {self._path}: {reason.lower()}") from error


def four_axes(shape: Shape) -> Shape:
    """`shape`, of at most four axes, with ones behind it."""
    return (*shape, *(1,) * (_AXES - len(shape)))


def _put_in_place(file: Any, temporary: Path, path: Path) -> None:
    file.close()
    os.replace(temporary, path)


def _nothing() -> None:
    """Nothing was written."""
