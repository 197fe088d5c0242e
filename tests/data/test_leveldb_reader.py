"""Reading a LevelDB: Caffe's own, in log and in table form, left as it is; and one that is damaged or in use."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plyvel
import pytest

from netcc.data.leveldb_manifest import live_tables
from netcc.data.leveldb_reader import LevelDbReader
from netcc.errors import DataError

GOLDEN = Path(__file__).parent.parent / "golden" / "data"


@pytest.fixture(params=["many_leveldb", "many_leveldb_table", "big_leveldb", "big_leveldb_table"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(GOLDEN / request.param, tmp_path / "db")
    return tmp_path / "db"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Five records `k0` to `k4`."""
    with plyvel.DB(str(tmp_path / "db"), create_if_missing=True) as made:
        for index in range(5):
            made.put(b"k%d" % index, b"v%d" % index)
    return tmp_path / "db"


def read_all(path: Path) -> None:
    reader = LevelDbReader(path)
    try:
        reader.take(len(reader))
    finally:
        reader.close()


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_all(path)
    return str(caught.value)


def files_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_the_folder_stays_as_it_is(database: Path) -> None:
    before = files_of(database)
    os.chmod(database, 0o555)
    reader, other = LevelDbReader(database), LevelDbReader(database)
    assert reader.take(len(reader)) == other.take(len(other))
    reader.close()
    reader.close()
    other.close()
    assert files_of(database) == before


def numbers(path: Path, ending: str) -> set[int]:
    return {int(file.stem) for file in path.glob(f"*.{ending}")}


def test_files_left_over_are_not_written_over(small: Path) -> None:
    """LevelDB, when it is closed in the middle of its work, leaves files whose numbers it takes again."""
    for number in range(4, 12):
        (small / f"{number:06}.ldb").write_bytes(b"left over")
        (small / f"MANIFEST-{number:06}").write_bytes(b"left over")
    before = files_of(small)
    assert live_tables(small) == set()
    reader = LevelDbReader(small)
    assert len(reader.take(5)) == 5
    reader.close()
    assert files_of(small) == before


def test_which_tables_are_alive(tmp_path: Path) -> None:
    assert live_tables(GOLDEN / "many_leveldb_table") == numbers(GOLDEN / "many_leveldb_table", "ldb")
    path = tmp_path / "db"
    for part in range(6):
        with plyvel.DB(str(path), create_if_missing=True, write_buffer_size=1 << 16) as made:
            for index in range(300):
                made.put(b"%d-%d" % (index % 7, index), os.urandom(1000))
            if part % 2:
                made.compact_range()
    with plyvel.DB(str(path)):
        pass  # deletes what is no longer part of it
    alive = live_tables(path)
    assert alive == numbers(path, "ldb")
    assert len(alive or ()) > 1
    (path / "CURRENT").write_bytes(b"MANIFEST-999999\n")
    assert live_tables(path) is None


