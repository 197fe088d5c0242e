"""Writes records into a new LevelDB, as Caffe's tools do (`src/caffe/util/db_leveldb.cpp`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netcc.data.database_writer import BYTES_AT_ONCE, RECORDS_AT_ONCE
from netcc.errors import DataError, OutputError

_BLOCK_BYTES = 64 << 10
_LOG_BYTES = 64 << 20  # a quarter of Caffe's: whoever opens the database reads the whole log first


class LevelDbWriter:
    """Makes the new LevelDB `folder`, compressed with snappy; it is on the disk when the block ends.

    Raises OutputError where it cannot be written, DataError without the package plyvel.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import plyvel
        except ImportError:
            raise DataError(
                "writing a LevelDB needs the package plyvel", notes=['pip install "netcc[leveldb]"']
            ) from None
        self._name = folder.name
        self._plyvel: Any = plyvel
        with self._trouble_reported():
            self._database: Any = plyvel.DB(
                str(folder),
                create_if_missing=True,
                error_if_exists=True,
                write_buffer_size=_LOG_BYTES,
                block_size=_BLOCK_BYTES,
            )
        self._batch: Any = self._database.write_batch()
        self._waiting = self._bytes = 0

    def put(self, key: bytes, value: bytes) -> None:
        self._batch.put(key, value)
        self._waiting += 1
        self._bytes += len(value)
        if self._waiting == RECORDS_AT_ONCE or self._bytes >= BYTES_AT_ONCE:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._write()
                self._flush()
        finally:
            self._database.close()

    def _write(self) -> None:
        with self._trouble_reported():
            self._batch.write()
        self._batch, self._waiting, self._bytes = self._database.write_batch(), 0, 0

    def _flush(self) -> None:
        """Forces the log to the disk, with all that was written before."""
        with self._trouble_reported():
            self._database.write_batch(sync=True).write()

    @contextmanager
    def _trouble_reported(self) -> Iterator[None]:
        try:
            yield
        except (self._plyvel.Error, OSError) as error:
            raise OutputError(f"cannot write database {self._name}: {error}") from None
