"""The bundled digits and the databases made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from netcc.data.idx import LabelledImages
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.mnist import bundled_digits, digits_from, write_mnist
from netcc.errors import DataError, OutputError
from netcc.schema import caffe_pb2

FIRST_LABELS = {
    "mnist_train_lmdb": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
    "mnist_test_lmdb": [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
}


@pytest.fixture(scope="module")
def digits() -> dict[str, LabelledImages]:
    return bundled_digits()


def few(count: int) -> dict[str, LabelledImages]:
    values = np.arange(count, dtype=np.uint8)
    part = LabelledImages(np.broadcast_to(values.reshape(-1, 1, 1), (count, 3, 2)), values)
    return {"mnist_train_lmdb": part, "mnist_test_lmdb": part}


def test_they_are_the_first_of_mnist(digits: dict[str, LabelledImages]) -> None:
    assert {name: part.images.shape for name, part in digits.items()} == {
        "mnist_train_lmdb": (6000, 28, 28),
        "mnist_test_lmdb": (1000, 28, 28),
    }
    assert {name: part.labels[:10].tolist() for name, part in digits.items()} == FIRST_LABELS
    content = b"".join(part.images.tobytes() + part.labels.tobytes() for part in digits.values())
    assert hashlib.sha256(content).hexdigest() == "baae87da310f531a5e03e7a96742341e973e23b3d8499b84ab27ae330feead4d"


def test_records_are_those_of_convert_mnist_data(tmp_path: Path, digits: dict[str, LabelledImages]) -> None:
    made = write_mnist(tmp_path, digits)
    assert [(item.path, item.records, item.shape) for item in made] == [
        (tmp_path / "mnist_train_lmdb", 6000, (1, 28, 28)),
        (tmp_path / "mnist_test_lmdb", 1000, (1, 28, 28)),
    ]
    reader = LmdbReader(tmp_path / "mnist_train_lmdb")
    records = reader.take(len(reader))
    reader.close()
    assert [key for key, _ in records] == [b"%08d" % index for index in range(6000)]
    image = digits["mnist_train_lmdb"].images[0].tobytes()
    # channels 1, height 28, width 28, 784 bytes of data, label 5: all that the tool sets, in the order of the numbers.
    assert records[0][1] == b"\x08\x01\x10\x1c\x18\x1c\x22\x90\x06" + image + b"\x28\x05"
    last = caffe_pb2.Datum.FromString(records[-1][1])
    assert last.label == digits["mnist_train_lmdb"].labels[-1]
    assert last.data == digits["mnist_train_lmdb"].images[-1].tobytes()


def test_progress_counts_every_record(tmp_path: Path) -> None:
    told: list[int] = []
    write_mnist(tmp_path, few(7), advance=told.append)
    assert sum(told) == 14


def test_existing_databases_are_kept(tmp_path: Path) -> None:
    write_mnist(tmp_path, few(2))
    before = (tmp_path / "mnist_train_lmdb" / "data.mdb").read_bytes()
    with pytest.raises(OutputError) as caught:
        write_mnist(tmp_path, few(3))
    assert str(caught.value) == f"error: {tmp_path}/mnist_train_lmdb exists already\n  --force replaces it"
    assert (tmp_path / "mnist_train_lmdb" / "data.mdb").read_bytes() == before


def test_force_replaces_databases(tmp_path: Path) -> None:
    write_mnist(tmp_path, few(2))
    write_mnist(tmp_path, few(3), force=True)
    reader = LmdbReader(tmp_path / "mnist_test_lmdb")
    assert len(reader) == 3
    reader.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mnist_test_lmdb", "mnist_train_lmdb"]


def test_force_spares_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mnist_test_lmdb").mkdir()
    (tmp_path / "mnist_test_lmdb" / "thesis.tex").write_text("!")
    with pytest.raises(OutputError) as caught:
        write_mnist(tmp_path, few(2), force=True)
    assert str(caught.value) == (
        f"error: {tmp_path}/mnist_test_lmdb is not a database, so it is not replaced\n  move it away first"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mnist_test_lmdb"]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    write_mnist(tmp_path, few(2))
    before = sorted(tmp_path.rglob("*"))

    def stop(records: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mnist(tmp_path, few(3), force=True, advance=stop)
    assert sorted(tmp_path.rglob("*")) == before
    reader = LmdbReader(tmp_path / "mnist_train_lmdb")
    assert len(reader) == 2
    reader.close()


def test_an_output_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        write_mnist(tmp_path / "file" / "out", few(2))
    assert str(caught.value) == f"error: cannot write to {tmp_path}/file/out: Not a directory"


@pytest.fixture
def small_file_limit() -> Iterator[None]:
    """Files may not grow past 64 KiB, as if the disk were full."""
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_file_limit")
def test_a_full_disk(tmp_path: Path, digits: dict[str, LabelledImages]) -> None:
    with pytest.raises(OutputError) as caught:
        write_mnist(tmp_path / "out", digits)
    assert caught.value.message.startswith("cannot write database mnist_train_lmdb: ")
    assert caught.value.diagnostics[0].notes == (f"{tmp_path}/out is as it was before",)
    assert list((tmp_path / "out").iterdir()) == []


def test_idx_files_of_a_folder(tmp_path: Path, digits: dict[str, LabelledImages]) -> None:
    def idx(values: np.ndarray) -> bytes:
        head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
        return head + values.tobytes()

    part = few(4)["mnist_train_lmdb"]
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx(part.images))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx(part.labels))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(part.images[:2]))
    with pytest.raises(DataError, match="has no t10k-labels-idx1-ubyte"):
        digits_from(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(part.labels[:2]))
    found = digits_from(tmp_path)
    assert [len(item) for item in found.values()] == [4, 2]
    np.testing.assert_array_equal(found["mnist_train_lmdb"].images, part.images)
