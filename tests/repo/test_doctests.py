"""The examples in docstrings and in the guide to Python do what they show."""

from __future__ import annotations

import doctest
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "netcc").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
PUBLIC = ["Net", "Solver", "compile", "format", "layers", "load", "parse", "shapes"]


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples stand in the folder of the project, and no other `caffe` is there before or after."""
    monkeypatch.chdir(ROOT)
    before = dict(sys.modules)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe" and name not in before]:
        del sys.modules[name]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_do_what_they_show(name: str) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
    assert runner.tries > 0


def test_every_public_name_has_an_example() -> None:
    import netcc

    assert set(PUBLIC) < set(netcc.__all__)
    from netcc.layers.registry import layers

    things = {name: getattr(netcc, name) for name in PUBLIC} | {"layers": layers}
    assert [name for name, thing in things.items() if ">>> " not in (thing.__doc__ or "")] == []


def test_the_guide_to_python_does_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    source = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    (tmp_path / "zoo").symlink_to(ROOT / "zoo")
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(source, {}, "python.md", "python.md", 0)
    assert len(test.examples) > 20
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
        test, out=said.append
    )
    assert result.failed == 0, "".join(said)
