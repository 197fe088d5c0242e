"""What the upgrades share: making nodes of others, and telling what was done.

Trees are not changed in place: an upgrade makes new nodes, which keep the comments and places of the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netcc.errors import Diagnostic
from netcc.prototxt.tree import Document, Field, Message, Node, Scalar


@dataclass(slots=True)
class Report:
    """What an upgrade did to a document: `notes` tell changes (severity note) and losses (warning)."""

    document: Document
    notes: list[Diagnostic] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)

    def change(self, message: str, node: Field) -> None:
        """Something is spelled another way now, and means the same."""
        self.notes.append(Diagnostic(message, self.document.span(node), severity="note"))

    def loss(self, message: str, node: Field) -> None:
        """Something is left out, as Caffe leaves it out."""
        self.notes.append(Diagnostic(message, self.document.span(node), severity="warning"))

    def error(self, message: str, node: Field | Node, *notes: str, suggestion: str | None = None) -> None:
        """Caffe refuses this."""
        self.errors.append(Diagnostic(message, self.document.span(node), notes, suggestion))


def renamed(item: Field, name: str, value: Node | None = None) -> Field:
    """The same field under another name, and with another value if one is given."""
    return Field(name, value or item.value, item.start, item.end, item.comments, item.trailing)


def with_fields(message: Message, fields: list[Field]) -> Message:
    """The same message with other fields."""
    return Message(fields, message.start, message.end, message.comments, message.trailing)


def wrapped(name: str, members: list[Field], comments: Iterable[str] = ()) -> Field:
    """`name { members }`, standing where the first member stands; the list is the message's own from then on."""
    first = members[0]
    return Field(name, Message(members, first.start, first.end), first.start, first.end, list(comments))


def text_of(message: Message, name: str) -> str | None:
    """The text of the scalar field `name` of `message`, if it has one."""
    item = message.first(name)
    return item.value.text if item and isinstance(item.value, Scalar) else None


def comments_below(item: Field) -> Iterator[str]:
    """All comments of a field and of what is in it, in order; for a field that goes away."""
    yield from filter(None, item.comments)
    if item.trailing:
        yield item.trailing
    if isinstance(item.value, Message):
        for inner in item.value.fields:
            yield from comments_below(inner)
        yield from filter(None, item.value.comments)
        if item.value.trailing:
            yield item.value.trailing
