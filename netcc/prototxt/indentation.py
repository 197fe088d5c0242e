"""Which bracket lacks its partner: brackets alone cannot tell, the indentation of their lines mostly can."""

from __future__ import annotations

from collections.abc import Container, Iterable

from netcc.prototxt.tree import Field, Message


def indentation(text: str, offset: int) -> int:
    """The number of white characters at the beginning of the line on which `offset` lies."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start : offset + 1]
    return len(line) - len(line.lstrip())


def unclosed_within(text: str, fields: Iterable[Field], known: Container[int]) -> Field | None:
    """The first field whose closing bracket stands further left than its opening line: that bracket is another's.

    `known` are the offsets of opening brackets that are not to be found.
    """
    for field in fields:
        message = field.value
        if isinstance(message, Message):
            if found := unclosed_within(text, message.fields, known):
                return found
            if message.start not in known and _closes_too_far_left(text, message):
                return field
    return None


def _closes_too_far_left(text: str, message: Message) -> bool:
    closing = message.end - 1
    alone = not text[text.rfind("\n", 0, closing) + 1 : closing].strip()
    return alone and indentation(text, closing) < indentation(text, message.start)
