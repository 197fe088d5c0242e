"""`netcc train --resume`: a run that is stopped or killed at any moment ends with the bytes of one that never was."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER, Run
from helpers.resuming import SOLVER as RESTLESS
from helpers.resuming import prepare

LAST = 60
COMMAND = ["train", "solver.prototxt", "--resume", "auto"]
RESULTS = [f"run_iter_{LAST}.caffemodel", f"run_iter_{LAST}.solverstate"]


@pytest.fixture
def restless(place: Path) -> Path:
    """A run in which everything moves, with a snapshot after every iteration."""
    prepare(place, RESTLESS.replace("max_iter: 12", f"max_iter: {LAST} snapshot: 1"))
    return place


@pytest.fixture
def expected(restless: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What the run leaves that nobody stops."""
    elsewhere = tmp_path_factory.mktemp("whole") / "run"
    shutil.copytree(restless, elsewhere)
    with start(elsewhere, "--keep", "1", "-q") as process:
        assert process.wait() == 0
    return results(elsewhere)


def results(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in RESULTS]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "netcc", *COMMAND, *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """The first line that the process tells with `words` in it; fails if it ends before."""
    assert process.stderr is not None
    told = ""
    while words not in told:
        told = process.stderr.readline()
        assert told, "the process has ended"
    return told


@pytest.mark.parametrize("keep", [(), ("--keep", "1")], ids=["all", "keep 1"])
def test_killed_at_random_moments(restless: Path, expected: list[bytes], keep: tuple[str, ...]) -> None:
    moments = random.Random()
    reached, kills = 0, 0
    while kills < 4 and reached < LAST:
        with start(restless, *keep) as process:
            if reached:
                told = wait_for(process, "continuing from run_iter_")
                assert int(told.partition("_iter_")[2].partition(".")[0]) >= reached
            told = wait_for(process, "snapshot: run_iter_")
            reached = int(told.partition("_iter_")[2].partition(".")[0])
            time.sleep(moments.uniform(0, 0.04))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
    assert kills
    with start(restless, *keep) as process:
        assert process.wait() == 0
    assert results(restless) == expected
    if keep:
        kept = {path.name for path in restless.glob("run_iter_*")}
        assert kept == {*RESULTS, f"run_iter_{LAST}.resume.json"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_resumed(restless: Path, expected: list[bytes], number: int) -> None:
    (restless / "solver.prototxt").write_text((restless / "solver.prototxt").read_text().replace("snapshot: 1", ""))
    with start(restless) as process:
        wait_for(process, "iteration 3 of")
        process.send_signal(number)
        assert process.wait() == 130
    (state,) = restless.glob("*.solverstate")
    assert 3 <= int(state.stem.rpartition("_")[2]) < LAST
    with start(restless) as process:
        assert process.wait() == 0
    assert results(restless) == expected


@pytest.fixture
def files(place: Path) -> Path:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    return place


def test_nothing_to_resume_from(run: Run, files: Path) -> None:
    shown = run(*COMMAND)
    assert shown.exit_code == 0
    assert shown.stderr.startswith("there is no snapshot of small to resume from: beginning at iteration 0\n")
    assert run(*COMMAND, "-q", "--out", "other").output == ""


def test_damaged_snapshots_are_told_of(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--max-iter", "4")
    run("train", "solver.prototxt", "--max-iter", "6")
    (files / "small_iter_6.caffemodel").unlink()
    shown = run(*COMMAND)
    assert shown.stderr.splitlines()[:2] == [
        "warning: small_iter_6.solverstate is passed over: the weights that belong to it are missing",
        "continuing from small_iter_4.solverstate (iteration 4)",
    ]
    assert shown.exit_code == 0


def test_without_the_file_it_is_said_what_is_lost(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--max-iter", "4")
    (files / "small_iter_4.resume.json").unlink()
    assert run(*COMMAND).stderr.splitlines()[:3] == [
        "continuing from small_iter_4.solverstate (iteration 4)",
        "  there is no small_iter_4.resume.json beside it",
        "  as Caffe resumes: data begin at their first record, random numbers and averages anew",
    ]


def test_a_file_may_be_named(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--max-iter", "4")
    named = run("train", "solver.prototxt", "--resume", "small_iter_4.solverstate", "--out", "a")
    given = run("train", "solver.prototxt", "--snapshot", "small_iter_4.solverstate", "--out", "b")
    assert named.stderr.startswith("continuing from small_iter_4.solverstate (iteration 4)\n")
    assert named.exit_code == given.exit_code == 0
    name = "small_iter_10.caffemodel"
    assert (files / "a" / name).read_bytes() == (files / "b" / name).read_bytes()


def test_the_seed_is_that_of_the_run(run: Run, files: Path) -> None:
    (files / "solver.prototxt").write_text(SOLVER.replace("random_seed: 3", ""))
    first = run("train", "solver.prototxt", "--max-iter", "4", "--seed", "77")
    assert "seed 77" in first.stdout
    assert "seed 77" in run(*COMMAND).stdout


def test_weights_to_begin_with_if_there_is_no_snapshot(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--out", "first")
    weights = "first/small_iter_10.caffemodel"
    again = (*COMMAND, "--weights", weights, "--max-iter", "0", "--out", "second")
    assert run(*again).exit_code == 0
    assert (files / "second/small_iter_0.caffemodel").read_bytes() == (files / weights).read_bytes()
    assert "continuing from" in run(*again).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--snapshot", "a", "--resume", "auto"), "error: --snapshot and --resume exclude each other\n"),
        (
            ("--resume", "a", "--weights", "b"),
            "error: --resume and --weights exclude each other\n  a snapshot brings its own weights along\n",
        ),
        (("--watch", "accuracy"), "error: --watch says what --patience looks at; give both\n"),
    ],
)
def test_options_that_exclude_each_other(run: Run, files: Path, arguments: tuple[str, ...], message: str) -> None:
    shown = run("train", "solver.prototxt", *arguments)
    assert (shown.exit_code, shown.stderr) == (2, message)


def test_the_last_snapshots_are_kept(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--set", "snapshot=1", "--keep", "2")
    assert sorted(path.name for path in files.glob("small_iter_*")) == [
        f"small_iter_{iteration}.{end}" for iteration in (10, 9) for end in ("caffemodel", "resume.json", "solverstate")
    ]


def test_a_log_cut_short_is_gone_on_with(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--max-iter", "6")
    with (files / "small.metrics.jsonl").open("a") as file:
        file.write('{"event": "fi')
    shown = run(*COMMAND)
    assert shown.exit_code == 0
    assert "no curves" not in shown.stdout
    assert '{"event": "fi{' not in (files / "small.metrics.jsonl").read_text()
