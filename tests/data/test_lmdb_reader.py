"""Records come in order and without end; a broken database is one clear message, never a crash."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from random import Random

import lmdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netcc.data.lmdb_header import check_length
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.lmdb_writer import write_lmdb
from netcc.errors import DataError

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
RECORDS = [(b"%08d" % index, b"value %d" % index) for index in range(5)]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    write_lmdb(tmp_path / "db", RECORDS)
    return tmp_path / "db"


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        LmdbReader(path)
    return str(caught.value)


def test_begins_again_after_the_last(database: Path) -> None:
    reader = LmdbReader(database)
    assert len(reader) == 5
    assert reader.take(3) == RECORDS[:3]
    assert reader.take(4) == [*RECORDS[3:], *RECORDS[:2]]
    assert reader.position == 2
    assert reader.take(12)[-1] == RECORDS[3]
    reader.close()


def test_peek_takes_nothing(database: Path) -> None:
    reader = LmdbReader(database)
    reader.take(4)
    assert reader.peek() == RECORDS[4]
    assert reader.take(2) == [RECORDS[4], RECORDS[0]]
    reader.close()


def test_seek(database: Path) -> None:
    reader = LmdbReader(database)
    reader.seek(3)
    assert (reader.position, reader.take(1)) == (3, [RECORDS[3]])
    for outside in (5, -1):
        with pytest.raises(DataError) as caught:
            reader.seek(outside)
        assert str(caught.value) == f"error: database {database} has no record {outside}\n  it holds 5 records"
    reader.close()


def test_two_readers_of_one_database(database: Path) -> None:
    first, second = LmdbReader(database), LmdbReader(database)
    first.take(2)
    assert second.take(1) == [RECORDS[0]]
    first.close()
    first.close()
    assert second.take(1) == [RECORDS[1]]
    second.close()


def test_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"error: database {tmp_path}/none does not exist"


def test_a_file(database: Path) -> None:
    path = database / "data.mdb"
    assert refusal(path) == f"error: {path} is a file\n  expected the folder of an LMDB, which has a data.mdb in it"


def test_a_folder_without_a_database(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"error: {tmp_path} is not an LMDB: it has no data.mdb"


def test_leveldb(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("MANIFEST-000002\n")
    assert refusal(tmp_path) == f"error: {tmp_path} is a LevelDB database\n  expected an LMDB"


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").touch()
    assert refusal(tmp_path) == f"error: {tmp_path}/data.mdb is empty\n  expected an LMDB database"


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"name: 'lenet'\n" * 1000)
    assert refusal(tmp_path) == f"error: {tmp_path}/data.mdb is not an LMDB database"


def test_no_records(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [])
    assert refusal(tmp_path / "db") == f"error: database {tmp_path}/db holds no records"


def test_cut_short(tmp_path: Path) -> None:
    content = (GOLDEN / "many_lmdb" / "data.mdb").read_bytes()
    (tmp_path / "data.mdb").write_bytes(content[:-1])
    assert refusal(tmp_path) == (
        f"error: {tmp_path}/data.mdb is cut short: it has 32767 bytes\n  expected 32768, as its header says"
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 32767))
def test_cut_anywhere(tmp_path: Path, size: int) -> None:
    content = (GOLDEN / "many_lmdb" / "data.mdb").read_bytes()
    (tmp_path / "data.mdb").write_bytes(content[:size])
    assert f"{tmp_path}/data.mdb is " in refusal(tmp_path)


def test_the_newer_header_page_counts(tmp_path: Path) -> None:
    """Each commit writes the other of two header pages; only the newer one knows the length."""
    write_lmdb(tmp_path / "db", [(b"%08d" % index, bytes(9000)) for index in range(2500)])
    path = tmp_path / "db" / "data.mdb"
    cut = path.stat().st_size - 10 * 4096
    with path.open("r+b") as file:
        file.truncate(cut)
    assert f"cut short: it has {cut} bytes" in refusal(tmp_path / "db")


@pytest.mark.parametrize("seed", [2, 9, 118])
def test_unused_pages_at_the_end_need_not_be_there(tmp_path: Path, seed: int) -> None:
    """LMDB may leave the last pages unwritten when a commit has freed them again."""
    random = Random(seed)
    environment = lmdb.open(str(tmp_path), map_size=64 << 20, lock=False, sync=False)
    for _ in range(8):
        with environment.begin(write=True) as transaction:
            for _ in range(random.randrange(1, 200)):
                key = b"%04d" % random.randrange(300)
                if random.random() < 0.5:
                    transaction.put(key, bytes(random.choice([10, 500, 3000, 9000, 30000])))
                else:
                    transaction.delete(key)
        check_length(tmp_path / "data.mdb")
    environment.close()
    reader = LmdbReader(tmp_path)
    assert {len(value) for _, value in reader.take(len(reader))} <= {10, 500, 3000, 9000, 30000}
    reader.close()


def test_pages_of_zeros(tmp_path: Path) -> None:
    content = (GOLDEN / "many_lmdb" / "data.mdb").read_bytes()
    (tmp_path / "data.mdb").write_bytes(content[:8192] + bytes(len(content) - 8192))
    assert refusal(tmp_path).startswith(f"error: database {tmp_path} is damaged: ")


def test_writing_needs_the_package_and_reading_does_not(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lmdb", None)
    assert LmdbReader(database).take(5) == RECORDS
    with pytest.raises(DataError) as caught:
        write_lmdb(database, RECORDS)
    assert str(caught.value) == 'error: writing an LMDB needs the package lmdb\n  pip install "netcc[data]"'


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["many_lmdb", "big_lmdb"]),
    st.dictionaries(st.integers(0, 2**15 - 1), st.integers(0, 255), min_size=1, max_size=20),
)
def test_damage_anywhere(tmp_path: Path, name: str, damage: dict[int, int]) -> None:
    """All records, or one clear message; liblmdb would kill the process for some of these."""
    content = bytearray((GOLDEN / name / "data.mdb").read_bytes())
    for place, value in damage.items():
        content[place % len(content)] = value
    (tmp_path / "data.mdb").write_bytes(content)
    message = f"{tmp_path}"
    try:
        reader = LmdbReader(tmp_path)
        assert len(reader.take(len(reader))) == len(reader)
    except DataError as error:
        message = error.message
    assert str(tmp_path) in message


def damaged(path: Path, place: int, content: bytes) -> str:
    """What is said of the golden database with `content` at `place`."""
    whole = (GOLDEN / "many_lmdb" / "data.mdb").read_bytes()
    (path / "data.mdb").write_bytes(whole[:place] + content + whole[place + len(content) :])
    with pytest.raises(DataError) as caught:
        LmdbReader(path).take(301)
    return caught.value.message.removeprefix(f"database {path} is damaged: ")


def test_what_is_damaged_is_said(tmp_path: Path) -> None:
    whole = (GOLDEN / "many_lmdb" / "data.mdb").read_bytes()
    meta = max((0, 4096), key=lambda page: struct.unpack_from("<Q", whole, page + 144))
    (root,) = struct.unpack_from("<Q", whole, meta + 128)
    assert damaged(tmp_path, meta + 128, struct.pack("<Q", 99)) == "page 99 lies outside of the file"
    assert damaged(tmp_path, meta + 94, b"\1") == "its tree is deeper than its header says"
    assert damaged(tmp_path, meta + 120, struct.pack("<Q", 301)) == (
        "it has fewer records than the 301 that its header says"
    )
    page = 4096 * root
    assert damaged(tmp_path, page, b"\7") == f"page {root} is not what it should be"
    (place,) = struct.unpack_from("<H", whole, page + 16)
    (child,) = struct.unpack_from("<I", whole, page + place)
    first, second = struct.unpack_from("<HH", whole, 4096 * child + 16)
    swapped = struct.pack("<HH", second, first)
    assert damaged(tmp_path, 4096 * child + 16, swapped) == "its keys do not rise"
    entry = 4096 * child + first
    assert damaged(tmp_path, entry + 4, b"\2") == "an entry is no simple record"
    assert damaged(tmp_path, entry + 2, b"\1") == "an entry reaches over the end of its page"


def test_forked_processes_do_not_disturb_each_other() -> None:
    """They share the position in the file, so nothing may depend on it."""
    code = f"""
