"""The documentation speaks of what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("zoo/*/README.md")),
]
FOLDERS = ("netcc", "docs", "zoo", "tests", "bench", "proto", ".ci")

PATH = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def identifier(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=identifier)
def test_paths_and_links_lead_somewhere(document: Path) -> None:
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing


def test_the_design_names_every_room() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "netcc").iterdir() if (path / "__init__.py").exists()]
    assert len(rooms) > 8
    assert [room for room in rooms if f"`{room}/`" not in text] == []


def test_the_design_names_every_stage_of_dump() -> None:
    from netcc.cli.dump import STAGES

    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    assert [stage for stage in STAGES if f"| {stage} |" not in text] == []


def test_the_readme_names_every_command() -> None:
    from netcc.cli import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`netcc {name}" not in text] == []


@pytest.mark.parametrize("title", ["Caffe's words", "The compiler's words"])
def test_the_glossary_is_in_alphabetical_order(title: str) -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", text.partition(f"## {title}\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert len(words) > 10
    assert words == sorted(words, key=str.lower)
