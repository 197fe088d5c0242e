"""Python statements laid out as ruff and black lay them out, in lines of at most 88 characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH = 88
INDENT = "    "
_UNBROKEN = "\0"


@dataclass(frozen=True)
class Group:
    """Items with commas between, in brackets: arguments of a call, or a collection, which breaks item by item."""

    head: str
    items: tuple[Piece, ...]
    tail: str
    is_call: bool = True

    def flat(self) -> str:
        inner = ", ".join(item if isinstance(item, str) else item.flat() for item in self.items)
        comma = "," if self.head.endswith("(") and not self.is_call and len(self.items) == 1 else ""
        return f"{self.head}{inner}{comma}{self.tail}"


Piece = str | Group


def call(head: str, arguments: Sequence[Piece]) -> Group:
    """`head(arguments)`."""
    return Group(f"{head}(", tuple(arguments), ")")


def literal(value: Any, head: str = "") -> Piece:
    """A value as Python writes it, after `head`."""
    if isinstance(value, tuple | list):
        items = tuple(literal(item) for item in value)
        return Group(f"{head}(", items, ")", is_call=False)
    if isinstance(value, float):
        return head + _number(value)
    if isinstance(value, str):
        return head + quoted(value)
    return f"{head}{value!r}"


def _number(value: float) -> str:
    """The shortest text of a float: of what came from float32, that of a float32."""
    if not math.isfinite(value):
        return f'float("{value}")'
    if value == int(value) and abs(value) < 1e6:
        return f"{value:.1f}"
    return str(np.float32(value)) if float(np.float32(value)) == value else repr(value)


def quoted(text: str) -> str:
    """A string in double quotes, unless it has quotes itself."""
    plain = repr(text)
    return plain if "'" in text or '"' in text else f'"{plain[1:-1]}"'


def prose(text: str) -> str:
    """Text for comments and docstrings: whatever a name holds, it does not end them."""
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return shown.replace("\\", "/").replace('"', "'")


def statement(head: str, group: Group, indent: int = 2) -> list[str]:
    """The lines of `head` and `group` at a level of indentation."""
    lines = _lines(Group(head + group.head, group.items, group.tail, group.is_call), indent, "")
    if max(map(len, lines)) > WIDTH:
        lines[-1] += "  # fmt: skip"
    return lines


def _lines(piece: Piece, indent: int, end: str) -> list[str]:
    margin = INDENT * indent
    flat = (piece if isinstance(piece, str) else piece.flat()) + end
    if isinstance(piece, str) or (len(margin + flat) <= WIDTH) or not piece.items:
        return [margin + flat]
    lines = [margin + piece.head]
    inner = ", ".join(item if isinstance(item, str) else item.flat() for item in piece.items)
    if piece.is_call and len(margin + INDENT + inner) <= WIDTH:
        lines.append(margin + INDENT + inner)
    else:
        for item in piece.items:
            lines += _lines(item, indent + 1, ",")
    return [*lines, margin + piece.tail + end]


def line(text: str, indent: int = 2) -> str:
    """A short statement that is not to be broken even where it is long."""
    whole = INDENT * indent + text
    return whole if len(whole) <= WIDTH else f"{whole}  # fmt: skip"


def comment(text: str, indent: int = 2) -> list[str]:
    """A comment, broken between words where it is long. Names in it went through `prose`."""
    margin, lines = INDENT * indent + "# ", [""]
    for word in text.split(" "):
        if lines[-1] and len(margin + lines[-1] + " " + word) > WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return [(margin + line).replace(_UNBROKEN, " ") for line in lines]


def unbroken(value: Any) -> str:
    """The text of a value, of which a comment keeps the words on one line."""
    return str(value).replace(" ", _UNBROKEN)
