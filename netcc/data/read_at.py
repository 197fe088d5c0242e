"""Reads a file at a place, whatever its own position is: processes that were forked share that."""

from __future__ import annotations

import os
from typing import BinaryIO

if hasattr(os, "pread"):

    def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; fewer at the end of the file."""
        return os.pread(file.fileno(), length, offset)

else:  # Windows, which forks no processes

    def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
        file.seek(offset)
        return file.read(length)
