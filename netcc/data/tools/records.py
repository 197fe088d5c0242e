"""The records of a database from the first to the last, whichever way they were made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netcc.data.database_writer import Backend
from netcc.data.datum import parse_datum
from netcc.data.leveldb_reader import LevelDbReader
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.records import Records
from netcc.errors import DataError
from netcc.types import Array

_AT_ONCE = 64


@dataclass(frozen=True)
class DatumRecord:
    """`image` is (channels, height, width), uint8 or float32, decoded as it was encoded; `value` is the Datum."""

    key: bytes
    value: bytes
    image: Array
    label: int


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
        image, label = parse_datum(value, "native")
    except DataError as error:
        fault = error.diagnostics[0]
        name = key.decode("utf-8", "backslashreplace")
        raise DataError(f"record {name!r} of {path}: {fault.message}", notes=fault.notes) from None
    return DatumRecord(key, value, image, label)
