"""Whether a PNG is whole: libpng writes a line of its own about one that is not, beside the error that is raised.

The layout is that of the PNG specification (W3C, third edition), 5.
"""

from __future__ import annotations

import struct
import zlib

START = b"\x89PNG\r\n\x1a\n"
"""How PNGs begin."""

_HEAD = struct.Struct(">I4s")
"""Length of a chunk's data, and its name."""
_CHECKSUM = struct.Struct(">I")
_ANCILLARY = 0x20
"""Bit in the first letter of the name: the image can do without the chunk."""


def is_damaged(content: bytes) -> bool:
    """Whether `content`, which begins as a PNG, lacks its last chunk, or one that it needs has a wrong checksum."""
    view, place = memoryview(content), len(START)
    while place + _HEAD.size <= len(content):
        length, name = _HEAD.unpack_from(content, place)
        end = place + _HEAD.size + length
        if end + _CHECKSUM.size > len(content):
            return True
        needed = not name[0] & _ANCILLARY
        if needed and zlib.crc32(view[place + 4 : end]) != _CHECKSUM.unpack_from(content, end)[0]:
            return True
        if name == b"IEND":
            return False
        place = end + _CHECKSUM.size
    return True
