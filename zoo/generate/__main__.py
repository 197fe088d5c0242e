"""Writes the files of the zoo's nets, or with --check names those that would change."""

from __future__ import annotations

import sys
from pathlib import Path

from netcc.atomic import atomic_write
from zoo.generate.catalogue import NAMES, files
from zoo.generate.index import index_entries, index_text, readme_text

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    names = [argument for argument in arguments if argument != "--check"]
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"no such net: {', '.join(unknown)}; the nets: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    changed = [path for name in names or NAMES for path in _write(name, check)]
    if not check:
        entries = index_entries(ROOT, names)
        _replace(ROOT / "index.json", index_text(entries))
        _replace(ROOT / "README.md", readme_text(entries))
    elif changed:
        print("out of date:", *changed, sep="\n  ")
        return 1
    return 0


def _write(name: str, check: bool) -> list[Path]:
    """The files of the net that were not as they should be; they are, after a call without `check`."""
    changed = []
    for file, text in files(name).items():
        path = ROOT / name / file
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        changed.append(path)
        if not check:
            _replace(path, text)
    return changed


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
