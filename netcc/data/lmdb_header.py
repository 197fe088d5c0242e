"""The header of an LMDB file, and whether the file holds all its pages. The layout is that of `mdb.c` in LMDB 0.9."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from netcc.data.lmdb_page import PAGE_HEADER
from netcc.data.lmdb_reach import pages_reach
from netcc.data.read_at import read_at
from netcc.errors import DataError

_MAGIC = 0xBEEFC0DE
_NO_ROOT = 2**64 - 1
_META = struct.Struct("<I20x I44x 4xHH24xQQ QQ")
"""magic; page size (kept in the record of the free list); flags, depth, number of records and root of the tree; last
page; transaction."""
_LEAST_PAGE, _MOST_PAGE = 512, 65536
_SEVERAL_VALUES = 0x04
"""Flag of a database that keeps several values for a key."""


@dataclass(frozen=True)
class Meta:
    """What a commit left behind: `depth` is the number of pages from the root to a leaf, both included."""

    page_size: int
    depth: int
    records: int
    root: int
    last_page: int
    transaction: int


def check_length(path: Path) -> None:
    """Raises DataError unless `path` (a `data.mdb`) is an LMDB file with all the pages that its records need."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            meta = newest_meta(file)
            complete = meta is not None and _is_complete(file, meta, size)
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if not size:
        raise DataError(f"{path} is empty", notes=["expected an LMDB database"])
    if meta is None:
        raise DataError(f"{path} is not an LMDB database")
    if not complete:
        needed = (max(meta.last_page, 1) + 1) * meta.page_size
        raise DataError(f"{path} is cut short: it has {size} bytes", notes=[f"expected {needed}, as its header says"])


def _is_complete(file: BinaryIO, meta: Meta, size: int) -> bool:
    """Whether every page that a reader may touch lies within `size` bytes."""
    pages = size // meta.page_size
    if pages > max(meta.last_page, 1):
        return True
    # After deletions the last pages may be unused, and then LMDB need not have written them: look which are used.
    return pages >= 2 and (meta.root == _NO_ROOT or pages_reach(file, meta.page_size, meta.root) <= pages)


def newest_meta(file: BinaryIO) -> Meta | None:
    """The header page that the last commit wrote (they alternate between two); None where there is none."""
    first = _read_meta(file, 0)
    second = first and _read_meta(file, first.page_size)
    return second if first and second and second.transaction > first.transaction else first


def _read_meta(file: BinaryIO, offset: int) -> Meta | None:
    content = read_at(file, offset + PAGE_HEADER, _META.size)
    if len(content) < _META.size:
        return None
    magic, page_size, flags, depth, records, root, last_page, transaction = _META.unpack(content)
    if magic != _MAGIC or not _LEAST_PAGE <= page_size <= _MOST_PAGE or flags & _SEVERAL_VALUES:
        return None
    return Meta(page_size, depth, records if root != _NO_ROOT else 0, root, last_page, transaction)
