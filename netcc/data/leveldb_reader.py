"""Reads the records of a LevelDB in the order of their keys, over and over (`src/caffe/util/db_leveldb.cpp`)."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from netcc.data.leveldb_folder import check_folder, linked_copy
from netcc.errors import DataError

Record = tuple[bytes, bytes]
"""Key and value."""


class LevelDbReader:
    """A cursor over the records of the database in folder `path`; after the last record comes the first again.

    The folder stays as it is, in log form or in table form, and several readers may have it open. Every method raises
    DataError where the folder is missing, is no LevelDB, is damaged or holds no records, or the package plyvel is not
    there. The number of records is only known after all were counted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        check_folder(path)
        self._plyvel = _import_plyvel()
        copy = linked_copy(path)
        self._delete_copy = weakref.finalize(self, shutil.rmtree, copy, ignore_errors=True)
        try:
            self._open(copy)
        except BaseException:
            self._delete_copy()
            raise

    def _open(self, copy: Path) -> None:
        with self._damage_reported():
            self._database = self._plyvel.DB(str(copy), create_if_missing=False, paranoid_checks=True)
            self._cursor = self._first()
        if not self._cursor.valid():
            self._database.close()
            raise DataError(f"database {self.path} holds no records")

    def _first(self) -> Any:
        """A cursor at the first record."""
        cursor = self._database.raw_iterator(verify_checksums=True, fill_cache=False)
        cursor.seek_to_first()
        return cursor

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        count = 0
        with self._damage_reported():
            cursor = self._first()
            while cursor.valid():
                count += 1
                cursor.next()
            cursor.close()
        return count

    def peek(self) -> Record:
        """The next record, which stays the next one."""
        with self._damage_reported():
            return self._cursor.key(), self._cursor.value()

    def take(self, number: int) -> list[Record]:
        """The next `number` records."""
        cursor, records = self._cursor, []
        with self._damage_reported():
            for _ in range(number):
                records.append((cursor.key(), cursor.value()))
                self._advance()
        return records

    def seek(self, position: int) -> None:
        """Makes record `position` (from 0) the next one. Raises DataError if there are not so many."""
        with self._damage_reported():
            cursor, reached = self._first(), 0
            while cursor.valid() and reached < position:
                cursor.next()
                reached += 1
            if not cursor.valid() or position < 0:
                cursor.close()
                raise DataError(f"database {self.path} has no record {position}")
        self._cursor.close()
        self._cursor, self.position = cursor, position

    def close(self) -> None:
        """Gives the database back; a second call does nothing."""
        self._cursor.close()
        self._database.close()
        self._delete_copy()

    def _advance(self) -> None:
        self._cursor.next()
        self.position += 1
        if not self._cursor.valid():
            self._cursor.seek_to_first()
            self.position = 0

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        """Says which database it is that LevelDB finds damaged."""
        try:
            yield
        except self._plyvel.Error as error:
            raise DataError(f"database {self.path} is damaged: {_reason(error)}") from None
        except RuntimeError as error:  # plyvel's word for a database or cursor that was closed
            raise DataError(f"database {self.path} cannot be read: {str(error).lower()}") from None


def _import_plyvel() -> Any:
    try:
        import plyvel
    except ImportError:
        raise DataError("reading a LevelDB needs the package plyvel", notes=['pip install "netcc[leveldb]"']) from None
    return plyvel


def _reason(error: Exception) -> str:
    """What LevelDB says, without the folder that it was shown."""
    text = error.args[0] if error.args else str(error)
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(word.rpartition("/")[2] if "netcc-leveldb-" in word else word for word in text.split())
