"""The databases of CIFAR-10 from its binary files."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.cifar10_files import FILES, make_files
from data.database_rows import leveldb_rows, lmdb_rows

from netcc.data.tools.cifar10 import batches_from, parse_batch, write_cifar10
from netcc.errors import DataError


def test_records_are_those_of_convert_cifar_data(tmp_path: Path) -> None:
    contents = make_files(tmp_path)
    made = write_cifar10(tmp_path / "out", batches_from(tmp_path))
    assert [(item.path.name, item.records, item.shape) for item in made] == [
        ("cifar10_train_lmdb", 15, (3, 32, 32)),
        ("cifar10_test_lmdb", 3, (3, 32, 32)),
    ]
    rows = lmdb_rows(tmp_path / "out" / "cifar10_train_lmdb")
    assert [key for key, _ in rows] == [b"%05d" % index for index in range(15)]
    images = b"".join(contents[name] for name in FILES[:5])
    for index, (_, value) in enumerate(rows):
        label, pixels = images[3073 * index], images[3073 * index + 1 : 3073 * (index + 1)]
        # channels 3, height 32, width 32, 3072 bytes of data, label: all that the tool sets.
        assert value == b"\x08\x03\x10\x20\x18\x20\x22\x80\x18" + pixels + b"\x28" + bytes([label])
    (first, *_) = lmdb_rows(tmp_path / "out" / "cifar10_test_lmdb")
    assert first[1][9:3081] == contents["test_batch.bin"][1:3073]


def test_the_folder_may_be_the_unpacked_archives(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-bin").mkdir()
    make_files(tmp_path / "cifar-10-batches-bin", images=2)
    assert {len(batch) for batch in batches_from(tmp_path).values()} == {2}


def test_leveldb(tmp_path: Path) -> None:
    make_files(tmp_path)
    batches = batches_from(tmp_path)
    write_cifar10(tmp_path, batches)
    write_cifar10(tmp_path, batches, backend="leveldb")
    for part in ("train", "test"):
        assert leveldb_rows(tmp_path / f"cifar10_{part}_leveldb") == lmdb_rows(tmp_path / f"cifar10_{part}_lmdb")


def test_a_missing_file(tmp_path: Path) -> None:
    make_files(tmp_path)
    (tmp_path / "data_batch_4.bin").unlink()
    with pytest.raises(DataError) as caught:
        batches_from(tmp_path)
    assert str(caught.value) == f"error: {tmp_path} has no data_batch_4.bin"


def test_the_files_for_python(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").touch()
    with pytest.raises(DataError) as caught:
        batches_from(tmp_path)
    assert str(caught.value) == (
        f"error: {tmp_path} has no data_batch_1.bin\n  these are the files for Python; netcc reads the binary version"
    )


@pytest.mark.parametrize("size", [0, 1, 3072, 3074])
def test_a_file_cut_short(size: int) -> None:
    with pytest.raises(DataError) as caught:
        parse_batch(bytes(size), "x.bin")
    assert caught.value.message == f"x.bin is cut short or no batch of CIFAR-10: it has {size} bytes"


def test_a_label_out_of_range() -> None:
    with pytest.raises(DataError) as caught:
        parse_batch(bytes(3073) + b"\x0a" + bytes(3072), "x.bin")
    assert str(caught.value) == (
        "error: x.bin is no batch of CIFAR-10: image 1 has the label 10\n  expected labels from 0 to 9"
    )
