"""`netcc log`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from helpers.caffe_logs import RELEASE_1
from helpers.commands import SMALL, SOLVER, Run

TRAIN = """\
NumIters,Seconds,LearningRate,loss
0,1.1,0.01,2.25
100,10,0.00992565,nan
"""
TEST = """\
NumIters,Seconds,LearningRate,accuracy,loss
0,1,0.01,0.0625,2.5
200,21,0.00992565,0.875,0.5
"""


@pytest.fixture
def log(place: Path) -> Path:
    (place / "caffe.INFO").write_text(RELEASE_1)
    return place / "caffe.INFO"


def test_csv(run: Run, log: Path) -> None:
    shown = run("log", "caffe.INFO", "--csv")
    assert (shown.exit_code, shown.stdout) == (0, f"{TRAIN}\n{TEST}")
    assert run("log", "caffe.INFO", "--csv", "--only", "train").stdout == TRAIN
    assert run("log", "caffe.INFO", "--csv", "--only", "test").stdout == TEST


def test_files_as_parse_log_leaves_them(run: Run, log: Path) -> None:
    shown = run("log", "caffe.INFO", "-o", "deep/tables")
    assert (shown.exit_code, shown.output) == (0, "")
    folder = log.parent / "deep" / "tables"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "caffe.INFO.train": TRAIN,
        "caffe.INFO.test": TEST,
    }


def test_json(run: Run, log: Path) -> None:
    shown = json.loads(run("log", "caffe.INFO", "--json").stdout)
    assert shown["train"][1] == {"NumIters": 100, "Seconds": 10.0, "LearningRate": 0.00992565, "loss": None}
    assert [row["accuracy"] for row in shown["test"]] == [0.0625, 0.875]


def test_a_table_to_read(run: Run, log: Path) -> None:
    assert run("log", "caffe.INFO").stdout.splitlines() == [
        "NumIters  Seconds  LearningRate  loss",
        "─" * 37,
        "       0      1.1          0.01  2.25",
        "     100       10    0.00992565     -",
        "",
        "NumIters  Seconds  LearningRate  accuracy  loss",
        "─" * 47,
        "       0        1          0.01    0.0625   2.5",
        "     200       21    0.00992565     0.875   0.5",
    ]


def test_log_and_metrics_of_our_own_run(run: Run, place: Path) -> None:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    run("train", "solver.prototxt", "-q")
    tables = []
    for name in ("small.log", "small.metrics.jsonl"):
        rows = [*csv.DictReader(run("log", name, "--csv", "--only", "test").stdout.splitlines())]
        assert [row["NumIters"] for row in rows] == ["0", "5", "10"]
        tables.append([float(row[column]) for row in rows for column in ("LearningRate", "accuracy", "loss")])
    assert tables[0] == pytest.approx(tables[1], rel=1e-5)


def test_a_run_without_tests(run: Run, place: Path) -> None:
    (place / "log").write_text(
        RELEASE_1[RELEASE_1.index("I1231 23:59:59.600000") : RELEASE_1.index("I0101 00:00:18.6")]
    )
    assert run("log", "log").stdout.endswith("\n\ntest: nothing\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("none",), 1, "error: cannot read none: no such file or directory\n"),
        (("caffe.INFO", "--csv", "--json"), 2, "error: --csv and --json exclude each other\n"),
        (("caffe.INFO", "-o", "caffe.INFO"), 1, "error: cannot make the folder caffe.INFO: file exists\n"),
    ],
)
def test_faults(run: Run, log: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    shown = run("log", *arguments)
    assert (shown.exit_code, shown.stderr) == (code, message)
