"""What holds for every file of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"netcc/schema/caffe_pb2.py", "netcc/schema/weights_pb2.py"}
LONGEST = 500

LEFTOVERS = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|breakpoint\(\)|\bpdb\b|<<<<<<" + r"<|>>>>>>" + r">|/wo" + r"rk/"
)


def tracked(pattern: str) -> list[str]:
    """Files that belong to the repository, committed or about to be; without git, all files of the folders we know."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        return [name for name in found.stdout.splitlines() if (ROOT / name).is_file()]
    hidden = re.compile(r"(^|/)(\.(?!ci/)|out/|build/|dist/|__pycache__/)")
    names = (str(path.relative_to(ROOT)) for path in ROOT.rglob(pattern) if path.is_file())
    return sorted(name for name in names if not hidden.search(name))


def test_the_list_of_files_is_not_empty() -> None:
    assert "netcc/errors.py" in tracked("*.py")
    assert "README.md" in tracked("*.md")


@pytest.mark.parametrize("name", [name for name in tracked("*.py") if name not in GENERATED])
def test_no_python_file_is_longer_than_the_limit(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{name} has {lines} lines; split it"


@pytest.mark.parametrize("pattern", ["*.py", "*.md", "*.toml", "*.proto", "*.prototxt", "*.lark", "Makefile"])
def test_nothing_is_left_over(pattern: str) -> None:
    names = [name for name in tracked(pattern) if not name.startswith("tests/golden/")]
    assert names
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in names
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if LEFTOVERS.search(line)
    ]
    assert not found, "\n".join(found)


def test_test_folders_mirror_the_package() -> None:
    rooms = {path.name for path in (ROOT / "netcc").iterdir() if path.is_dir() and path.name != "__pycache__"}
    for room in rooms:
        assert list((ROOT / "tests" / room).glob("test_*.py")), f"tests/{room} has no tests"
