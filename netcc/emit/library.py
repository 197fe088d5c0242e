"""The plain functions as text: what each is, and which others it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Function:
    """A function of `netcc.emit.numpy_source`: its text, and the names that it uses."""

    name: str
    text: str
    uses: frozenset[str]


@cache
def functions() -> dict[str, Function]:
    """All functions by name, in the order of their files."""
    import netcc.emit.numpy_source as package

    found: dict[str, Function] = {}
    for folder in package.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            for function in _functions_in(path.read_text(encoding="utf-8")):
                found[function.name] = function
    return found


def _functions_in(source: str) -> Iterable[Function]:
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - {node.name}
            yield Function(node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno]), frozenset(used))


def needed(names: Iterable[str]) -> list[Function]:
    """The functions of these names and all that they call, each before those that call it."""
    known = functions()
    ordered: dict[str, Function] = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        for other in sorted(known[name].uses & known.keys()):
            add(other)
        ordered[name] = known[name]

    for name in names:
        add(name)
    return list(ordered.values())
