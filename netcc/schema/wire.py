"""Protobuf's wire format, as far as writing arrays without copying them and explaining damaged files need it.

A message is a row of fields: a key (field number * 8 + wire type), then a varint, four or eight bytes, or a length and
that many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Part: TypeAlias = bytes | memoryview
"""A piece of a serialized message; one after the other they are the message."""

LIMIT = 2**31 - 1
"""The most bytes that a protobuf message may have."""

VARINT, FIXED64, LENGTH, START_GROUP, END_GROUP, FIXED32 = range(6)


def varint(value: int) -> bytes:
    """`value` (not negative) in groups of seven bits, lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def length(parts: list[Part]) -> int:
    """The bytes of all parts together."""
    return sum(map(len, parts))


def field(number: int, parts: list[Part]) -> list[Part]:
    """The parts of a field that holds bytes, a packed list or a message."""
    return [varint(number << 3 | LENGTH) + varint(length(parts)), *parts]


def fields(data: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The fields of a whole message: number, wire type, the bytes of the value, and those of the field with its key.

    What follows a group, which Caffe has none of, or a cut is left out.
    """
    position = 0
    while position < len(data):
        start = position
        key, position = _read_varint(data, position)
        value = position
        wire_type = key & 7
        if wire_type == VARINT:
            _, position = _read_varint(data, position)
        elif wire_type == LENGTH:
            size, value = _read_varint(data, position)
            position = value + size
        elif wire_type in (FIXED32, FIXED64):
            position += 4 if wire_type == FIXED32 else 8
        else:
            return
        if position > len(data):
            return
        yield key >> 3, wire_type, data[value:position], data[start:position]


def cut_at(data: bytes) -> int | None:
    """Where the field begins that the end of `data` cuts short; None if there is none or `data` is no message."""
    position = 0
    while position < len(data):
        start = position
        key, position = _read_varint(data, position)
        wire_type = key & 7
        if wire_type == VARINT:
            _, position = _read_varint(data, position)
        elif wire_type == LENGTH:
            size, position = _read_varint(data, position)
            position += size
        elif wire_type in (FIXED32, FIXED64):
            position += 4 if wire_type == FIXED32 else 8
        else:
            return None
        if position > len(data):
            return start
    return None


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint at `position` and where it ends; past the end of `data` if that cuts it."""
    value = shift = 0
    while position < len(data):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            break
    return value, len(data) + 1
