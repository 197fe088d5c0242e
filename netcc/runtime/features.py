"""Writes what a net computes for its data into databases (`tools/extract_features.cpp`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcc.data.database_writer import Backend, DatabaseWriter, open_writer
from netcc.data.datums import float_datum
from netcc.data.staging import staged_databases
from netcc.errors import UsageError, closest
from netcc.runtime.net import Net
from netcc.types import Array, Shape, format_shape

_DATUM_AXES = 3


@dataclass(frozen=True)
class Features:
    """A database of float Datums that was made: `shape` (channels, height, width) is that of each."""

    blob: str
    path: Path
    records: int
    shape: Shape


def extract_features(
    net: Net,
    targets: Sequence[tuple[str, Path]],
    batches: int,
    *,
    backend: Backend = "lmdb",
    force: bool = False,
    advance: Callable[[int], None] = lambda batches: None,
) -> list[Features]:
    """Runs `net` over `batches` batches and writes, for each blob and folder of `targets`, the blob's rows as Datums.

    `advance` is told of each batch. The databases appear at the end, or not at all. Raises UsageError for a blob that
    the net lacks or that no Datum can hold, OutputError where a database exists (unless `force`) or cannot be written.
    """
    for blob, _ in targets:
        _check_blob(net, blob)
    counts = dict.fromkeys(range(len(targets)), 0)
    with ExitStack() as stages:
        folders = [
            stages.enter_context(staged_databases(folder.parent, [folder.name], force)) / folder.name
            for _, folder in targets
        ]
        with ExitStack() as open_writers:
            writers = [open_writers.enter_context(open_writer(folder, backend)) for folder in folders]
            for _ in range(batches):
                net.forward()
                for index, (writer, (blob, _)) in enumerate(zip(writers, targets, strict=True)):
                    counts[index] += _put_rows(writer, net.blobs[blob].data, counts[index])
                advance(1)
    return [
        Features(blob, folder, counts[index], _row_shape(net.blobs[blob].data.shape))
        for index, (blob, folder) in enumerate(targets)
    ]


def _check_blob(net: Net, name: str) -> None:
    if name not in net.blobs:
        raise UsageError(f"the net has no blob {name!r}", suggestion=closest(name, net.blobs))
    shape = net.blobs[name].shape
    if len(shape) > _DATUM_AXES + 1:
        raise UsageError(
            f"blob {name!r} is {format_shape(shape)}: a Datum has channels, height and width, no more",
            notes=["put a Reshape or Flatten layer behind it"],
        )


def _row_shape(shape: Shape) -> Shape:
    """Channels, height and width of one row; axes that are missing have size 1."""
    row = shape[1:]
    return (*row, *(1,) * (_DATUM_AXES - len(row)))


def _put_rows(writer: DatabaseWriter, blob: Array, first: int) -> int:
    """Writes each row of `blob` under its number from `first` on, and gives how many there are."""
    rows = np.reshape(blob, (-1, *_row_shape(blob.shape)))
    for number, row in enumerate(rows, first):
        writer.put(b"%010d" % number, float_datum(row))
    return len(rows)
