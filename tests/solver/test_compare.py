"""Several runs in one picture."""

from __future__ import annotations

import json
import sys

import matplotlib
import pytest
from helpers.solver_story import short_run

from netcc.errors import DataError, OutputError
from netcc.solver.compare import draw_comparison
from netcc.solver.metrics import Metrics


def rows():
    lines = []
    metrics = Metrics(lines.append)
    for event in short_run():
        event.tell(metrics)
    return [json.loads(line) for line in lines]


def text_in(runs, folder, **options):
    """What is written in the picture, letters as letters."""
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        draw_comparison(runs, folder / "runs.svg", **options)
    return (folder / "runs.svg").read_text().replace("\N{ZERO WIDTH SPACE}", "")


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml"), ("a", b"\x89PNG")]
)
def test_the_suffix_says_the_format(tmp_path, name, start):
    draw_comparison({"one": rows(), "two": rows()}, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_all_runs_are_in_the_legend(tmp_path):
    names = ["sgd", "_adam", "a$b$"]
    text = text_in(dict.fromkeys(names, rows()), tmp_path, lr=True)
    for name in ("sgd", "_adam", "a$b$", "acc", "learning rate", "iteration", "loss (faint: training, strong: test)"):
        assert f">{name}<" in text


def test_without_tests_and_rates_there_is_one_panel(tmp_path):
    train = [row for row in rows() if row["event"] != "test"]
    text = text_in({"one": train, "two": train}, tmp_path)
    assert ">loss<" in text
    assert ">acc<" not in text
    assert ">learning rate<" not in text


def test_runs_of_different_nets(tmp_path):
    other = json.loads(json.dumps(rows()).replace('"acc"', '"top5"'))
    text = text_in({"one": rows(), "two": other, "three": rows()[:1]}, tmp_path)
    for name in ("acc", "top5", "test scores", "three"):
        assert f">{name}<" in text


def test_nothing_to_draw(tmp_path):
    with pytest.raises(DataError) as error:
        draw_comparison({"one": rows()[:1], "two": []}, tmp_path / "a.png")
    assert str(error.value) == "error: the runs have nothing to draw: no loss was displayed, no test made"
    assert not list(tmp_path.iterdir())


def test_no_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(OutputError, match="drawing needs matplotlib"):
        draw_comparison({"one": rows()}, tmp_path / "a.png")
