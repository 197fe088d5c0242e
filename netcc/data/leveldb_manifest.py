"""Which tables a LevelDB is made of, as its manifest says (LevelDB, `db/version_edit.cc` and `db/log_format.h`).

A folder may hold others too, begun when the database was closed; LevelDB writes over them when it next runs there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

BLOCK = 32768
"""Bytes; no piece of a record reaches over the end of a block."""

HEADER = struct.Struct("<IHB")
"""Checksum, length and kind of a piece of a record."""

COMPLETE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
"""Kinds of pieces."""

_COMPARATOR, _LOG, _NEXT_FILE, _SEQUENCE, _COMPACTED, _DELETED, _NEW, _OLD_LOG = 1, 2, 3, 4, 5, 6, 7, 9
"""Kinds of fields; the number that stands for each."""


def live_tables(folder: Path) -> set[int] | None:
    """The numbers of the tables of the database in `folder`; None where its manifest cannot be understood."""
    tables: set[int] = set()
    try:
        name = (folder / "CURRENT").read_text().strip()
        for record in _records((folder / name).read_bytes()):
            _Edit(record).apply(tables)
    except (OSError, ValueError, IndexError, struct.error):
        return None
    return tables


def _records(content: bytes) -> Iterator[bytes]:
    """The records of a log, put together from their pieces."""
    place, record = 0, b""
    while place + HEADER.size <= len(content):
        left = BLOCK - place % BLOCK
        if left < HEADER.size:
            place += left
            continue
        _, length, kind = HEADER.unpack_from(content, place)
        place += HEADER.size
        record = (
            content[place : place + length] if kind in (COMPLETE, FIRST) else record + content[place : place + length]
        )
        place += length
        if kind in (COMPLETE, LAST):
            yield record


class _Edit:
    """The fields of one record of a manifest."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def apply(self, tables: set[int]) -> None:
        """Adds and takes away tables as the record says."""
        while self._place < len(self._content):
            kind = self._number()
            if kind in (_LOG, _NEXT_FILE, _SEQUENCE, _OLD_LOG):
                self._number()
            elif kind == _COMPARATOR:
                self._pass_text()
            elif kind == _COMPACTED:
                self._number()
                self._pass_text()
            elif kind in (_DELETED, _NEW):
                self._table(kind, tables)
            else:
                raise ValueError(f"field {kind}")

    def _table(self, kind: int, tables: set[int]) -> None:
        self._number()  # its level
        number = self._number()
        if kind == _DELETED:
            tables.discard(number)
            return
        tables.add(number)
        self._number()  # its size
        self._pass_text()
        self._pass_text()

    def _number(self) -> int:
        """Seven bits in each byte, the lowest first; the eighth says that there are more."""
        value = shift = 0
        while True:
            byte = self._content[self._place]
            self._place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _pass_text(self) -> None:
        length = self._number()
        self._place += length