import os
from pathlib import Path
from netcc.data.lmdb_reader import LmdbReader
reader = LmdbReader(Path({str(GOLDEN / "big_lmdb")!r}))
expected = reader.take(14)
child = os.fork()
same = all(reader.take(14) == expected for _ in range(300))
if child:
    print(same, os.waitpid(child, 0)[1])
else:
    os._exit(not same)
"""
    places = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=places, check=False)
    assert done.stdout == "True 0\n", done.stderr


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes((GOLDEN / "many_lmdb" / "data.mdb").read_bytes())
    reader = LmdbReader(tmp_path)
    with (tmp_path / "data.mdb").open("r+b") as file:
        file.truncate(3 * 4096)
    with pytest.raises(DataError) as caught:
        reader.take(300)
    assert caught.value.message == f"database {tmp_path} is damaged: it is cut short"


def test_another_process_that_writes(database: Path) -> None:
    """LMDB uses pages again two commits after they were given up: until then what was there can be read."""
    environment = lmdb.open(str(database), map_size=1 << 20)

    def commit() -> None:
        with environment.begin(write=True) as transaction:
            transaction.put(b"%08d" % 2, b"another value")

    reader = LmdbReader(database)
    assert reader.take(5) == RECORDS
    commit()
    assert reader.take(5) == RECORDS
    commit()
    with pytest.raises(DataError) as caught:
        reader.take(5)
    assert str(caught.value) == (
        f"error: database {database} was changed by another process while it was read\n"
        "  wait until it is written, or read a copy of it"
    )
    assert LmdbReader(database).take(3)[2] == (b"00000002", b"another value")
    environment.close()


@pytest.mark.parametrize("number", [0, 1, 7, 120, 299])
def test_seeking_in_a_tree(number: int) -> None:
    reader = LmdbReader(GOLDEN / "many_lmdb")
    records = reader.take(300)
    reader.seek(number)
    assert reader.take(2) == [records[number], records[(number + 1) % 300]]


def test_the_file_is_as_large_as_its_records(tmp_path: Path) -> None:
    """More than the first map holds: the map grows, the file does not follow it."""
    values = 4200
    assert write_lmdb(tmp_path / "db", ((b"%08d" % index, bytes(8000)) for index in range(values))) == values
    path = tmp_path / "db" / "data.mdb"
    assert values * 8000 < path.stat().st_size < values * 8400
    assert [file.name for file in path.parent.iterdir()] == ["data.mdb"]
    reader = LmdbReader(tmp_path / "db")
    assert len(reader) == values
    reader.close()
