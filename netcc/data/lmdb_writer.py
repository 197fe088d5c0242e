"""Writes records into a new LMDB, as Caffe's tools do (`src/caffe/util/db_lmdb.cpp`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from netcc.errors import DataError, OutputError

_RECORDS_AT_ONCE = 1000
_FIRST_MAP_SIZE = 16 << 20


def write_lmdb(
    folder: Path,
    records: Iterable[tuple[bytes, bytes]],
    advance: Callable[[int], None] = lambda written: None,
) -> int:
    """Makes the new LMDB `folder` from `records` (key, value), whose keys must rise, and gives their number.

    `advance` is told now and then how many more have been written. The file has the size of its records; it is on the
    disk when this returns. Raises OutputError where it cannot be written, DataError without the package lmdb.
    """
    try:
        import lmdb
    except ImportError:
        raise DataError("writing an LMDB needs the package lmdb", notes=['pip install "netcc[data]"']) from None
    try:
        # Nobody else knows the new folder: no lock file, and one flush at the end is enough.
        environment = lmdb.open(str(folder), map_size=_FIRST_MAP_SIZE, lock=False, sync=False)
        with environment:
            written = 0
            for chunk in _chunks(records):
                _put(environment, chunk, lmdb.MapFullError)
                written += len(chunk)
                advance(len(chunk))
            environment.sync(True)
    except (lmdb.Error, OSError) as error:
        raise OutputError(f"cannot write database {folder.name}: {error}") from None
    return written


def _chunks(records: Iterable[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, _RECORDS_AT_ONCE)):
        yield chunk


def _put(environment: Any, chunk: list[tuple[bytes, bytes]], map_full: type[Exception]) -> None:
    """Writes one transaction, with twice the room as often as it does not fit."""
    while True:
        try:
            with environment.begin(write=True) as transaction:
                for key, value in chunk:
                    transaction.put(key, value, append=True)
            return
        except map_full:
            environment.set_mapsize(2 * environment.info()["map_size"])
