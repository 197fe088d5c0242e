"""The examples of the README do what it says: console blocks line by line, Python blocks as doctests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.examples import blocks, check_console, check_python

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BROKEN = """\
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_parm { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
layer { name: "pool" type: "Pooling" bottom: "dat" top: "pool" pooling_param { kernel_size: "2" } }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README assumes it: the zoo, digits, a net with faults."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "zoo", folder / "zoo")
    (folder / "broken.prototxt").write_text(BROKEN)
    subprocess.run([sys.executable, "-m", "netcc", "data", "mnist", "."], cwd=folder, check=True, capture_output=True)
    return folder


def test_there_are_examples() -> None:
    assert len(blocks(README, "console")) >= 2
    assert len(blocks(README, "python")) >= 3


@pytest.mark.parametrize("block", blocks(README, "console"), ids=lambda block: block.splitlines()[0])
def test_console_examples_print_what_is_shown(block: str, place: Path) -> None:
    check_console(block, place)


def test_python_examples_print_what_is_shown(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    assert check_python("\n".join(blocks(README, "python")), "README.md") > 10
