"""The HDF5 form of weights: `.caffemodel.h5`, a dataset `data/LAYER/INDEX` for each parameter."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from netcc.errors import WeightsError
from netcc.schema.blobs import BlobArray

_DAMAGE = (OSError, RuntimeError, LookupError, TypeError, ValueError, OverflowError)
"""What h5py raises on a damaged file, as the place of the damage has it."""


def read_hdf5_weights(path: str | os.PathLike[str]) -> dict[str, list[BlobArray]]:
    """Layer names and their parameters, as `Net::ToHDF5` of src/caffe/net.cpp writes them.

    Layers come in HDF5's order of names. A layer that shares the parameter of another has no dataset for it, so its
    list can end early.

    Raises WeightsError if h5py is not installed or the file is damaged or not such a file.
    """
    try:
        import h5py
    except ImportError as error:
        raise WeightsError(
            f"reading {os.fspath(path)} needs h5py", notes=["install it with: pip install 'netcc[data]'"]
        ) from error
    try:
        with h5py.File(path, "r") as file:
            return _layers(file, os.fspath(path), h5py.Dataset)
    except _DAMAGE as error:
        raise WeightsError(f"{os.fspath(path)} is a damaged HDF5 file", notes=[str(error)]) from error


def _layers(file: Any, path: str, dataset_type: type) -> dict[str, list[BlobArray]]:
    """The datasets below `data`, gathered by layer; a slash in a layer's name makes groups in groups."""
    if "data" not in file or isinstance(file["data"], dataset_type):
        raise WeightsError(f"{path} holds no weights", notes=["an HDF5 weights file has a group `data`"])
    layers: dict[str, dict[int, BlobArray]] = {}

    def visit(name: str, item: Any) -> None:
        layer, _, index = name.rpartition("/")
        if not isinstance(item, dataset_type):
            layers.setdefault(name, {})
        elif layer and index.isdecimal():
            layers.setdefault(layer, {})[int(index)] = _blob(item, f"{path}: layer {layer!r}, blob {index}")
        else:
            raise WeightsError(f"{path}: dataset data/{name} is no parameter of a layer")

    file["data"].visititems(visit)
    return {name: _in_order(blobs, f"{path}: layer {name!r}") for name, blobs in layers.items()}


def _blob(dataset: Any, where: str) -> BlobArray:
    if dataset.dtype.kind != "f":
        raise WeightsError(f"{where}: values of type {dataset.dtype}, not floats")
    if dataset.chunks is None and dataset.nbytes > dataset.file.id.get_filesize():
        raise WeightsError(f"{where}: {dataset.nbytes} bytes, more than the file has")
    array = np.asarray(dataset[()], np.float64 if dataset.dtype.itemsize == 8 else np.float32)
    array.flags.writeable = False
    return BlobArray(array)


def _in_order(blobs: dict[int, BlobArray], where: str) -> list[BlobArray]:
    if sorted(blobs) != list(range(len(blobs))):
        note = "parameters shared with another layer are left out of HDF5 files: take the binary .caffemodel"
        raise WeightsError(f"{where}: blobs {sorted(blobs)} do not count from 0", notes=[note])
    return [blobs[index] for index in range(len(blobs))]
