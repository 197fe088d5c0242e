"""Writes new databases, as Caffe's tools do (`src/caffe/util/db.cpp`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

Backend: TypeAlias = Literal["lmdb", "leveldb"]

RECORDS_AT_ONCE = 1000
"""Records that are written in one step, or fewer if they have many bytes."""

BYTES_AT_ONCE = 64 << 20
"""Bytes of values that are held in memory before they are written."""


class DatabaseWriter(Protocol):
    """A new database, which holds all its records once the `with` block has ended."""

    def put(self, key: bytes, value: bytes) -> None:
        """Adds a record; keys must rise. Raises OutputError where it cannot be written."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_writer(folder: Path, backend: Backend) -> DatabaseWriter:
    """A writer of the new database `folder`.

    Raises OutputError where it cannot be made, DataError without the package that it needs.
    """
    if backend == "leveldb":
        from netcc.data.leveldb_writer import LevelDbWriter

        return LevelDbWriter(folder)
    from netcc.data.lmdb_writer import LmdbWriter

    return LmdbWriter(folder)


def write_records(
    writer: DatabaseWriter,
    records: Iterable[tuple[bytes, bytes]],
    advance: Callable[[int], None] = lambda written: None,
) -> int:
    """Puts all `records` (key, value) into `writer` and gives their number.

    `advance` is told now and then how many more have been written.
    """
    written = told = 0
    for key, value in records:
        writer.put(key, value)
        written += 1
        if written - told == RECORDS_AT_ONCE:
            told = written
            advance(RECORDS_AT_ONCE)
    advance(written - told)
    return written
