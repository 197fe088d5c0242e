"""Writes records into a new LMDB, as Caffe's tools do (`src/caffe/util/db_lmdb.cpp`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netcc.data.database_writer import BYTES_AT_ONCE, RECORDS_AT_ONCE, write_records
from netcc.errors import DataError, OutputError

_FIRST_MAP_SIZE = 16 << 20
_LONGEST_KEY = 511
"""Bytes; liblmdb is built so."""


class LmdbWriter:
    """Makes the new LMDB `folder`. The file has the size of its records; it is on the disk when the block ends.

    Raises OutputError where it cannot be written, DataError without the package lmdb.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import lmdb
        except ImportError:
            raise DataError("writing an LMDB needs the package lmdb", notes=['pip install "netcc[data]"']) from None
        self._name = folder.name
        self._lmdb: Any = lmdb
        self._waiting: list[tuple[bytes, bytes]] = []
        self._bytes = 0
        with self._trouble_reported():
            # Nobody else knows the new folder: no lock file, and one flush at the end is enough.
            self._environment: Any = lmdb.open(str(folder), map_size=_FIRST_MAP_SIZE, lock=False, sync=False)

    def put(self, key: bytes, value: bytes) -> None:
        if len(key) > _LONGEST_KEY:
            name = key.decode("utf-8", "backslashreplace")
            raise OutputError(f"a key of an LMDB has at most {_LONGEST_KEY} bytes, this one {len(key)}: {name}")
        self._waiting.append((key, value))
        self._bytes += len(value)
        if len(self._waiting) == RECORDS_AT_ONCE or self._bytes >= BYTES_AT_ONCE:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._write()
                with self._trouble_reported():
                    self._environment.sync(True)
        finally:
            self._environment.close()

    def _write(self) -> None:
        """Writes one transaction, with twice the room as often as it does not fit."""
        chunk, self._waiting, self._bytes = self._waiting, [], 0
        with self._trouble_reported():
            while True:
                try:
                    with self._environment.begin(write=True) as transaction:
                        for key, value in chunk:
                            transaction.put(key, value, append=True)
                    return
                except self._lmdb.MapFullError:
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])

    @contextmanager
    def _trouble_reported(self) -> Iterator[None]:
        try:
            yield
        except (self._lmdb.Error, OSError) as error:
            raise OutputError(f"cannot write database {self._name}: {error}") from None


def write_lmdb(
    folder: Path,
    records: Iterable[tuple[bytes, bytes]],
    advance: Callable[[int], None] = lambda written: None,
) -> int:
    """Makes the new LMDB `folder` from `records` (key, value), whose keys must rise, and gives their number.

    `advance` is told now and then how many more have been written. Raises as `LmdbWriter` does.
    """
    with LmdbWriter(folder) as writer:
        return write_records(writer, records, advance)
