"""The shift-reduce machine that runs the tables of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Protocol

from netcc.prototxt.tables import load_tables


class Token(Protocol):
    """A terminal as it stands in the text: the part of `re.Match` that is used.

    `lastindex` is the terminal's number; its text and place are the group of that number.
    """

    @property
    def lastindex(self) -> Any: ...
    def __getitem__(self, group: int, /) -> Any: ...
    def start(self, group: int, /) -> int: ...
    def end(self) -> int: ...


def scan(text: str) -> Iterator[re.Match[str]]:
    """The tokens of `text`; the last one is END. A byte order mark before the first is left out."""
    return _scanner().finditer(text, int(text.startswith("\ufeff")))


@cache
def _scanner() -> re.Pattern[str]:
    """A pattern that matches the next token; group `i` is terminal `i`."""
    tables = load_tables()
    terminals = "|".join(f"({pattern})" for pattern in tables.patterns[1:])
    return re.compile(f"(?:{tables.ignored})*+(?:{terminals})")


class Machine:
    """A parse under way: the stack of states and that of the nodes and tokens read so far."""

    __slots__ = ("_actions", "_gotos", "_rules", "states", "values")

    def __init__(self, builder: object) -> None:
        tables = load_tables()
        self._actions = tables.actions
        self._gotos = tables.gotos
        self._rules: list[tuple[str, Callable[[Sequence[Any]], Any], int]] = [
            (nonterminal, getattr(builder, method), length) for nonterminal, method, length in tables.rules
        ]
        self.states = [0]
        self.values: list[Any] = []

    def feed(self, terminal: int, token: Token) -> bool:
        """Take one token, or return False where it cannot stand; the nodes that end before it are made either way."""
        states, values, actions = self.states, self.values, self._actions
        while True:
            action = actions[states[-1]][terminal]
            if action is None:
                return False
            if action >= 0:
                states.append(action)
                values.append(token)
                return True
            self._reduce(action)

    def _reduce(self, action: int) -> None:
        """Replace the symbols of a rule by what the builder makes of them."""
        nonterminal, build, length = self._rules[-1 - action]
        states, values = self.states, self.values
        if length:
            value = build(values[-length:])
            del values[-length:], states[-length:]
        else:
            value = build(())
        values.append(value)
        states.append(self._gotos[states[-1]][nonterminal])

    def settle(self) -> None:
        """Make the nodes that end here whatever follows, short of the whole document."""
        end = len(self._actions[0]) - 2
        while action := min((a for a in self._actions[self.states[-1]][:end] if a is not None), default=0):
            if action >= 0:
                return
            self._reduce(action)

    def accepts(self, terminal: int) -> bool:
        """Whether a token of this kind may stand next."""
        return self._actions[self.states[-1]][terminal] is not None

    def drop(self) -> Any:
        """Take the last value off the stack, as if it had not been read."""
        self.states.pop()
        return self.values.pop()

    @property
    def result(self) -> Any:
        """What the builder made of the whole text, once END is taken."""
        return self.values[-2]
