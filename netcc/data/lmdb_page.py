"""One page of the B-tree in an LMDB file, with everything that it says checked (LMDB 0.9, `mdb.c`).

Numbers are those of the machine that wrote the file; only such of 64 bits and little endian have ever run Caffe.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

PAGE_HEADER = 16
_BRANCH, _LEAF, _OVERFLOW = 0x01, 0x02, 0x04
_OUTSIDE, _OTHER_FORMS = 0x01, 0x06
"""Flags of an entry: its value has pages of its own; it is a database or a list of values."""

_HEADER = struct.Struct("<Q2xHHH")
"""Number of the page, flags, end of the places of entries, begin of the entries."""
_ENTRY = struct.Struct("<HHHH")
"""Lower and upper half of a number, flags, length of the key."""
_NUMBER = struct.Struct("<Q")

Value: TypeAlias = "bytes | tuple[int, int]"
"""A value, or the first of its own pages and its length."""


class PageError(Exception):
    """What is wrong with a page."""


@dataclass
class Page:
    """A branch has `children`, the numbers of other pages; a leaf has `entries`, a key and a value each."""

    children: list[int] = field(default_factory=list)
    entries: list[tuple[bytes, Value]] = field(default_factory=list)


def parse_page(content: bytes, number: int) -> Page:
    """The branch or leaf in `content`, which must be page `number`; it has at least one entry. Raises PageError."""
    stated, flags, lower, upper = _HEADER.unpack_from(content)
    if stated != number or not flags & (_BRANCH | _LEAF) or not PAGE_HEADER + 1 < lower <= upper <= len(content):
        raise PageError(f"page {number} is not what it should be")
    places = struct.unpack_from(f"<{(lower - PAGE_HEADER) // 2}H", content, PAGE_HEADER)
    if min(places) < upper or max(places) > len(content) - _ENTRY.size:
        raise PageError(f"page {number} is not what it should be")
    if flags & _BRANCH:
        return Page(children=[_child(content, place) for place in places])
    entries = [_entry(content, place) for place in places]
    keys = [key for key, _ in entries]
    if any(key >= after for key, after in pairwise(keys)):
        raise PageError("its keys do not rise")
    return Page(entries=entries)


def _child(content: bytes, place: int) -> int:
    low, high, rest, _ = _ENTRY.unpack_from(content, place)
    number: int = low | high << 16 | rest << 32
    return number


def _entry(content: bytes, place: int) -> tuple[bytes, Value]:
    low, high, flags, key_length = _ENTRY.unpack_from(content, place)
    middle = place + _ENTRY.size + key_length
    length = low | high << 16
    end = middle + (_NUMBER.size if flags & _OUTSIDE else length)
    if flags & _OTHER_FORMS:
        raise PageError("an entry is no simple record")
    if end > len(content):
        raise PageError("an entry reaches over the end of its page")
    key = content[place + _ENTRY.size : middle]
    return key, (_NUMBER.unpack_from(content, middle)[0], length) if flags & _OUTSIDE else content[middle:end]


def check_own_page(header: bytes, number: int, length: int, page_size: int) -> None:
    """Raises PageError unless the value of `length` bytes fits into the pages that begin with `header`."""
    stated, flags = struct.unpack_from("<Q2xH", header)
    (pages,) = struct.unpack_from("<I", header, 12)
    if stated != number or not flags & _OVERFLOW or PAGE_HEADER + length > pages * page_size:
        raise PageError(f"page {number} is not what it should be")
