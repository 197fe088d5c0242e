"""What the grammar's rules make: the nodes of the syntax tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netcc.errors import Diagnostic, Source, Span
from netcc.prototxt.machine import Token
from netcc.prototxt.strings import EscapeError, decode_literal
from netcc.prototxt.tree import Document, Field, Message, Scalar

DEEPEST = 100
"""Levels of brackets, as many as protobuf allows."""
ESCAPES = r"expected one of \n \r \t \a \b \f \v \" \' \\, an octal \101, \x41, \u00e9 or \U0001f600"
INFINITIES = frozenset({"inf", "infinity", "nan"})


class Builder:
    """One method for each alias of grammar.lark; each takes the values of the symbols of its rule.

    Faults that are no matter of grammar (an escape, a sign before a word) are added to `faults`.
    """

    def __init__(self, source: Source, faults: list[Diagnostic]) -> None:
        self.source = source
        self.faults = faults
        self.depth = -1
        self._names = _Names()

    def document(self, values: Sequence[Any]) -> Document:
        return Document(self.source, Message(values[0], 0, len(self.source.text)))

    def no_fields(self, values: Sequence[Any]) -> list[Field]:
        """The beginning of the document or of a message: a level down."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError
        return []

    def message(self, values: Sequence[Any]) -> Message:
        self.depth -= 1
        opening, fields, closing = values
        return Message(fields, opening.start(opening.lastindex), closing.end())

    def scalar_field(self, values: Sequence[Any]) -> list[Field]:
        fields: list[Field] = values[0]
        key = values[1]
        name = self._names[key[key.lastindex]]
        start = key.start(key.lastindex)
        fields.append(Field(name, values[2], start, start + len(name)))
        return fields

    message_field = scalar_field

    def empty_list(self, values: Sequence[Any]) -> list[Field]:
        """`name: []` says nothing."""
        fields: list[Field] = values[0]
        return fields

    def list_field(self, values: Sequence[Any]) -> list[Field]:
        fields: list[Field] = values[0]
        for value in values[3]:
            self.scalar_field((fields, values[1], value))
        return fields

    def one(self, values: Sequence[Any]) -> list[Any]:
        return [values[0]]

    def one_more(self, values: Sequence[Any]) -> list[Any]:
        items: list[Any] = values[0]
        separator = values[1]
        if separator[separator.lastindex] != ",":
            self._fault("list items are separated by ','", separator)
        items.append(values[2])
        return items

    def number(self, values: Sequence[Any]) -> Scalar:
        token = values[0]
        group = token.lastindex
        return Scalar("number", token[group], token.start(group), token.end())

    def identifier(self, values: Sequence[Any]) -> Scalar:
        token = values[0]
        group = token.lastindex
        return Scalar("identifier", token[group], token.start(group), token.end())

    def negative_number(self, values: Sequence[Any]) -> Scalar:
        sign, token = values
        group = token.lastindex
        return Scalar("number", "-" + token[group], sign.start(sign.lastindex), token.end())

    def negative_identifier(self, values: Sequence[Any]) -> Scalar:
        sign, token = values
        word = token[token.lastindex]
        if word.lower() not in INFINITIES:
            self._fault(f"'-' cannot stand before {word!r}", token, "expected a number, inf or nan")
        return Scalar("identifier", "-" + word, sign.start(sign.lastindex), token.end())

    def scalar(self, values: Sequence[Any]) -> Scalar:
        """A string, all its pieces read."""
        scalar: Scalar = values[0]
        return scalar

    def string(self, values: Sequence[Any]) -> Scalar:
        token = values[0]
        group = token.lastindex
        literal: str = token[group]
        if "\\" in literal or not literal.isascii():
            return Scalar("string", self._decode(token), token.start(group), token.end())
        return Scalar("string", literal[1:-1], token.start(group), token.end())

    def adjacent_string(self, values: Sequence[Any]) -> Scalar:
        first, token = values
        return Scalar("string", first.text + self._decode(token), first.start, token.end())

    def _decode(self, token: Token) -> str:
        """The bytes of a piece of a string; a bad escape is a fault and makes it empty."""
        literal, start = token[token.lastindex], token.start(token.lastindex)
        try:
            return decode_literal(literal)
        except EscapeError as error:
            span = Span(self.source, start + error.offset, start + error.offset + error.length)
            self.faults.append(Diagnostic(str(error), span, (ESCAPES,)))
            return ""

    def _fault(self, message: str, token: Token, *notes: str) -> None:
        span = Span(self.source, token.start(token.lastindex), token.end())
        self.faults.append(Diagnostic(message, span, notes))


class TooDeepError(Exception):
    """More levels of brackets than `DEEPEST`."""


class _Names(dict[str, str]):
    """The name in the text of a KEY or NAME; each distinct one is cut out once, and shared by all its fields."""

    def __missing__(self, text: str) -> str:
        name = self[text] = text.rstrip(":").split("#")[0].rstrip()
        return name
