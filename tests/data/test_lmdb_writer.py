"""New LMDBs: what stands in the way of a record."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.database_rows import lmdb_rows

from netcc.data.lmdb_writer import write_lmdb
from netcc.errors import OutputError


def test_the_longest_key(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"k" * 511, b"v")])
    assert lmdb_rows(tmp_path / "db") == [(b"k" * 511, b"v")]
    with pytest.raises(OutputError) as caught:
        write_lmdb(tmp_path / "db2", [(b"k" * 512, b"v")])
    assert caught.value.message == f"a key of an LMDB has at most 511 bytes, this one 512: {'k' * 512}"


def test_records_are_told_of_as_they_are_written(tmp_path: Path) -> None:
    told: list[int] = []
    write_lmdb(tmp_path / "db", ((b"%05d" % index, b"") for index in range(2100)), told.append)
    assert told == [1000, 1000, 100]
