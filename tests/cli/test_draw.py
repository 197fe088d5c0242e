"""`netcc draw`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LENET = str(ROOT / "zoo" / "lenet" / "deploy.prototxt")
TRAIN = str(ROOT / "zoo" / "lenet" / "train.prototxt")
Run = Callable[..., Any]

PROGRAM = """#!{python}
import sys
text = sys.stdin.read()
if "Broken" in text:
    sys.exit("Error: <stdin>: syntax error in line 1")
print(sys.argv[1:], text.splitlines()[0])
"""


@pytest.fixture
def graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called dot that says how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "dot").write_text(PROGRAM.format(python=sys.executable))
    (folder / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_text_is_printed_and_needs_no_graphviz(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    shown = run("draw", LENET)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith('digraph "LeNet" {\n  graph [rankdir=TB ')
    assert "<B>relu1</B>  ReLU" in shown.stdout


@pytest.mark.usefixtures("graphviz")
def test_the_ending_or_the_option_tells_the_format(run: Run, place: Path) -> None:
    assert run("draw", LENET, "-o", "net.SVG").stdout == "wrote net.SVG\n"
    assert (place / "net.SVG").read_text() == "['-Tsvg'] digraph \"LeNet\" {\n"
    assert run("draw", LENET, "-o", "picture", "--format", "png").exit_code == 0
    assert (place / "picture").read_text().startswith("['-Tpng']")
    assert run("draw", LENET, "-o", "net.gv", "--rankdir", "lr").exit_code == 0
    assert "rankdir=LR" in (place / "net.gv").read_text()


def test_phases_and_rates(run: Run) -> None:
    both = run("draw", TRAIN, "--input", "data=64,1,28,28", "--display-lrm").stdout
    assert both.count("<B>mnist</B>") == 2
    assert "lr_mult 1, 2" in both
    train = run("draw", TRAIN, "--phase", "train", "--input", "data=64,1,28,28").stdout
    assert train.count("<B>mnist</B>") == 1
    assert "Accuracy" not in train
    assert "lr_mult" not in train


def test_shapes_that_are_not_known_are_left_out_and_said(run: Run) -> None:
    shown = run("draw", TRAIN)
    assert shown.exit_code == 0
    assert shown.stderr == (
        "warning: not all shapes are shown: the shape of the batches is not known: no data source is at hand\n"
    )
    assert 'tooltip="conv1"' in shown.stdout


def test_without_graphviz_the_way_out_is_told(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    shown = run("draw", LENET, "-o", "net.png")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "error: a picture in png is drawn by Graphviz, whose program dot is not installed\n"
        "  install it with: apt-get install graphviz, or brew install graphviz\n"
        "  a .dot file needs no Graphviz, and can be drawn elsewhere\n"
    )
    assert not (place / "net.png").exists()


@pytest.mark.usefixtures("graphviz")
def test_what_graphviz_says_is_told(run: Run, place: Path) -> None:
    (place / "net.prototxt").write_text('name: "Broken" layer { name: "x" type: "Input" top: "x" }')
    shown = run("draw", "net.prototxt", "-o", "net.svg")
    assert shown.exit_code == 1
    assert shown.stderr.endswith(
        "error: Graphviz cannot draw the net in svg\n  Error: <stdin>: syntax error in line 1\n"
    )
    assert not (place / "net.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-o", "net.svgg"), 2, (
            "error: there is no picture format 'svgg'\n"
            "  expected one of: svg, png, pdf, ps, eps, jpg, jpeg, gif, webp, dot, gv, raw\n"
            "  did you mean 'svg'?\n"
        )),
        (("-o", "net"), 2, "error: net has no ending that tells a format\n  give one, or --format\n"),
        (("-o", "no/net.dot"), 1, "error: cannot write no/net.dot: the folder {place}/no does not exist\n"),
    ],
)  # fmt: skip
def test_bad_calls(run: Run, place: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    shown = run("draw", LENET, *arguments)
    assert (shown.exit_code, shown.stderr) == (code, said.replace("{place}", str(place)))
