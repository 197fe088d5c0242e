"""New LevelDBs: their records, and what stands in the way of one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from data.database_rows import leveldb_rows

from netcc.data.database_writer import open_writer, write_records
from netcc.data.leveldb_reader import LevelDbReader
from netcc.errors import DataError, OutputError


def test_all_records_are_there_and_told_of(tmp_path: Path) -> None:
    records = [(b"%08d" % index, bytes([index % 256]) * 50) for index in range(2500)]
    told: list[int] = []
    with open_writer(tmp_path / "db", "leveldb") as writer:
        assert write_records(writer, records, told.append) == 2500
    assert told == [1000, 1000, 500]
    assert leveldb_rows(tmp_path / "db") == records


def test_our_reader_reads_it(tmp_path: Path) -> None:
    with open_writer(tmp_path / "db", "leveldb") as writer:
        writer.put(b"a", b"1")
        writer.put(b"b", b"")
    reader = LevelDbReader(tmp_path / "db")
    assert reader.take(3) == [(b"a", b"1"), (b"b", b""), (b"a", b"1")]
    reader.close()


def test_after_an_error_the_last_records_are_not_written(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "db", "leveldb")
    writer.put(b"a", b"1")
    writer.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert leveldb_rows(tmp_path / "db") == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write database db: "):
        open_writer(tmp_path / "file" / "db", "leveldb")


def test_an_existing_database_is_not_added_to(tmp_path: Path) -> None:
    with open_writer(tmp_path / "db", "leveldb") as writer:
        writer.put(b"a", b"1")
    with pytest.raises(OutputError, match=r"cannot write database db: .*exists"):
        open_writer(tmp_path / "db", "leveldb")


def test_without_plyvel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(DataError) as caught:
        open_writer(tmp_path / "db", "leveldb")
    assert str(caught.value) == ('error: writing a LevelDB needs the package plyvel\n  pip install "netcc[leveldb]"')
    assert not (tmp_path / "db").exists()
