"""The mean image of a database (`tools/compute_image_mean.cpp`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcc.data.staging import check_free_file
from netcc.data.tools.records import DatumRecord, datum_records, opened
from netcc.errors import DataError
from netcc.schema.binaryproto import write_binaryproto
from netcc.types import Array, format_shape


@dataclass(frozen=True)
class Mean:
    """`image` is float32 (channels, height, width), the mean of `records` images."""

    image: Array
    records: int

    @property
    def values(self) -> list[float]:
        """The mean of each channel, fit for `mean_value`."""
        means: list[float] = self.image.mean(axis=(1, 2), dtype=np.float64).tolist()
        return means


def mean_image(
    path: Path, advance: Callable[[int], None] = lambda records: None, begin: Callable[[int], None] = lambda total: None
) -> Mean:
    """The mean of all images in the database `path`.

    `begin` is told how many there are, `advance` how many more were read. Sums are exact, so the result is Caffe's as
    long as Caffe's float32 sums are (some 65,000 images), and nearer the truth beyond. Raises DataError where a record
    is broken or has another size than the first.
    """
    with opened(path) as reader:
        begin(len(reader))
        total: Array | None = None
        for record in datum_records(reader):
            if total is None:
                total = np.zeros(record.image.shape, np.float64)
            _check_size(path, record, total)
            total += record.image
            advance(1)
        assert total is not None, "a reader has at least one record"
        return Mean((total / len(reader)).astype(np.float32), len(reader))


def write_mean(out: Path, mean: Mean, *, force: bool = False) -> None:
    """Writes the mean as a `.binaryproto`, whole or not at all. Raises OutputError."""
    check_free_file(out, force)
    write_binaryproto(out, mean.image)


def _check_size(path: Path, record: DatumRecord, total: Array) -> None:
    if record.image.shape != total.shape:
        name = record.key.decode("utf-8", "backslashreplace")
        raise DataError(
            f"record {name!r} of {path}: it is {format_shape(record.image.shape)}, "
            f"the first is {format_shape(total.shape)}",
            notes=["a mean needs images of one size: make the database with --resize-height and --resize-width"],
        )
