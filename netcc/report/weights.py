"""What is in a weights file: layers, shapes, and how their numbers are spread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netcc.runtime.weights import read_caffemodel
from netcc.schema import caffe_pb2
from netcc.schema.blobs import BlobArray
from netcc.schema.files import is_hdf5
from netcc.types import Array, Shape, count

CHUNK = 1 << 20
"""Numbers that are looked at together, so that a file of gigabytes takes no second copy of itself."""


@dataclass(frozen=True)
class Statistics:
    """`least`, `greatest`, `mean` and standard `deviation` of the finite numbers, None if there are none; the share of
    `zeros` among all; how many are `not_finite`."""

    least: float | None
    greatest: float | None
    mean: float | None
    deviation: float | None
    zeros: float
    not_finite: int


@dataclass(frozen=True)
class BlobRow:
    """One blob of a layer. One that the file leaves to another layer has no statistics, and its shape is not known."""

    shape: Shape | None
    dtype: str = ""
    statistics: Statistics | None = None

    @property
    def count(self) -> int:
        return count(self.shape) if self.shape is not None else 0


@dataclass(frozen=True)
class LayerWeights:
    """A layer; `type` is spelled as in the file, and empty in HDF5."""

    name: str
    type: str
    blobs: tuple[BlobRow, ...]


@dataclass(frozen=True)
class WeightsTable:
    """The layers of the file at `path` in its order. `size` is that of the file, in bytes."""

    path: Path
    format: str
    size: int
    layers: tuple[LayerWeights, ...]

    @property
    def parameter_count(self) -> int:
        return sum(blob.count for layer in self.layers for blob in layer.blobs)

    @property
    def not_finite(self) -> int:
        """Numbers that are NaN or infinite."""
        return sum(blob.statistics.not_finite for layer in self.layers for blob in layer.blobs if blob.statistics)

    def as_json(self) -> dict[str, Any]:
        """The table as objects that JSON knows."""
        layers = [
            {"name": layer.name, "type": layer.type, "blobs": [_blob_json(blob) for blob in layer.blobs]}
            for layer in self.layers
        ]
        totals = {"parameters": self.parameter_count, "not_finite": self.not_finite, "bytes": self.size}
        return {"file": str(self.path), "format": self.format, "layers": layers, "totals": totals}


def weights_table(path: str | os.PathLike[str]) -> WeightsTable:
    """The table of a `.caffemodel` of any generation, or its HDF5 form. Raises WeightsError if it cannot be read."""
    layers = tuple(
        LayerWeights(layer.name, layer.type, tuple(map(_row, layer.blobs))) for layer in read_caffemodel(path)
    )
    kind = "HDF5" if is_hdf5(path) else f"protobuf, {_generation(layers)}"
    return WeightsTable(Path(path), kind, os.stat(path).st_size, layers)


def statistics(array: Array) -> Statistics:
    """The statistics of `array`, in double precision."""
    numbers = array.reshape(-1)
    parts = [numbers[start : start + CHUNK] for start in range(0, numbers.size, CHUNK)]
    finite = list(_finite(parts))
    amount = sum(part.size for part in finite)
    zeros = sum(int(part.size - np.count_nonzero(part)) for part in parts)
    share = zeros / numbers.size if numbers.size else 0.0
    if not amount:
        return Statistics(None, None, None, None, share, numbers.size)
    mean = sum(float(part.sum(dtype=np.float64)) for part in finite) / amount
    squares = sum(float(np.square(part.astype(np.float64) - mean).sum()) for part in finite)
    least = min(float(part.min()) for part in finite)
    greatest = max(float(part.max()) for part in finite)
    return Statistics(least, greatest, mean, (squares / amount) ** 0.5, share, numbers.size - amount)


def _finite(parts: list[Array]) -> Iterator[Array]:
    """The finite numbers of each part, where there are some."""
    for part in parts:
        known = np.isfinite(part)
        chosen = part if known.all() else part[known]
        if chosen.size:
            yield chosen


def _row(blob: BlobArray | None) -> BlobRow:
    if blob is None:
        return BlobRow(None)
    return BlobRow(blob.shape, str(blob.data.dtype), statistics(blob.data))


def _generation(layers: tuple[LayerWeights, ...]) -> str:
    """Which of Caffe's three spellings of layers the file has; the types tell."""
    types = {layer.type for layer in layers}
    old = set(caffe_pb2.V1LayerParameter.LayerType.keys())
    if all(kind in old or kind.isdecimal() for kind in types):
        return "V1 layers"
    return "V0 layers" if all(kind.islower() for kind in types) else "layers of today"


def _blob_json(blob: BlobRow) -> dict[str, Any]:
    shape = None if blob.shape is None else list(blob.shape)
    numbers = asdict(blob.statistics) if blob.statistics else {}
    return {"shape": shape, "count": blob.count, "dtype": blob.dtype, **numbers}
