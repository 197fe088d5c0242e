"""Writes PNG images with nothing but zlib."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from netcc.types import Array

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2


def encode_png(pixels: Array) -> bytes:
    """The PNG file of uint8 `pixels` (height, width, R G B)."""
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _TRUE_COLOUR, 0, 0, 0)
    # Each row begins with the number of its filter: 0, none.
    rows = np.pad(pixels.reshape(height, width * 3), ((0, 0), (1, 0)))
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows.tobytes())) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
