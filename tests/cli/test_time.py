"""`netcc time`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.commands import SMALL, Run

from netcc.report import timed_net
from netcc.report.limits import Limits


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_net, "measure_limits", lambda: Limits(200e9, 30e9, 2))


def test_inference_is_timed_in_phase_test(run: Run) -> None:
    shown = run("time", "-", "--iterations", 2, stdin=SMALL).stdout
    assert shown.startswith(
        "small, TEST, batch 4: medians of 2 passes, 2 threads\nthis machine: products 200 GFLOP/s, copies 30 GB/s\n\n"
        "forward\nlayer     type"
    )
    assert re.search(r"^fc +InnerProduct +\d+\.\d\d +\d+% +\d+\.\d +\d+\.\d +\d+% memory$", shown, re.MULTILINE)
    assert "backward" not in shown
    assert re.search(r"\n\nforward \d+\.\d\d ms: [\d,]+ images/s\n$", shown)


def test_training_is_timed_in_phase_train(run: Run) -> None:
    shown = run("time", "-", "--train", "--iterations", 1, stdin=SMALL).stdout
    assert shown.startswith("small, TRAIN, batch 4: one pass, 2 threads\n")
    assert "\n\nbackward\nlayer" in shown
    assert re.search(
        r"forward [\d.]+ ms, backward [\d.]+ ms, update [\d.]+ ms: [\d.]+ ms a step, [\d,]+ images/s", shown
    )


def test_json(run: Run) -> None:
    found = json.loads(run("time", "-", "--train", "--iterations", 1, "--json", stdin=SMALL).stdout)
    assert [row["name"] for row in found["forward"]] == ["data", "fc", "loss"]
    assert [row["name"] for row in found["backward"]] == ["loss", "fc"]
    parts = ("forward_seconds", "backward_seconds", "update_seconds")
    assert found["totals"]["seconds"] == pytest.approx(sum(found["totals"][part] for part in parts))
    assert found["limits"] == {"flops": 200e9, "bytes_per_second": 30e9, "threads": 2}


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_picture(run: Run, place: Path, name: str, start: bytes) -> None:
    done = run("time", "-", "--train", "--iterations", 1, "-o", name, stdin=SMALL)
    assert done.stdout.endswith(f"wrote {name}\n")
    assert (place / name).read_bytes().startswith(start)


def test_json_stays_json_beside_a_picture(run: Run, place: Path) -> None:
    done = run("time", "-", "--iterations", 1, "--json", "-o", "a.png", stdin=SMALL)
    assert json.loads(done.stdout)["passes"] == 1
    assert done.stderr == "wrote a.png\n"


def test_a_shape_for_what_is_no_input(run: Run) -> None:
    done = run("time", "-", "--input", "dat=1,3,6,6", stdin=SMALL)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: a shape is given for 'dat', which no data or input layer produces\n")
