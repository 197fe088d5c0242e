"""The examples of docs/data.md print what is shown there."""

from __future__ import annotations

import shutil
from pathlib import Path

from helpers.examples import blocks, check_console, check_python

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
IMAGES = ROOT / "tests" / "golden" / "data" / "images"


def test_console_examples(tmp_path: Path) -> None:
    """One after the other: each finds what those before it made."""
    for index in range(9):
        place = tmp_path / "photos" / ("cat" if index < 5 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(IMAGES / f"b{index:02}.png", place / f"{index}.png")
    (tmp_path / "broken.txt").write_text("cat/0.png 0\ncat/none.png 0\n")
    examples = blocks(PAGE, "console")
    assert len(examples) == 4
    for example in examples:
        check_console(example, tmp_path)
    assert (tmp_path / "first.png").stat().st_size > 1000


def test_python_examples() -> None:
    assert check_python("\n".join(blocks(PAGE, "python")), "data.md") > 5
