"""What happens at a token that cannot stand where it does: one message, and a repair so that the parse can go on.

The repair depends on what was due: a value, a colon, an item of a list, a field. It puts in the token that was
forgotten or leaves out the one that is too many. A line is blamed once, so that one fault gives one message.
"""

from __future__ import annotations

from dataclasses import dataclass

from netcc.errors import Diagnostic, Source, Span
from netcc.prototxt.indentation import indentation, unclosed_within
from netcc.prototxt.machine import Machine, Token
from netcc.prototxt.tables import END, FAULT, load_tables

MOST_FAULTS = 20
"""Faults that are shown of one file."""
MOST_REPAIRS = 300
"""Repairs at one token: at the end, each bracket that lacks its partner takes one."""
SIGNS = {"LBRACE": "{", "RBRACE": "}", "LESSTHAN": "<", "MORETHAN": ">", "LSQB": "[", "RSQB": "]", "SEPARATOR": ","}
PARTNERS = {"LBRACE": "RBRACE", "LESSTHAN": "MORETHAN", "LSQB": "RSQB"}
SCALARS = ("NUMBER", "STRING", "NAME", "MINUS")
A_VALUE = "expected a number, a string, a name or '{'"
A_FIELD = "expected 'name: value' or 'name { ... }'"


class TooManyFaultsError(Exception):
    """The file has more faults than are worth showing."""


@dataclass(slots=True)
class Inserted:
    """A token that the text lacks, as if it stood at `position`."""

    lastindex: int
    text: str
    position: int

    def __getitem__(self, group: int, /) -> str:
        return self.text

    def start(self, group: int, /) -> int:
        return self.position

    def end(self) -> int:
        return self.position


