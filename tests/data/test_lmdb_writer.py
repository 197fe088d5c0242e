"""New LMDBs: what stands in the way of a record."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.database_rows import leveldb_rows, lmdb_rows

from netcc.data import leveldb_writer, lmdb_writer
from netcc.data.database_writer import Backend, open_writer
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


@pytest.mark.parametrize("backend", ["lmdb", "leveldb"])
def test_large_records_do_not_gather_in_memory(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmdb_writer, "BYTES_AT_ONCE", 1000)
    monkeypatch.setattr(leveldb_writer, "BYTES_AT_ONCE", 1000)
    held = []
    with open_writer(tmp_path / "db", backend) as writer:
        for index in range(20):
            writer.put(b"%05d" % index, bytes(300))
            held.append(writer._bytes)
    assert max(held) == 900
    assert held.count(0) == 5
    assert len((lmdb_rows if backend == "lmdb" else leveldb_rows)(tmp_path / "db")) == 20
