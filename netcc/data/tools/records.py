"""The records of a database from the first to the last, whichever way they were made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netcc.data.database_writer import Backend
from netcc.data.datum import datum_image, is_annotated, read_datum
from netcc.data.leveldb_reader import LevelDbReader
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.records import Records
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array

_AT_ONCE = 64


@dataclass(frozen=True)
class DatumRecord:
    """`image` is (channels, height, width), uint8 or float32, decoded as `datum` has it; `value` is the whole record.

    `labels` has the label of the Datum, or those of the objects of an AnnotatedDatum.
    """

    key: bytes
    value: bytes
    datum: caffe_pb2.Datum
    image: Array
    labels: tuple[int, ...]
    annotated: bool


def backend_of(path: Path) -> Backend:
    """The kind of the database in folder `path`, by its files; an LMDB if it is none at all."""
    return "leveldb" if (path / "CURRENT").is_file() and not (path / "data.mdb").is_file() else "lmdb"


@contextmanager
def opened(path: Path) -> Iterator[Records]:
    """The records of the database in folder `path`, closed at the end of the block. Raises DataError."""
    reader: Records = LevelDbReader(path) if backend_of(path) == "leveldb" else LmdbReader(path)
    try:
        yield reader
    finally:
        reader.close()


def datum_records(reader: Records) -> Iterator[DatumRecord]:
    """Each record once. Raises DataError that names the record which is no Datum."""
    left = len(reader)
    while left:
        taken = reader.take(min(_AT_ONCE, left))
        left -= len(taken)
        for key, value in taken:
            yield _parse(reader.path, key, value)


def _parse(path: Path, key: bytes, value: bytes) -> DatumRecord:
    try:
        datum = read_datum(value)
        labels: tuple[int, ...] = (datum.label,)
        annotated = is_annotated(datum, value)
        if annotated:
            datum, labels = _objects_of(value)
        image = datum_image(datum, "native")
    except DataError as error:
        fault = error.diagnostics[0]
        name = key.decode("utf-8", "backslashreplace")
        raise DataError(f"record {name!r} of {path}: {fault.message}", notes=fault.notes) from None
    return DatumRecord(key, value, datum, image, labels, annotated)


def _objects_of(value: bytes) -> tuple[caffe_pb2.Datum, tuple[int, ...]]:
    message = caffe_pb2.AnnotatedDatum.FromString(value)
    groups = message.annotation_group
    return message.datum, tuple(group.group_label for group in groups for _ in group.annotation)
