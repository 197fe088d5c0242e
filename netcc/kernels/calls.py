"""Calls of NumPy made ready: with their views of given arrays, to be made again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

Call: TypeAlias = Callable[[], Any]
Calls: TypeAlias = list[Call]
CallIterator: TypeAlias = Iterator[Call]


def make(calls: Iterable[Call]) -> None:
    """Makes the calls in their order."""
    for call in calls:
        call()
