"""What the first pages of an LMDB file promise, read without mapping the file into memory.

liblmdb maps the whole file; when the file is shorter than its own header says, reading the missing part kills the
process (SIGBUS) and no exception can be raised. So the length is checked first, with plain reads.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from netcc.errors import DataError

_PAGE_HEADER = 16
_MAGIC = 0xBEEFC0DE
_META = struct.Struct("=IIQQ I44x 48x QQ")
"""magic, version, address, map size, first database record (its first number is the page size), second, last page,
transaction."""


def check_length(path: Path) -> None:
    """Raises DataError unless `path` (a `data.mdb`) is an LMDB file that is as long as its header says."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            needed = _needed(file)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    if not size:
        raise DataError(f"{path} is empty", notes=["expected an LMDB database"])
    if needed is None:
        raise DataError(f"{path} is not an LMDB database")
    if size < needed:
        raise DataError(
            f"{path} is cut short: it has {size} bytes", notes=[f"expected at least {needed}, as its header says"]
        )


def _needed(file: BinaryIO) -> int | None:
    """Bytes up to the end of the last page of the newest of the two header pages; None where there is no header."""
    first = _read_meta(file, 0)
    if first is None:
        return None
    page_size, last_page, transaction = first
    second = _read_meta(file, page_size)
    if second is not None and second[2] > transaction:
        last_page = second[1]
    # Both header pages exist in every database, an empty one too.
    return (max(last_page, 1) + 1) * page_size


def _read_meta(file: BinaryIO, offset: int) -> tuple[int, int, int] | None:
    """Page size, last page and transaction number in the header page at `offset`; None if there is no such page."""
    file.seek(offset + _PAGE_HEADER)
    content = file.read(_META.size)
    if len(content) < _META.size:
        return None
    magic, _, _, _, page_size, last_page, transaction = _META.unpack(content)
    return (page_size, last_page, transaction) if magic == _MAGIC and page_size else None
