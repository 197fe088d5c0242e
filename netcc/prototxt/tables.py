"""The LALR tables of the text format: made from grammar.lark by Lark, kept in grammar.json, read at start.

Lark takes longer to load and to build them than a whole run of a small tool should, so they are made ahead of time:
`python -m netcc.prototxt.tables` writes grammar.json, `--check` tells whether it is up to date.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = Path(__file__).with_name("grammar.json")
START = "document"
END = "$END"
"""The terminal at the end of the text."""
FAULT = "$FAULT"
"""What is read where no terminal matches: a string without an end, a number that is none, else one character."""
PATTERNS = {END: r"\Z", FAULT: r"[\"'][^\n]*|[0-9.][A-Za-z0-9_.]*|[^\x00-\x7f]+|(?s:.)"}


@dataclass(frozen=True, slots=True)
class Tables:
    """What a shift-reduce parser needs to know of the grammar.

    Terminal `i`, counted from 1 so that it can be a group of a regular expression, is called `terminals[i]` and matches
    `patterns[i]`; the last two are END and FAULT. What matches `ignored` may stand between terminals.
    `rules[i]` is the nonterminal that rule `i` makes, the method that builds it, and how many symbols it takes.
    `actions[state][terminal]` is the state to shift to (0 or more), -1 - i to reduce by rule `i`, or None where that
    terminal cannot stand; `gotos[state]` gives the state behind each nonterminal.
    A parse begins in state 0 and has ended when END is shifted.
    """

    terminals: list[str]
    patterns: list[str]
    ignored: str
    rules: list[tuple[str, str, int]]
    actions: list[list[int | None]]
    gotos: list[dict[str, int]]


@cache
def load_tables() -> Tables:
    """The tables of grammar.json."""
    return Tables(**json.loads(TABLES.read_text(encoding="ascii")))


def generate() -> str:
    """The text of grammar.json as grammar.lark asks for it. Needs Lark.

    States are numbered in the order in which they are reached, so that the text depends on the grammar alone.
    """
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    lark = Lark(GRAMMAR.read_text(encoding="ascii"), parser="lalr", lexer="basic", start=START)
    data, shared = lark.memo_serialize([TerminalDef, Rule])
    return _write(_tables(data["parser"], shared))


def _tables(data: dict[str, Any], shared: dict[int, Any]) -> dict[str, Any]:
    """The fields of `Tables` from Lark's own serialised parser, in which {"@": i} stands for `shared[i]`."""
    lexer, parser = data["lexer_conf"], data["parser"]
    definitions = sorted((shared[item["@"]] for item in lexer["terminals"]), key=lambda item: -int(item["priority"]))
    patterns = {item["name"]: _pattern(item) for item in definitions}
    ignored = "|".join(patterns.pop(name) for name in lexer["ignore"])
    patterns = {"": "", **patterns, **PATTERNS}
    rows = {
        state: {parser["tokens"][symbol]: action for symbol, action in row.items()}
        for state, row in parser["states"].items()
    }
    end = parser["end_states"][START]
    rows[end][END] = (0, end)
    numbers = _reached(rows, parser["start_states"][START])
    used = sorted({argument["@"] for row in rows.values() for reduces, argument in row.values() if reduces})

    def code(action: tuple[int, Any]) -> int:
        reduces, argument = action
        return -1 - used.index(argument["@"]) if reduces else numbers[argument]

    return {
        "terminals": list(patterns),
        "patterns": list(patterns.values()),
        "ignored": ignored,
        "rules": [_rule(shared[index]) for index in used],
        "actions": [[code(rows[s][name]) if name in rows[s] else None for name in patterns] for s in numbers],
        "gotos": [{name: code(rows[s][name]) for name in sorted(rows[s]) if name not in patterns} for s in numbers],
    }


def _reached(rows: dict[int, dict[str, tuple[int, Any]]], start: int) -> dict[int, int]:
    """The new number of each state, breadth first from `start`."""
    queue = [start]
    for state in queue:
        row = rows[state]
        shifts = (row[name][1] for name in sorted(row) if not row[name][0])
        queue.extend(target for target in dict.fromkeys(shifts) if target not in queue)
    return {state: number for number, state in enumerate(queue)}


def _pattern(definition: dict[str, Any]) -> str:
    value: str = definition["pattern"]["value"]
    return re.escape(value) if definition["pattern"]["__type__"] == "PatternStr" else value


def _rule(rule: dict[str, Any]) -> tuple[str, str, int]:
    origin = rule["origin"]["name"]
    return origin, rule["alias"] or origin, len(rule["expansion"])


def _write(tables: dict[str, Any]) -> str:
    """JSON with one line for each entry, so that a change of the grammar shows as a readable difference."""
    blocks = []
    for name, value in tables.items():
        lines = ",\n".join(f"  {json.dumps(entry)}" for entry in value)
        blocks.append(f'"{name}": ' + (f"[\n{lines}\n]" if isinstance(value, list) else json.dumps(value)))
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write grammar.json; with --check, only say whether it is what the grammar asks for (exit status 1: it is not)."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m netcc.prototxt.tables [--check]", file=sys.stderr)
        return 2
    text = generate()
    if not arguments:
        TABLES.write_text(text, encoding="ascii")
        return 0
    if TABLES.read_text(encoding="ascii") == text:
        return 0
    print(f"{TABLES.name} is out of date: run python -m netcc.prototxt.tables", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
