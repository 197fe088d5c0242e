"""`netcc train --set` and `--patience`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER, Run


@pytest.fixture
def files(place: Path) -> Path:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    return place


def test_fields_may_be_set(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--set", "base_lr=0.25", "--set", "snapshot_prefix=other", "--json")
    assert json.loads(shown.stdout)["files"]["weights"] == "other_iter_10.caffemodel"
    assert re.findall(r"lr = (\S+)", (files / "other.log").read_text()) == ["0.25", "0.25"]


def test_it_is_as_if_the_file_said_so(run: Run, files: Path) -> None:
    run(
        "train", "solver.prototxt", "--set", "lr_policy=step", "--set", "gamma=0.5", "--set", "stepsize=2", "--out", "a"
    )
    text = SOLVER.replace('"fixed"', '"step" gamma: 0.5 stepsize: 2')
    (files / "solver.prototxt").write_text(text)
    run("train", "solver.prototxt", "--out", "b")
    name = "small_iter_10.caffemodel"
    assert (files / "a" / name).read_bytes() == (files / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "base_rl=1",
            "--set:1:1: error: the solver has no field 'base_rl'\n"
            "    base_rl=1\n    ^~~~~~~\n"
            "  did you mean 'base_lr'?\n",
        ),
        (
            "iter_size=0",
            "--set:1:1: error: iter_size is 0, but must be at least 1\n    iter_size=0\n    ^~~~~~~~~~~\n",
        ),
        (
            "lr_policy=fix",
            "--set:1:1: error: unknown lr_policy 'fix'\n    lr_policy=fix\n    ^~~~~~~~~~~~~\n",
        ),
        (
            "net=smal.prototxt",
            "--set:1:1: error: the net 'smal.prototxt' does not exist\n    net=smal.prototxt\n",
        ),
    ],
)
def test_faults_are_told_as_those_of_the_file(run: Run, files: Path, setting: str, message: str) -> None:
    shown = run("train", "solver.prototxt", "--set", setting)
    assert shown.exit_code == 1
    assert shown.stderr.startswith(message)
    assert not list(files.glob("small.log"))


def patient(files: Path) -> None:
    """A net whose accuracy is that of chance, with a rate of zero."""
    (files / "small.prototxt").write_text(SMALL.replace('type: "gaussian" std: 1', 'type: "constant" value: 1'))


def test_patience_ends_a_run(run: Run, files: Path) -> None:
    patient(files)
    arguments = ("--patience", "2", "--set", "base_lr=0", "--set", "max_iter=1000")
    shown = run("train", "solver.prototxt", *arguments)
    assert shown.exit_code == 0
    assert "to go on" not in shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("stopped early at iteration 10 after ")
    assert re.search(r"^accuracy has not improved in 2 tests \(best [01] at iteration 0\)$", shown.stdout, re.MULTILINE)
    assert (files / "small_iter_10.solverstate").exists()
    summary = json.loads(run("train", "solver.prototxt", *arguments, "--watch", "loss", "--json").stdout)
    assert summary["stopped_early"].startswith("loss has not improved in 2 tests (best ")


def test_a_resumed_run_has_no_new_patience(run: Run, files: Path) -> None:
    patient(files)
    run("train", "solver.prototxt", "--patience", "3", "--set", "base_lr=0", "--max-iter", "8")
    shown = run(
        "train", "solver.prototxt", "--patience", "3", "--set", "base_lr=0", "--max-iter", "99", "--resume", "auto"
    )
    assert shown.stdout.startswith("stopped early at iteration 15 after ")


def test_the_output_to_watch_must_exist(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--patience", "2", "--watch", "acuracy")
    assert (shown.exit_code, shown.stderr) == (
        2,
        "error: 'acuracy' is not an output of the test net\n  outputs: accuracy, loss\n  did you mean 'accuracy'?\n",
    )
    assert sorted(path.name for path in files.iterdir()) == ["small.prototxt", "solver.prototxt"]
