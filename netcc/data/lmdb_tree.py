"""Walks the records of an LMDB file with plain reads (LMDB 0.9, `mdb.c`).

liblmdb maps the file and trusts what stands in it: a damaged one, or one that somebody cuts short, kills the process
(SIGBUS), and no exception can be raised. Here everything is checked before it is used.
"""

from __future__ import annotations

import weakref
from pathlib import Path

from netcc.data.lmdb_header import Meta, newest_meta
from netcc.data.lmdb_page import PAGE_HEADER, Page, PageError, check_own_page, parse_page
from netcc.data.read_at import read_at

Record = tuple[bytes, bytes]
"""Key and value."""

_SAFE_COMMITS = 1
"""Later commits that leave the pages of this one alone: LMDB uses a page again two commits after it was given up."""


class ChangedError(Exception):
    """The pages that were read may be those of another commit."""


class LmdbTree:
    """A cursor over the records in the file `path` in the order of their keys.

    `count` is how many there are, as the last commit before opening left them. Raises OSError where the file cannot be
    read, PageError where it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._close = weakref.finalize(self, self._file.close)
        self._meta = self._newest()
        self._size = path.stat().st_size
        self.count = self._meta.records
        self._way: list[tuple[list[int], int]] = []
        """The branches from the root to the leaf: their children, and which of them was taken."""
        self._leaf = Page()
        self._place = 0

    def first(self) -> None:
        """Goes to the first record, if there is one."""
        self._way, self._leaf, self._place = [], Page(), 0
        if self.count:
            self._descend(self._meta.root)

    def record(self) -> Record:
        """The record at which the cursor stands."""
        key, value = self._leaf.entries[self._place]
        return key, value if isinstance(value, bytes) else self._own_pages(*value)

    def next(self) -> None:
        """Goes to the next record; there must be one."""
        self._place += 1
        if self._place == len(self._leaf.entries):
            self._next_leaf()

    def skip(self, number: int) -> None:
        """Goes `number` records ahead; there must be so many."""
        while number >= len(self._leaf.entries) - self._place:
            number -= len(self._leaf.entries) - self._place
            self._next_leaf()
        self._place += number

    def check_intact(self) -> None:
        """Raises ChangedError where other processes may have written over what this cursor has read until now."""
        if self._newest().transaction > self._meta.transaction + _SAFE_COMMITS:
            raise ChangedError

    def close(self) -> None:
        """Gives up the file; a second call does nothing."""
        self._close()

    def _newest(self) -> Meta:
        meta = newest_meta(self._file)
        if meta is None:
            raise PageError("its header is gone")
        return meta

    def _next_leaf(self) -> None:
        last, _ = self._leaf.entries[-1]
        while self._way:
            children, index = self._way.pop()
            if index + 1 < len(children):
                self._way.append((children, index + 1))
                self._descend(children[index + 1])
                if self._leaf.entries[0][0] <= last:
                    raise PageError("its keys do not rise")
                return
        raise PageError(f"it has fewer records than the {self.count} that its header says")

    def _descend(self, number: int) -> None:
        """Goes to the first record below page `number`."""
        while (page := self._page(number)).children:
            self._way.append((page.children, 0))
            if len(self._way) >= self._meta.depth:
                raise PageError("its tree is deeper than its header says")
            number = page.children[0]
        self._leaf, self._place = page, 0

    def _page(self, number: int) -> Page:
        try:
            return parse_page(self._read(number, 0, self._meta.page_size), number)
        except PageError:
            self.check_intact()
            raise

    def _own_pages(self, number: int, length: int) -> bytes:
        """A value of `length` bytes that begins on page `number`."""
        check_own_page(self._read(number, 0, PAGE_HEADER), number, length, self._meta.page_size)
        return self._read(number, PAGE_HEADER, length)

    def _read(self, number: int, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` of page `number` on."""
        begin = number * self._meta.page_size + offset
        if begin + length > self._size:
            raise PageError(f"page {number} lies outside of the file")
        content = read_at(self._file, begin, length)
        while len(content) < length:
            more = read_at(self._file, begin + len(content), length - len(content))
            if not more:
                raise PageError("it is cut short")
            content += more
        return content
