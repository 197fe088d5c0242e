"""Statements are laid out as ruff lays them out, names are names of Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.emit.names import class_name
from netcc.emit.text import Group, call, comment, literal, prose, quoted, statement

numbers = st.one_of(st.integers(-999, 999), st.floats(width=32, allow_nan=False, allow_infinity=False), st.booleans())
values = st.recursive(numbers, lambda inner: st.lists(inner, max_size=6).map(tuple), max_leaves=12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("abcdefg_", min_size=1, max_size=12), values), max_size=6), st.integers(0, 2))
def test_every_statement_means_what_it_is_made_of(arguments: list[tuple[str, Any]], indent: int) -> None:
    made = call("function", [literal(value, f"a_{name}=") for name, value in dict(arguments).items()])
    lines = statement("target = ", made, indent)
    (assigned,) = ast.parse("if 1:\n" * 0 + "\n".join(line[4 * indent :] for line in lines)).body
    assert isinstance(assigned, ast.Assign)
    assert isinstance(assigned.value, ast.Call)
    found = {keyword.arg: ast.literal_eval(keyword.value) for keyword in assigned.value.keywords}
    assert found.keys() == {f"a_{name}" for name, _ in arguments}
    for name, value in dict(arguments).items():
        assert same(found[f"a_{name}"], value)


def same(found: Any, expected: Any) -> bool:
    """Equal as numbers of float32."""
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    return bool(np.float32(found) == np.float32(expected))


@settings(deadline=None)
@given(st.text())
def test_every_text_is_quoted(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert ast.parse(f'"""{prose(text)} and more."""\n# {prose(text)}\n').body[0].end_lineno == 1


LONG: list[list[Any]] = [
    [(1, 2)],
    ["x" * 30, "y" * 30, "z" * 30],
    ["x" * 40, "y" * 40, "z" * 40],
    ["x" * 20, literal(tuple(range(40)), "sides=")],
    ["b" * 30, literal(((30.0, 30.0), (42.426, 42.426), (52.5, 21.25), (21.75, 42.125)), "sides=")],
    ["k" * 70, literal((1,), "one="), literal((), "none=")],
]


def test_ruff_would_lay_them_out_alike(tmp_path: Path) -> None:
    lines = ["def f():"]
    for arguments in LONG:
        pieces = [literal(item) if isinstance(item, tuple) else item for item in arguments]
        lines += statement("target = ", call("function", pieces), 1)
        lines += statement("first, second = ", call("module.function", pieces), 1)
    items = tuple(literal((1, 2, 3), f'"key {number}": ') for number in range(9))
    lines += statement("table = ", Group("{", items, "}", is_call=False), 1)
    (tmp_path / "made.py").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff", str(tmp_path / "made.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_broken_is_left_alone() -> None:
    lines = statement("target = ", call("function", [quoted("k" * 90)]), 1)
    assert lines[-1] == "    )  # fmt: skip"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float(np.float32(0.1)), "0.1"),
        (0.1, "0.1"),
        (2.0, "2.0"),
        (float(np.float32(1e-5)), "1e-05"),
        (float("inf"), 'float("inf")'),
        (1 / 3, "0.3333333333333333"),
        ("it's", '"it\'s"'),
        ('say "a"', "'say \"a\"'"),
        ((1,), "(1,)"),
        (None, "None"),
    ],
)
def test_values(value: Any, text: str) -> None:
    found = literal(value)
    assert (found if isinstance(found, str) else found.flat()) == text


def test_long_comments_are_broken_between_words() -> None:
    lines = comment("word " * 30 + "end")
    assert max(map(len, lines)) <= 88
    assert " ".join(line.strip()[2:] for line in lines) == "word " * 30 + "end"


@pytest.mark.parametrize(
    ("net", "name"),
    [
        ("LeNet", "LeNet"),
        ("ResNet-50", "ResNet50"),
        ("SSD-300 on VGG-16", "SSD300OnVGG16"),
        ("", "Net"),
        ("3d", "Net3d"),
        ("None", "NetNone"),
        ("naïve: net", "NaVeNet"),
        ("path", "NetPath"),
    ],
)
def test_names_of_classes(net: str, name: str) -> None:
    assert class_name(net) == name