class Recovery:
    """The repairs of one parse; its faults are added to `faults`."""

    def __init__(self, source: Source, machine: Machine, faults: list[Diagnostic]) -> None:
        self._source = source
        self._machine = machine
        self._faults = faults
        self._terminals = load_tables().terminals
        self._blamed: set[int] = set()
        self._unclosed: set[int] = set()

    def accept(self, token: Token) -> None:
        """Repair until the machine takes `token`, or leave the token out."""
        for _ in range(MOST_REPAIRS):
            self._machine.settle()
            if not self._repair(token):
                return
            if self._machine.feed(token.lastindex, token):
                return

    def _repair(self, token: Token) -> bool:
        """One step, by what was due; tells whether `token` is still to be read."""
        before = self._machine.values[-1]
        kind = self._kind(before)
        if kind in ("KEY", "MINUS"):
            return self._value_due(token, before)
        if kind == "NAME":
            return self._colon_due(token, before)
        if kind in ("LSQB", "SEPARATOR"):
            return self._item_due(token, before)
        if self._may_stand("KEY"):
            return self._field_due(token)
        return self._list_end_due(token)

    def _value_due(self, token: Token, before: Token) -> bool:
        """After `name:` or '-': an empty value is put in."""
        faulty = self._kind(token) == FAULT
        if faulty:
            self._blame_text(token)
        elif self._kind(before) == "MINUS":
            self._blame(before, "'-' without a number behind it")
        else:
            name = _text(before).rstrip(": \t\r\n")
            self._blame(before, f"{name!r} has no value", A_VALUE, length=len(name))
        self._insert("NUMBER" if self._kind(before) == "MINUS" else "NAME", token)
        return not faulty

    def _colon_due(self, token: Token, name: Token) -> bool:
        """After a name alone: its colon is put in, or its bracket, or the name is left out."""
        self._machine.drop()
        kind = self._kind(token)
        if kind in SCALARS or kind == FAULT:
            self._blame(token, f"expected ':' after {_text(name)!r}, found {self._describe(token)}")
            self._insert("KEY", name, _text(name))
            return kind != FAULT
        self._blame(name, f"{_text(name)!r} is neither a field with a value nor a message", A_FIELD)
        text = self._source.text
        if kind == "KEY" and indentation(text, _start(token)) > indentation(text, _start(name)):
            self._insert("NAME", name, _text(name))
            self._insert("LBRACE", token)
        return True

    def _item_due(self, token: Token, before: Token) -> bool:
        """After '[', or ',' in a list."""
        kind = self._kind(token)
        if kind in SCALARS and self._kind(before) == "LSQB":
            self._machine.drop()
            name = self._machine.drop()
            self._blame(before, f"expected ':' after {_text(name)!r}, before a list of values")
            self._insert("KEY", name, _text(name))
            self._insert("LSQB", before)
            return True
        if kind == FAULT:
            self._blame_text(token)
            return False
        if kind in ("LBRACE", "LESSTHAN", *SCALARS):
            self._blame(token, "a list holds either values or messages")
        if self._kind(before) == "LSQB":
            return self._list_end_due(token)
        self._blame(before, f"expected another item of the list, found {self._describe(token)}")
        self._machine.drop()
        return True

    def _list_end_due(self, token: Token) -> bool:
        """After an item: a comma is put in, or the closing bracket."""
        kind = self._kind(token)
        if kind == FAULT:
            self._blame_text(token)
            return False
        if kind in SCALARS:
            self._blame(token, f"expected ',' or ']' in a list, found {self._describe(token)}")
            self._insert("SEPARATOR", token)
            return True
        opening = self._innermost()
        self._blame(opening or token, f"'[' is never closed; expected ']' before {self._describe(token)}")
        self._insert("RSQB", token)
        return True

    def _field_due(self, token: Token) -> bool:
        """Between fields."""
        kind, opening = self._kind(token), self._innermost()
        if kind == FAULT:
            self._blame_text(token)
        elif kind == END and opening:
            self._close(opening, token)
            return True
        elif kind in ("RBRACE", "MORETHAN") and opening:
            self._mismatch(opening, token)
        elif kind in ("RBRACE", "MORETHAN", "RSQB"):
            self._blame(token, f"{_text(token)!r} closes nothing", "no bracket is open here")
        elif kind in ("LBRACE", "LESSTHAN"):
            self._blame(token, f"{_text(token)!r} without a name before it", A_FIELD)
            self._insert("NAME", token)
            return True
        else:
            self._blame(
                token, f"expected a field, found {self._describe(token)}", self._quotes_missing(token) or A_FIELD
            )
        return False

    def _mismatch(self, opening: Token, token: Token) -> None:
        """'{' closed by '>' or the reverse: taken as the right one."""
        partner = PARTNERS[self._kind(opening)]
        line = self._source.position(_start(opening))[0]
        message = f"{_text(token)!r} cannot close the {_text(opening)!r} of line {line}"
        self._blame(token, message, f"expected {SIGNS[partner]!r}")
        self._insert(partner, token)

    def _close(self, opening: Token, token: Token) -> None:
        """At the end of the text, within `opening`: its indentation tells which bracket was forgotten."""
        culprit = unclosed_within(self._source.text, self._machine.values[-1], self._unclosed)
        start = culprit.value.start if culprit else _start(opening)
        partner = PARTNERS[self._kind(opening)]
        name = f" of {culprit.name!r}" if culprit else self._owner()
        note = f"expected {SIGNS[partner]!r}"
        self._add(f"the bracket{name} is never closed", Span(self._source, start, start + 1), (note,))
        self._unclosed |= {start, _start(opening)}
        self._insert(partner, token)

    def _owner(self) -> str:
        """Whose bracket the innermost open one is, for a message."""
        values = self._machine.values
        index = next(i for i in range(len(values) - 1, -1, -1) if self._kind(values[i]) in PARTNERS)
        name = _text(values[index - 1]).rstrip(": \t\r\n")
        return f" of {name!r}" if name else ""

    def _innermost(self) -> Token | None:
        """The open bracket that encloses what is read now."""
        return next((value for value in reversed(self._machine.values) if self._kind(value) in PARTNERS), None)

    def _kind(self, value: object) -> str:
        """The terminal that a value of the stack is, or "" for a node."""
        return self._terminals[getattr(value, "lastindex", 0) or 0]

    def _may_stand(self, terminal: str) -> bool:
        return self._machine.accepts(self._terminals.index(terminal))

    def _insert(self, terminal: str, place: Token, text: str = "") -> None:
        """Feed a token that the text lacks."""
        number = self._terminals.index(terminal)
        self._machine.feed(number, Inserted(number, text or SIGNS.get(terminal, ""), _start(place)))

    def _describe(self, token: Token) -> str:
        if self._kind(token) == END:
            return "the end of the file"
        text = _text(token)
        return text if self._kind(token) == "STRING" and len(text) < 40 else repr(text.split("\n")[0][:40])

    def _quotes_missing(self, token: Token) -> str:
        """A note where `token` follows a name without a space, as in `source: data/train`."""
        before = self._source.text[max(0, _start(token) - 1) : _start(token)]
        return "a string must stand in quotes" if before.isalnum() and self._kind(token) != "SEPARATOR" else ""

    def _blame_text(self, token: Token) -> None:
        """The fault of a text that is no token at all."""
        text = _text(token)
        if text[0] in "\"'":
            self._blame(token, "a string is not closed", f"expected {text[0]} before the end of the line")
        elif text[0].isdigit() or (text[0] == "." and len(text) > 1):
            self._blame(token, f"{text!r} is not a number")
        elif text[0].isprintable():
            self._blame(token, f"{text[0]!r} cannot stand here", *filter(None, [self._quotes_missing(token)]))
        else:
            self._blame(token, f"the character U+{ord(text[0]):04X} cannot stand here")

    def _blame(self, token: Token, message: str, *notes: str, length: int | None = None) -> None:
        """Add a fault, unless one of the same line has been told."""
        start = _start(token)
        line = self._source.position(start)[0]
        if line not in self._blamed:
            self._blamed.add(line)
            end = token.end() if length is None else start + length
            self._add(message, Span(self._source, start, end), notes)

    def _add(self, message: str, span: Span, notes: tuple[str, ...]) -> None:
        self._faults.append(Diagnostic(message, span, notes))
        if len(self._faults) >= MOST_FAULTS:
            raise TooManyFaultsError


def _text(token: Token) -> str:
    text: str = token[token.lastindex]
    return text


def _start(token: Token) -> int:
    return token.start(token.lastindex)
