"""The committed tables are those of the grammar."""

from pathlib import Path

import pytest

from netcc.prototxt import tables
from netcc.prototxt.build import Builder
from netcc.prototxt.tables import END, FAULT, TABLES, generate, load_tables, main


def test_the_tables_are_those_of_the_grammar() -> None:
    assert TABLES.read_text(encoding="ascii") == generate()
    assert main(["--check"]) == 0


def test_stale_tables_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "grammar.json"
    stale.write_text("{}", encoding="ascii")
    monkeypatch.setattr(tables, "TABLES", stale)
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "grammar.json is out of date: run python -m netcc.prototxt.tables\n"
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert main(["--what"]) == 2


def test_every_rule_has_its_method() -> None:
    made = load_tables()
    assert made.terminals[-2:] == [END, FAULT]
    for _, method, _ in made.rules:
        assert callable(getattr(Builder, method))
