"""netcc as the package `caffe`, for one test at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import netcc.pycaffe

Write = Callable[[str, str], str]


def is_caffe(name: str) -> bool:
    return name.partition(".")[0] == "caffe"


@pytest.fixture
def caffe(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """What `import caffe` gives after `install()`; nothing of it is left afterwards."""
    monkeypatch.setattr(netcc.pycaffe.machine, "_random", None)
    netcc.pycaffe.install()
    yield sys.modules["caffe"]
    for name in filter(is_caffe, list(sys.modules)):
        del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("net.prototxt", text)` makes a file and returns its path."""

    def make(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return make
