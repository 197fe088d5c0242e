"""`netcc train`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER, Run

WRITTEN = ["small_iter_10.caffemodel", "small_iter_10.solverstate", "small.log", "small.metrics.jsonl", "small.png"]
MADE = sorted([*WRITTEN, "small_iter_10.resume.json"])
WEIGHTS = WRITTEN[0]


@pytest.fixture
def files(place: Path) -> Path:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    return place


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".prototxt"))


def test_a_run_leaves_weights_state_log_metrics_and_curves(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 0
    assert made(files) == MADE
    assert (files / "small.png").read_bytes().startswith(b"\x89PNG")
    lines = shown.stdout.splitlines()
    assert re.fullmatch(r"done at iteration 10 after 0:0\d: [\d,]+ images/s, seed 3", lines[0])
    assert re.fullmatch(r"test accuracy: [\d.e-]+", lines[1])
    assert re.fullmatch(r"test loss: [\d.e-]+", lines[2])
    assert lines[3:] == [f"wrote {', '.join(WRITTEN)}"]


def test_progress_is_told_in_lines_where_there_is_no_terminal(run: Run, files: Path) -> None:
    told = run("train", "solver.prototxt").stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "iteration 0, test",
        "iteration 0 of 10",
        "iteration 5, test",
        "iteration 5 of 10",
        "iteration 10, snapshot",
        "iteration 10, test",
    ]
    assert re.fullmatch(r"iteration 5 of 10: loss [\d.]+, lr 0.01, [\d,]+ img/s, 0:00 left", told[3])
    assert re.fullmatch(r"iteration 10, test: accuracy [\d.e-]+, loss [\d.e-]+", told[5])


def test_the_log_speaks_as_caffe(run: Run, files: Path) -> None:
    run("train", "solver.prototxt")
    log = (files / "small.log").read_text()
    assert re.findall(r"\] Iteration (\d+), lr = ([\d.]+)", log) == [("0", "0.01"), ("5", "0.01")]
    assert re.findall(r"\] Iteration (\d+), Testing net \(#0\)", log) == ["0", "5", "10"]
    assert len(re.findall(r"\]     Test net output #0: accuracy = ", log)) == 3


def test_the_order_of_net_and_solver_does_not_matter(run: Run, files: Path) -> None:
    first = run("train", "small.prototxt", "solver.prototxt", "--out", "first", "--json")
    second = run("train", "solver.prototxt", "small.prototxt", "--out", "second", "--json")
    assert json.loads(first.stdout)["loss"] == json.loads(second.stdout)["loss"]
    assert (files / "first" / WEIGHTS).read_bytes() == (files / "second" / WEIGHTS).read_bytes()


def test_the_given_net_takes_the_place_of_the_named_one(run: Run, files: Path) -> None:
    (files / "other.prototxt").write_text(SMALL.replace('name: "small"', 'name: "other"'))
    (files / "small.prototxt").unlink()
    shown = json.loads(run("train", "other.prototxt", "solver.prototxt", "--json", "-q").stdout)
    assert shown["net"] == "other"


def test_json_tells_how_it_went(run: Run, files: Path) -> None:
    shown = json.loads(run("train", "solver.prototxt", "--json", "--seed", "7", "--max-iter", "7").stdout)
    assert shown.pop("seconds") > 0
    assert shown.pop("images_per_second") > 0
    assert 0 < shown.pop("loss") < 10
    (test,) = shown.pop("tests")
    assert (test["net"], test["iteration"], sorted(test["scores"])) == (0, 5, ["accuracy", "loss"])
    assert shown == {
        "net": "small",
        "seed": 7,
        "iteration": 7,
        "iterations": 7,
        "stopped": False,
        "stopped_early": None,
        "files": {
            "weights": "small_iter_7.caffemodel",
            "state": "small_iter_7.solverstate",
            "log": "small.log",
            "metrics": "small.metrics.jsonl",
            "curves": "small.png",
        },
    }


def test_scores_of_an_earlier_test_say_so(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--max-iter", "7")
    assert re.search(r"^test accuracy: \S+ \(at iteration 5\)$", shown.stdout, re.MULTILINE)


def test_quiet_says_nothing(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--quiet")
    assert (shown.exit_code, shown.output) == (0, "")
    assert made(files) == MADE


def test_out_takes_everything(run: Run, files: Path) -> None:
    assert run("train", "solver.prototxt", "--out", "deep/er").exit_code == 0
    assert made(files) == ["deep"]
    assert made(files / "deep" / "er") == MADE


def test_a_run_can_be_repeated_with_its_seed(run: Run, files: Path) -> None:
    (files / "solver.prototxt").write_text(SOLVER.replace("random_seed: 3\n", ""))
    seed = json.loads(run("train", "solver.prototxt", "--out", "a", "--json").stdout)["seed"]
    run("train", "solver.prototxt", "--out", "b", "--seed", str(seed))
    run("train", "solver.prototxt", "--out", "c", "--seed", str(seed ^ 1))
    weights = [(files / folder / WEIGHTS).read_bytes() for folder in "abc"]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_going_on_from_a_snapshot(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--max-iter", "6")
    shown = run("train", "solver.prototxt", "--snapshot", "small_iter_6.solverstate")
    assert shown.exit_code == 0
    assert shown.stderr.startswith("continuing from small_iter_6.solverstate (iteration 6)\n")
    assert "done at iteration 10" in shown.stdout
    rows = [json.loads(line) for line in (files / "small.metrics.jsonl").read_text().splitlines()]
    assert [row["event"] for row in rows].count("start") == 2, "the metrics of both parts are kept"


def test_weights_to_begin_with(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--out", "first")
    weights = files / "first" / WEIGHTS
    shown = run("train", "solver.prototxt", "--weights", weights, "--max-iter", "0", "--out", "second", "--seed", "9")
    assert shown.exit_code == 0
    copied = files / "second" / "small_iter_0.caffemodel"
    assert copied.read_bytes() == weights.read_bytes()


def test_a_run_without_matplotlib_is_still_a_run(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 0
    assert "no curves: drawing needs matplotlib\ninstall it with: pip install 'netcc[plot]'\n" in shown.stdout
    assert "small.png" not in made(files)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_a_snapshot_and_the_command_to_go_on(number: int, files: Path) -> None:
    (files / "solver.prototxt").write_text(SOLVER.replace("max_iter: 10", "max_iter: 100000000"))
    with start(files) as process:
        assert process.stderr is not None
        wait_for(process, "iteration 5 of")
        process.send_signal(number)
        told = process.stderr.read()
        assert process.stdout is not None
        shown = process.stdout.read()
        assert process.wait() == 130
    (state,) = files.glob("*.solverstate")
    iteration = int(state.stem.rpartition("_")[2])
    assert iteration > 5
    assert told.endswith(f"to go on:\n  netcc train solver.prototxt --snapshot {state.name}\n")
    assert "stopping after this iteration (once more to stop at once)\n" in told
    assert shown.startswith(f"stopped at iteration {iteration} after ")


def test_a_second_signal_stops_at_once(files: Path) -> None:
    slow = SOLVER.replace("test_iter: 2", "test_iter: 100000000")
    (files / "solver.prototxt").write_text(slow)
    (files / "slow.py").write_text(SLOW)
    with start(files, "slow.py") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "in a batch\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "stopping after this iteration (once more to stop at once)\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().endswith("interrupted\n")
        assert process.wait() == 130
    assert not list(files.glob("*.caffemodel"))


SLOW = """
import sys, time
from netcc.cli import main
from netcc.runtime.net import Net
def forward(self, *arguments, **inputs):
    print("in a batch", file=sys.stderr, flush=True)
    while True:
        time.sleep(0.01)
Net.forward = forward
main(["train", "solver.prototxt"])
"""


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Reads what the process tells until a line has `words`; fails if it ends before."""
    assert process.stderr is not None
    told = ""
    while words not in told:
        told = process.stderr.readline()
        assert told, "the process has ended"


def start(folder: Path, *program: str) -> subprocess.Popen[str]:
    """`netcc train solver.prototxt`, or another Python program, in a process of its own."""
    arguments = program or ("-m", "netcc", "train", "solver.prototxt")
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