def test_the_temporary_folder_goes(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    reader = LevelDbReader(small)
    assert len(list((tmp_path / "temporary").iterdir())) == 1
    reader.close()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_in_order_and_around(small: Path) -> None:
    reader = LevelDbReader(small)
    assert reader.peek() == (b"k0", b"v0")
    assert [key for key, _ in reader.take(7)] == [b"k0", b"k1", b"k2", b"k3", b"k4", b"k0", b"k1"]
    assert (reader.position, len(reader)) == (2, 5)
    reader.seek(4)
    assert reader.peek() == (b"k4", b"v4")
    reader.take(1)
    assert reader.position == 0
    for place in (5, -1):
        with pytest.raises(DataError) as caught:
            reader.seek(place)
        assert caught.value.message == f"database {small} has no record {place}"
    assert reader.peek() == (b"k0", b"v0")
    reader.close()


def test_a_log_cut_short(database: Path) -> None:
    for log in database.glob("*.log"):
        content = log.read_bytes()
        for keep in (len(content) - 1, len(content) // 2, 3):
            if 0 < keep < len(content):
                log.write_bytes(content[:keep])
                assert refusal(database) == f"error: {log} is cut short: it ends within a record"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_flipped_byte(database: Path, share: float) -> None:
    largest = max(database.iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[int(len(content) * share)] ^= 0x55
    largest.write_bytes(content)
    said = refusal(database)
    assert said.startswith((f"error: database {database} is damaged: Corruption: ", f"error: {largest} is cut short"))
    assert "netcc-leveldb-" not in said


@pytest.mark.parametrize("name", ["big_leveldb_table", "many_leveldb_table"])
def test_a_table_cut_short(name: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / name, tmp_path / "db")
    (table,) = (tmp_path / "db").glob("*.ldb")
    table.write_bytes(table.read_bytes()[:-100])
    assert refusal(tmp_path / "db").startswith(f"error: database {tmp_path}/db is damaged: ")
    table.unlink()
    assert "missing files; e.g.: 000005.ldb" in refusal(tmp_path / "db")


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST-*"])
def test_other_files_damaged(small: Path, name: str) -> None:
    (path,) = small.glob(name)
    path.write_bytes(path.read_bytes()[:10])
    assert refusal(small).startswith(f"error: database {small} is damaged: ")


def test_what_is_no_leveldb(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"error: database {tmp_path}/none does not exist"
    assert refusal(tmp_path) == f"error: {tmp_path} is not a LevelDB: it has no CURRENT"
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file").startswith(f"error: {tmp_path}/file is a file\n")
    (tmp_path / "data.mdb").touch()
    assert refusal(tmp_path) == f"error: {tmp_path} is an LMDB\n  expected a LevelDB: write `backend: LMDB`"


def test_no_records(tmp_path: Path) -> None:
    plyvel.DB(str(tmp_path / "db"), create_if_missing=True).close()
    assert refusal(tmp_path / "db") == f"error: database {tmp_path}/db holds no records"


def hold(path: str, opened: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    with plyvel.DB(path):
        opened.set()
        done.wait(30)


@pytest.fixture
def in_use(small: Path) -> Iterator[Path]:
    """A database that another process has open."""
    context = multiprocessing.get_context("spawn")
    opened, done = context.Event(), context.Event()
    process = context.Process(target=hold, args=(str(small), opened, done))
    process.start()
    assert opened.wait(30)
    yield small
    done.set()
    process.join()


def test_in_use_by_another_process(in_use: Path) -> None:
    assert refusal(in_use) == (
        f"error: database {in_use} is in use: another process has it open\n  LevelDB allows one process at a time"
    )


def test_without_the_package(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plyvel", None)
    assert refusal(small) == 'error: reading a LevelDB needs the package plyvel\n  pip install "netcc[leveldb]"'


def test_snappy(tmp_path: Path) -> None:
    """A table that is compressed, as Caffe's are."""
    rows = {b"%03d" % index: bytes(2000) for index in range(200)}
    with plyvel.DB(str(tmp_path / "db"), create_if_missing=True, compression="snappy") as made:
        for key, value in rows.items():
            made.put(key, value)
        made.compact_range()
    assert sum(path.stat().st_size for path in (tmp_path / "db").glob("*.ldb")) < 100_000
    reader = LevelDbReader(tmp_path / "db")
    assert dict(reader.take(200)) == rows
    reader.close()


def test_rows_of_the_golden_databases(database: Path, request: pytest.FixtureRequest) -> None:
    """The keys that Caffe's tools wrote: eight digits and the name of the file."""
    reader = LevelDbReader(database)
    keys = [key for key, _ in reader.take(len(reader))]
    reader.close()
    assert [int(key[:8]) for key in keys] == list(range(len(keys)))
    assert len(keys) in (14, 300)
    assert np.all([key[8:16] == b"_images/" for key in keys])
