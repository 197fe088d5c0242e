"""Whether a JPEG has its end: decoders differ in whether they say so, or fill what is missing with grey.

The layout is that of ITU-T T.81, annex B.
"""

from __future__ import annotations

START = b"\xff\xd8\xff"
"""How JPEGs begin."""

_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])
"""Markers without a length behind them."""


def is_cut_short(content: bytes) -> bool:
    """Whether `content`, which begins as a JPEG, lacks the mark of its end behind the first scan."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # a byte of filling
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker == _START_OF_SCAN:
            # In the data of a scan this pair of bytes cannot stand for anything else.
            return content.rfind(_END, place) < 0
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return True
