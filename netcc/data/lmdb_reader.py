"""Reads the records of an LMDB in the order of their keys, over and over (`src/caffe/util/db_lmdb.cpp`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netcc.data.lmdb_environment import Environment
from netcc.errors import DataError

Record = tuple[bytes, bytes]
"""Key and value."""


class LmdbReader:
    """A cursor over the records of the database in folder `path`; after the last record comes the first again.

    Every method raises DataError where the folder is missing, is no LMDB, is damaged or holds no records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self._environment = Environment(path)
        try:
            self._open()
        except DataError:
            self._environment.close()  # which also ends its transactions
            raise

    def _open(self) -> None:
        with self._damage_reported():
            self._transaction: Any = self._environment.handle.begin()
            self._cursor: Any = self._transaction.cursor()
            self._count: int = self._transaction.stat()["entries"]
            found = self._cursor.first()
        if not found:
            raise DataError(f"database {self.path} holds no records")

    def __len__(self) -> int:
        return self._count

    def peek(self) -> Record:
        """The next record, which stays the next one."""
        with self._damage_reported():
            record: Record = self._cursor.item()
        return record

    def take(self, number: int) -> list[Record]:
        """The next `number` records."""
        cursor = self._cursor
        records = []
        with self._damage_reported():
            for _ in range(number):
                records.append(cursor.item())
                if not cursor.next():
                    cursor.first()
        self.position = (self.position + number) % self._count
        return records

    def seek(self, position: int) -> None:
        """Makes record `position` (from 0) the next one. Raises DataError if there are not so many."""
        if not 0 <= position < self._count:
            raise DataError(f"database {self.path} has no record {position}", notes=[f"it holds {self._count} records"])
        with self._damage_reported():
            self._cursor.first()
            for _ in range(position):
                self._cursor.next()
        self.position = position

    def close(self) -> None:
        """Gives the database back; a second call does nothing."""
        self._cursor.close()
        self._transaction.abort()
        self._environment.close()

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        """Says which database it is that liblmdb finds damaged."""
        import lmdb

        try:
            yield
        except lmdb.Error as error:
            raise DataError(f"database {self.path} is damaged: {error}") from None
