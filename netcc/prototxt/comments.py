"""Comments and blank lines: found in the text after the parse, and hung on the nodes that they stand by."""

from __future__ import annotations

import re
from bisect import bisect_left

from netcc.prototxt.tree import Document, Field, Message

STRING = r"\"[^\"\\\n]*(?:\\[^\n][^\"\\\n]*)*\"|'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'"
BLANK_LINE = r"\n(?P<blank>[ \t\r]*\n)"
REMARK = re.compile(rf"{STRING}|(?P<comment>#[^\n]*)|{BLANK_LINE}")
ONLY_BLANK = re.compile(rf"{BLANK_LINE}|(?P<comment>(?!))")
"""The same for a text without comments, where strings need not be told from them."""
BLANK = ""


def attach_comments(document: Document) -> None:
    """Give each comment of the source to its node.

    A comment behind something on its line belongs to that; one on a line of its own to the field that follows, or to
    the end of the message. A run of blank lines becomes one empty comment of what follows, but for those at the
    beginning and the end of a message, which are left out.
    """
    text, root = document.source.text, document.root
    ended: list[Message] = []
    remarks = REMARK if "#" in text else ONLY_BLANK
    position = 0
    while remark := remarks.search(text, position):
        position = remark.end()
        if remark["comment"] is not None:
            _attach_comment(text, _find(root, remark.start()), remark.start(), remark["comment"].rstrip())
        elif remark["blank"] is not None:
            position -= 1  # this end of line may begin the next blank line
            _attach_blank(_find(root, remark.start() + 1), ended)
    for message in ended:
        if message.comments[-1:] == [BLANK]:
            message.comments.pop()


class _Place:
    """Between two fields of a message: `index` of the one behind; `owner` is the field whose value the message is."""

    __slots__ = ("index", "message", "owner")

    def __init__(self, owner: Field | None, message: Message, index: int) -> None:
        self.owner = owner
        self.message = message
        self.index = index

    @property
    def following(self) -> list[str]:
        """The comments of what follows: a field, or the end of the message."""
        fields = self.message.fields
        return fields[self.index].comments if self.index < len(fields) else self.message.comments


def _value_start(field: Field) -> int:
    return field.value.start


def _find(message: Message, offset: int) -> _Place:
    """The place at `offset`, in the innermost message."""
    owner = None
    while True:
        index = bisect_left(message.fields, offset, key=_value_start)
        field = message.fields[index - 1] if index else None
        if field is None or not isinstance(field.value, Message) or field.value.end <= offset:
            return _Place(owner, message, index)
        owner, message = field, field.value


def _attach_comment(text: str, place: _Place, offset: int, comment: str) -> None:
    fields, index = place.message.fields, place.index
    before = fields[index - 1] if index else None
    behind = fields[index] if index < len(fields) else None
    if behind and behind.start < offset and not (before and before.start == behind.start):
        before = behind  # between a name and its value
    elif before and "\n" in text[before.value.end : offset]:
        before = None
    elif not before and place.owner and "\n" not in text[place.message.start : offset]:
        before = place.owner
    node: Field | Message | None = before
    if before and isinstance(before.value, Message) and before.value.end <= offset:
        node = before.value
    if node and node.trailing is None:
        node.trailing = comment
    else:
        place.following.append(comment)


def _attach_blank(place: _Place, ended: list[Message]) -> None:
    comments = place.following
    if comments[-1:] == [BLANK] or (not comments and not place.index):
        return
    comments.append(BLANK)
    if place.index == len(place.message.fields):
        ended.append(place.message)
