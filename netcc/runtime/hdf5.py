"""HDF5 files: opened, read and written so that every fault is one of ours. h5py is loaded only where one is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from netcc.atomic import atomic_write
from netcc.errors import OutputError, WeightsError
from netcc.schema.blobs import BlobArray
from netcc.types import Array

_DAMAGE = (OSError, RuntimeError, LookupError, TypeError, ValueError, OverflowError)
"""What h5py raises on a damaged file, as the place of the damage has it."""


def require_h5py(purpose: str) -> ModuleType:
    """The module h5py. Raises WeightsError, which says how to install it, if it is missing."""
    try:
        import h5py
    except ImportError as error:
        notes = ["install it with: pip install 'netcc[data]'"]
        raise WeightsError(f"{purpose} needs h5py", notes=notes) from error
    module: ModuleType = h5py
    return module


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The open file. Within the block what h5py raises becomes a WeightsError that calls the file damaged."""
    h5py = require_h5py(f"reading {os.fspath(path)}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except _DAMAGE as error:
        raise WeightsError(f"{os.fspath(path)} is a damaged HDF5 file", notes=[str(error)]) from error


def write_file(path: str | os.PathLike[str], build: Callable[[Any], None]) -> None:
    """Writes the file that `build` makes in memory; it appears whole or not at all.

    Raises WeightsError if h5py is missing, OutputError if the file cannot be made or written.
    """
    h5py = require_h5py(f"writing {os.fspath(path)}")
    try:
        with h5py.File(os.fspath(path), "w", driver="core", backing_store=False) as file:
            build(file)
            file.flush()
            image: bytes = file.id.get_file_image()
    except _DAMAGE as error:
        raise OutputError(f"cannot write {os.fspath(path)}: {error}") from error
    with atomic_write(path) as target:
        target.write(image)


def is_dataset(item: Any) -> bool:
    """Whether an item of a file is a dataset, not a group of them or a type."""
    return hasattr(item, "chunks")


def read_blob(dataset: Any, where: str) -> BlobArray:
    """The floats of `dataset`, which error messages call `where`. Raises WeightsError if it has none."""
    array = _numbers(dataset, "f", "floats", where)
    array = np.asarray(array, np.float64 if dataset.dtype.itemsize == 8 else np.float32)
    array.flags.writeable = False
    return BlobArray(array)


def read_number(file: Any, name: str, kind: str, path: str) -> float:
    """The single number of the dataset `name`; `kind` is "i" for whole ones or "f".

    Raises WeightsError if there is no such dataset or something else in it.
    """
    if name not in file or not is_dataset(file[name]):
        raise WeightsError(f"{path}: there is no {name} in it")
    array = _numbers(file[name], kind, "whole numbers" if kind == "i" else "floats", f"{path}: {name}")
    if array.size != 1:
        raise WeightsError(f"{path}: {name} has {array.size} numbers; expected 1")
    value: float = array.reshape(-1)[0].item()
    return value


def _numbers(dataset: Any, kind: str, what: str, where: str) -> Array:
    if dataset.dtype.kind != kind:
        raise WeightsError(f"{where}: values of type {dataset.dtype}, not {what}")
    if dataset.chunks is None and dataset.nbytes > dataset.file.id.get_filesize():
        raise WeightsError(f"{where}: {dataset.nbytes} bytes, more than the file has")
    return np.asarray(dataset[()])
