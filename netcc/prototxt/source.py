"""Reading a definition's file: what is there must be text before it can be parsed."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from netcc.errors import FileState, PrototxtError, Source, Span, UsageError, closest
from netcc.zoo.find import find, is_zoo_name

LARGEST = 64 * 1024 * 1024
"""Bytes of the longest file that is read: some hundred times the longest net of the field."""

SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
}
COMMENT = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\#[^\n]*""",
)
"""A comment, or a string, in which there is none."""
FOREIGN = re.compile("[\udc80-\udcff]")
"""A byte that is not UTF-8, as `surrogateescape` decodes it."""
LMDB_MAGIC = b"\xde\xc0\xef\xbe"
"""Stands 16 bytes into the first page of an LMDB data file."""


def read_source(path: str | os.PathLike[str]) -> Source:
    """The text of the file at `path` (or of the zoo's file `zoo:NAME`), without a byte order mark.

    Raises `UsageError` if there is no file to read, `PrototxtError` if it is not text.
    """
    name = str(locate(path)) if is_zoo_name(path) else os.fspath(path)
    file = FileState.of(name)  # before it is read: what is written in between shows
    return replace(decode(name, _read(Path(name))), file=file)


def locate(path: str | os.PathLike[str]) -> Path:
    """The file that `path` means: itself, or a file of the zoo. Raises `UsageError` if the zoo has no such file."""
    return find(os.fspath(path)) if is_zoo_name(path) else Path(path)


def decode(name: str, data: bytes) -> Source:
    """The text in `data`, without a byte order mark. Raises `PrototxtError` if it is too long or not text.

    Comments may be in any encoding, as for Caffe: bytes that are not UTF-8 are kept as `surrogateescape` keeps them.
    """
    if len(data) > LARGEST:
        raise PrototxtError(f"{name}: too long for a prototxt", notes=[f"expected at most {LARGEST >> 20} MB"])
    if complaint := _binary(data):
        raise PrototxtError(f"{name}: this is {complaint}, not a prototxt", notes=["expected a text file"])
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", "surrogateescape")
        if found := FOREIGN.search(COMMENT.sub(_without_comment, text)):
            raise _not_utf8(name, text, found.start()) from None
        return Source(name, text)


def _without_comment(found: re.Match[str]) -> str:
    return found["string"] or " " * len(found[0])


def _read(path: Path) -> bytes:
    """The file's bytes, no more than show that it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", suggestion=_neighbour(path)) from None
    except IsADirectoryError:
        raise UsageError(f"{path}: this is a folder, not a file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{path}: cannot be read: {reason}") from None


def _neighbour(path: Path) -> str | None:
    """The file in the same folder whose name is most like that of `path`."""
    try:
        name = closest(path.name, os.listdir(path.parent))
    except OSError:
        return None
    return str(path.with_name(name)) if name else None


def _binary(data: bytes) -> str | None:
    """What kind of binary file `data` is, or None if it may be text."""
    if data[30:43] == b"manifest.json":
        return "a compiled net, which netcc.load reads"
    for signature, kind in SIGNATURES.items():
        if data.startswith(signature):
            return kind
    if data[16:20] == LMDB_MAGIC:
        return "an LMDB database"
    if b"\0" not in data:
        return None
    # A binary NetParameter begins with field 1, the name, as a length and that many characters.
    length = data[1] if len(data) > 1 else 0
    if data[:1] == b"\n" and 0 < length < 128 and data[2 : 2 + length].isascii():
        return "a binary protobuf file (a .caffemodel?)"
    return "a binary file"


def _not_utf8(name: str, text: str, place: int) -> PrototxtError:
    """The fault of a text in another encoding, at its first byte that is no part of a comment."""
    before, whole = (part.encode("utf-8", "surrogateescape") for part in (text[:place], text))
    source = Source(name, whole.decode("latin-1"))
    return PrototxtError(
        f"the byte 0x{whole[len(before)]:02x} is not UTF-8 text",
        span=Span(source, len(before), len(before) + 1),
        notes=["expected a text file in UTF-8; save it in that encoding"],
    )
