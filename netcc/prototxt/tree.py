"""The syntax tree of a prototxt: every node knows where it stands, comments included.

Offsets count characters of `Document.source.text`; a node made by the program (not read) has `start == end == -1`.
Two nodes are equal when they say the same, comments included, wherever they stand.

Comment texts keep their `#`. In a list of comments an empty text is a blank line, of which a printer keeps one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from netcc.errors import Source, Span

ScalarKind: TypeAlias = Literal["number", "identifier", "string"]


@dataclass(slots=True)
class Scalar:
    """A number, an identifier (enum name, `true`, `inf`) or a string.

    `text` is the value as written for numbers and identifiers, the decoded bytes-as-latin-1 text of all adjacent pieces
    for strings. A minus sign belongs to the text.
    """

    kind: ScalarKind
    text: str
    start: int = field(default=-1, compare=False)
    end: int = field(default=-1, compare=False)


@dataclass(slots=True)
class Message:
    """`{ ... }` or `< ... >`: fields in order.

    `comments` are those after the last field, before the closing bracket; `trailing` stands behind that bracket.
    """

    fields: list[Field] = field(default_factory=list)
    start: int = field(default=-1, compare=False)
    end: int = field(default=-1, compare=False)
    comments: list[str] = field(default_factory=list)
    trailing: str | None = None

    def all(self, name: str) -> Iterator[Field]:
        """The fields called `name`, in order."""
        return (item for item in self.fields if item.name == name)

    def first(self, name: str) -> Field | None:
        """The first field called `name`, if any."""
        return next(self.all(name), None)


Node: TypeAlias = Scalar | Message


@dataclass(slots=True)
class Field:
    """`name: value` or `name { ... }`; `name: [a, b]` is read as two fields.

    `start` and `end` delimit the name. `comments` stand on the lines before the field; `trailing` on its own line (for
    a message: the line of the opening bracket).
    """

    name: str
    value: Node
    start: int = field(default=-1, compare=False)
    end: int = field(default=-1, compare=False)
    comments: list[str] = field(default_factory=list)
    trailing: str | None = None


@dataclass(slots=True, repr=False)
class Document:
    """A whole file. `str` is its text in the usual layout."""

    source: Source = field(compare=False)
    root: Message

    def span(self, node: Field | Scalar | Message) -> Span | None:
        """Where `node` stands, or None if the program made it."""
        return Span(self.source, node.start, node.end) if node.start >= 0 else None

    def __str__(self) -> str:
        from netcc.prototxt.format import format_document

        return format_document(self)

    def __repr__(self) -> str:
        count = len(self.root.fields)
        return f"Document({self.source.name!r}, {count} field{'' if count == 1 else 's'})"
