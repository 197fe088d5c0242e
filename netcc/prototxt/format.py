"""Syntax tree -> text, in one layout: what is printed reads back as the same tree, and prints the same again.

Two spaces a level, one field a line, `name: value` and `name { ... }`, strings in double quotes, comments where they
stood. A message within another that holds a few values and no comment stands on one line, as in
`weight_filler { type: "xavier" }`. Numbers and names stay as they were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netcc.prototxt.strings import encode_literal
from netcc.prototxt.tree import Document, Field, Message, Scalar

if TYPE_CHECKING:
    from google.protobuf.message import Message as ProtobufMessage

INDENT = "  "
LINE = 80
"""Columns that a message on one line may reach."""
FEW = 4
"""Fields that a message on one line may have."""


def format_document(document: Document) -> str:
    """The whole text, with an end of line behind the last; empty for an empty document."""
    return "".join(f"{line}\n" for line in _message_lines(document.root, ""))


def format_message(message: ProtobufMessage) -> str:
    """The text of a protobuf message, in the order of its fields' numbers."""
    from netcc.prototxt.from_message import tree_of

    return format_document(tree_of(message))


def _message_lines(message: Message, indent: str) -> Iterator[str]:
    for item in message.fields:
        yield from _comment_lines(item.comments, indent)
        yield from _field_lines(item, indent)
    yield from _comment_lines(message.comments, indent)


def _comment_lines(comments: list[str], indent: str) -> Iterator[str]:
    return (f"{indent}{comment}" if comment else "" for comment in comments)


def _field_lines(item: Field, indent: str) -> Iterator[str]:
    value = item.value
    if isinstance(value, Scalar):
        yield f"{indent}{item.name}: {_scalar(value)}{_behind(item.trailing)}"
    elif line := _one_line(item, value, indent):
        yield f"{line}{_behind(value.trailing)}"
    else:
        yield f"{indent}{item.name} {{{_behind(item.trailing)}"
        yield from _message_lines(value, indent + INDENT)
        yield f"{indent}}}{_behind(value.trailing)}"


def _one_line(item: Field, message: Message, indent: str) -> str | None:
    """`name { a: 1 b: 2 }` if it is short, plain and not at the outermost level."""
    if item.trailing or message.comments or len(message.fields) > FEW:
        return None
    if not message.fields:
        return f"{indent}{item.name} {{}}"
    parts = []
    for inner in message.fields:
        if not indent or inner.comments or inner.trailing or isinstance(inner.value, Message):
            return None
        parts.append(f"{inner.name}: {_scalar(inner.value)}")
    line = f"{indent}{item.name} {{ {' '.join(parts)} }}"
    return line if len(line) <= LINE else None


def _scalar(value: Scalar) -> str:
    return encode_literal(value.text) if value.kind == "string" else value.text


def _behind(comment: str | None) -> str:
    return f"  {comment}" if comment else ""
