"""The page of rules names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "semantics.md"
NAME = re.compile(r"`([\w/]+\.py)::(\w+)(?:\[(\w+)\])?`")
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "---" not in line]
RULES = [row for row in ROWS if not row.endswith("| test |")]


@cache
def functions(name: str) -> set[str]:
    """The functions of a file below tests/; none if there is no such file."""
    path = ROOT / "tests" / name
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_there_are_rules() -> None:
    assert len(RULES) > 150


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.strip("| ").partition(" | ")[0])
def test_every_rule_names_tests_that_exist(rule: str) -> None:
    cited = NAME.findall(rule.rpartition(" | ")[2])
    assert cited
    assert [f"{file}::{function}" for file, function, _ in cited if function not in functions(file)] == []
    cases = {case for _, _, case in cited if case}
    assert [case for case in cases if not list((ROOT / "tests" / "golden").glob(f"*/{case}.*"))] == []


def test_every_test_of_these_rules_is_named() -> None:
    """Those in tests/semantics are there for this page."""
    cited = {(file, function) for rule in RULES for file, function, _ in NAME.findall(rule)}
    files = sorted((ROOT / "tests" / "semantics").glob("test_*.py"))
    assert files
    found = {(f"semantics/{path.name}", name) for path in files for name in functions(f"semantics/{path.name}")}
    assert sorted(pair for pair in found - cited if pair[1].startswith("test_")) == []
