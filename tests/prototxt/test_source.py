"""What is read from files, and what is said of those that cannot be."""

import os
from pathlib import Path

import pytest

from netcc.errors import PrototxtError, UsageError
from netcc.prototxt import source
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.prototxt.source import decode, read_source


def write(folder: Path, data: bytes) -> Path:
    path = folder / "net.prototxt"
    path.write_bytes(data)
    return path


def test_a_file_is_read_as_utf8_without_its_mark(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbfname: '\xc3\xa9'\r\n")
    read = read_source(path)
    assert (read.name, read.text) == (str(path), "name: 'é'\r\n")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\0" * 16 + b"\xde\xc0\xef\xbe\x01\0", "an LMDB database"),
        (b"\n\x05LeNet\xa2\x06\0\0", "a binary protobuf file (a .caffemodel?)"),
        (b"a: 1\0", "a binary file"),
    ],
)
def test_binary_files_are_told_by_their_kind(tmp_path: Path, data: bytes, kind: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(PrototxtError) as caught:
        read_source(path)
    assert str(caught.value) == f"error: {path}: this is {kind}, not a prototxt\n  expected a text file"


def test_another_encoding_is_told_at_its_first_byte() -> None:
    with pytest.raises(PrototxtError) as caught:
        decode("net.prototxt", "# \xe4\nname: 'gr\xfc\xdfe # a'\n".encode("latin-1"))
    assert str(caught.value) == (
        "net.prototxt:2:10: error: the byte 0xfc is not UTF-8 text\n"
        "    name: 'grüße # a'\n"
        "             ^\n"
        "  expected a text file in UTF-8; save it in that encoding"
    )


def test_comments_may_be_in_any_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, b"# \xc4\xe3 'a\nname: \"it's # one\"  # \xba\xc3\n")
    document = parse(read_source(path))
    assert format_document(document).encode("utf-8", "surrogateescape") == path.read_bytes()


def test_a_missing_file_is_told_with_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path, b"")
    missing = tmp_path / "nett.prototxt"
    with pytest.raises(UsageError) as caught:
        read_source(missing)
    assert str(caught.value) == f"error: {missing}: no such file\n  did you mean '{tmp_path / 'net.prototxt'}'?"


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "none" / "net.prototxt"
    with pytest.raises(UsageError) as caught:
        read_source(missing)
    assert str(caught.value) == f"error: {missing}: no such file"


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_source(tmp_path)
    assert str(caught.value) == f"error: {tmp_path}: this is a folder, not a file"


def test_other_failures_give_the_reason(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    os.symlink(loop, loop)
    with pytest.raises(UsageError) as caught:
        read_source(loop)
    assert str(caught.value) == f"error: {loop}: cannot be read: Too many levels of symbolic links"
    with pytest.raises(UsageError, match="cannot be read: embedded null byte"):
        read_source("a\0b")


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 1 << 20)
    path = tmp_path / "huge.prototxt"
    with path.open("wb") as file:
        file.truncate((1 << 20) + 1)
    with pytest.raises(PrototxtError) as caught:
        read_source(path)
    assert str(caught.value) == f"error: {path}: too long for a prototxt\n  expected at most 1 MB"
