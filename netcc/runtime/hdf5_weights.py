"""The HDF5 form of weights: `.caffemodel.h5`, a dataset `data/LAYER/INDEX` for each parameter.

Laid out as `Net::ToHDF5` of src/caffe/net.cpp does it: a group for every layer, also where it has no parameters; of a
parameter that layers share, only the owner has the dataset. Gradients stand below `diff`, those of sharers as well.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from netcc.errors import WeightsError
from netcc.runtime.hdf5 import is_dataset, read_blob, reading, write_file
from netcc.schema.blobs import BlobArray
from netcc.types import Array


def read_hdf5_weights(path: str | os.PathLike[str]) -> dict[str, list[BlobArray | None]]:
    """Layer names and their parameters, in HDF5's order of names.

    A parameter that belongs to another layer is None where a later one follows, else the list ends before it.
    Raises WeightsError if h5py is not installed or the file is damaged or not such a file.
    """
    with reading(path) as file:
        return _layers(file, os.fspath(path))


def _layers(file: Any, path: str) -> dict[str, list[BlobArray | None]]:
    """The datasets below `data`, gathered by layer; a slash in a layer's name makes groups in groups."""
    if "data" not in file or is_dataset(file["data"]):
        raise WeightsError(f"{path} holds no weights", notes=["an HDF5 weights file has a group `data`"])
    layers: dict[str, dict[int, BlobArray]] = {}

    def visit(name: str, item: Any) -> None:
        layer, _, index = name.rpartition("/")
        if not is_dataset(item):
            layers.setdefault(name, {})
        elif layer and index.isdecimal() and len(index) < 4:
            layers.setdefault(layer, {})[int(index)] = read_blob(item, f"{path}: layer {layer!r}, blob {index}")
        else:
            raise WeightsError(f"{path}: dataset data/{name} is no parameter of a layer")

    file["data"].visititems(visit)
    return {name: [blobs.get(index) for index in range(max(blobs, default=-1) + 1)] for name, blobs in layers.items()}


def write_hdf5_weights(
    path: str | os.PathLike[str],
    layers: Sequence[str],
    blobs: Mapping[str, Sequence[Array]],
    shared: Mapping[str, Collection[int]],
    diffs: Mapping[str, Sequence[Array]] | None = None,
) -> None:
    """Writes the parameters of `layers`, but for those at the places `shared` of each; with `diffs` all gradients.

    Raises WeightsError if h5py is missing, OutputError if the file cannot be written.
    """

    def build(file: Any) -> None:
        data = file.create_group("data")
        for name in layers:
            group = data.create_group(name)
            for index, array in enumerate(blobs.get(name, ())):
                if index not in shared.get(name, ()):
                    group.create_dataset(str(index), data=array)
        if diffs is not None:
            gradients = file.create_group("diff")
            for name in layers:
                group = gradients.create_group(name)
                for index, array in enumerate(diffs.get(name, ())):
                    group.create_dataset(str(index), data=array)

    write_file(path, build)
