"""Runs commands as a user would, in a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers.commands import Run

from netcc.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NETCC_DEBUG", raising=False)
    return tmp_path


@pytest.fixture
def run(place: Path) -> Run:
    """`run("shapes", "net.prototxt")` calls the command; the result has stdout, stderr and exit_code."""

    def call(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin, prog_name="netcc")

    return call


@pytest.fixture
def lenet(place: Path) -> Path:
    """The files of zoo/lenet, copied beside the working directory's own."""
    for path in (ROOT / "zoo" / "lenet").glob("*.prototxt"):
        shutil.copy(path, place)
    return place
