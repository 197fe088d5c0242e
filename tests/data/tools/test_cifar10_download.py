"""The archive of CIFAR-10, from a folder that stands for the network."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from data.cifar10_files import make_files

from netcc.data.tools import cifar10_download
from netcc.data.tools.cifar10_download import download_batches
from netcc.errors import DataError


def archive_of(contents: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts bytes where the archive is looked for; they are the official file unless said otherwise."""

    def serve(content: bytes, digest: str = "") -> str:
        path = tmp_path / "served"
        path.write_bytes(content)
        monkeypatch.setattr(cifar10_download, "ADDRESS", path.as_uri())
        monkeypatch.setattr(cifar10_download, "SHA256", digest or hashlib.sha256(content).hexdigest())
        return path.as_uri()

    return serve


def notes_of_failure() -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        download_batches()
    assert caught.value.message == "cannot download CIFAR-10"
    assert caught.value.diagnostics[0].notes[1] == (
        "without a network: get the binary version elsewhere, unpack it and use --from DIR"
    )
    return caught.value.diagnostics[0].notes


def test_the_batches(serve, tmp_path: Path) -> None:
    contents = make_files(tmp_path)
    content = archive_of(contents)
    serve(content)
    received: list[int] = []
    batches = download_batches(received.append)
    assert {name: batch.tobytes() for name, batch in batches.items()} == contents
    assert sum(received) == len(content)


def test_another_file(serve, tmp_path: Path) -> None:
    address = serve(archive_of(make_files(tmp_path)), digest="0" * 64)
    assert notes_of_failure()[0] == f"{address}: it is not the official file (its SHA-256 differs)"


def test_a_file_without_end_is_not_taken_in(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(bytes(5000))
    monkeypatch.setattr(cifar10_download, "BYTES", 999)
    received: list[int] = []
    with pytest.raises(DataError):
        download_batches(received.append)
    assert sum(received) == 1000


@pytest.mark.parametrize("content", [b"no archive", archive_of({"x": b"1"})[:30]], ids=["text", "cut"])
def test_an_archive_that_is_none(content: bytes, serve) -> None:
    address = serve(content)
    assert notes_of_failure()[0].startswith(f"{address}: it cannot be unpacked: ")


def test_an_archive_without_the_files(serve) -> None:
    address = serve(archive_of({"readme.html": b"1"}))
    assert notes_of_failure()[0] == f"{address}: it holds no data_batch_1.bin"


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10_download, "ADDRESS", (tmp_path / "nowhere").as_uri())
    assert "No such file or directory" in notes_of_failure()[0]


def test_the_official_file() -> None:
    """The size that the archive has had since 2009, and its digest."""
    assert cifar10_download.BYTES == 170052171
    assert cifar10_download.SHA256 == "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    assert cifar10_download.ADDRESS == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
