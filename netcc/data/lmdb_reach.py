"""How far into an LMDB file its records reach, also where pages are missing (LMDB 0.9, `mdb.c`)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from netcc.data.lmdb_page import PAGE_HEADER

_BRANCH, _LEAF = 0x01, 0x02
_OUTSIDE = 0x01
"""Flag of a leaf's entry whose value has pages of its own."""
_ENTRY = struct.Struct("=HHHH")
"""Lower and upper half of a number, flags, length of the key."""


def pages_reach(file: BinaryIO, page_size: int, root: int) -> int:
    """The number of the last page that the tree from page `root` uses, plus one.

    A page that the file does not have counts, what hangs below it does not.
    """
    reach = 0
    waiting, seen = [root], set()
    while waiting:
        number = waiting.pop()
        if number in seen:  # a damaged file may have a loop
            continue
        seen.add(number)
        reach = max(reach, number + 1)
        file.seek(number * page_size)
        page = file.read(page_size)
        if len(page) == page_size:
            children, values_reach = _references(page)
            waiting += children
            reach = max(reach, values_reach)
    return reach


def _references(page: bytes) -> tuple[list[int], int]:
    """The children of a branch page; for a leaf, how far the values outside of it reach."""
    flags, lower = struct.unpack_from("=HH", page, 10)
    count = max(0, min(lower, len(page)) - PAGE_HEADER) // 2
    children: list[int] = []
    reach = 0
    for offset in struct.unpack_from(f"={count}H", page, PAGE_HEADER):
        if offset + _ENTRY.size > len(page):
            continue
        low, high, entry_flags, key_length = _ENTRY.unpack_from(page, offset)
        number = low | high << 16
        if flags & _BRANCH:
            children.append(number | entry_flags << 32)
        elif flags & _LEAF and entry_flags & _OUTSIDE:
            at = offset + _ENTRY.size + key_length
            if at + 8 <= len(page):
                (first,) = struct.unpack_from("=Q", page, at)
                reach = max(reach, first + (PAGE_HEADER - 1 + number) // len(page) + 1)
    return children, reach
