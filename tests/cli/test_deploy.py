"""`netcc deploy`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRAIN, DEPLOY = (str(ROOT / "zoo" / "lenet" / f"{name}.prototxt") for name in ("train", "deploy"))
INPUT = ("--input", "data=64,1,28,28")
Run = Callable[..., Any]


def test_the_net_for_use_is_printed_and_what_was_done_is_told(run: Run) -> None:
    shown = run("deploy", TRAIN, *INPUT)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# LeNet for the digits of MNIST")
    assert shown.stdout.endswith('  bottom: "ip2"\n  top: "prob"\n}\n')
    assert shown.stderr == (
        "removed: 1 data layer, 1 loss, 1 metric\n"
        "input: data 1 x 1 x 28 x 28\n"
        "added: Softmax 'prob' of 'ip2'\n"
        "output: prob 1 x 10\n"
    )


def test_it_is_written_and_can_be_used(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "used.prototxt"
    assert run("deploy", TRAIN, *INPUT, "--batch", "7", "--scores", "-o", out).stdout == ""
    assert "ip2 7x10" in run("shapes", out).stdout


def test_agreeing_files(run: Run) -> None:
    shown = run("deploy", TRAIN, "--check", DEPLOY)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, f"{DEPLOY} and {TRAIN} agree\n", "")


def test_files_that_differ(run: Run, tmp_path: Path) -> None:
    changed = tmp_path / "changed.prototxt"
    changed.write_text(Path(DEPLOY).read_text().replace("num_output: 500", "num_output: 400"))
    shown = run("deploy", TRAIN, "--check", changed)
    assert (shown.exit_code, shown.stdout) == (1, f"{changed} and {TRAIN} differ\n")
    assert [line for line in shown.stderr.splitlines() if "error" in line] == [
        f"{changed}:41:1: error: layer 'ip1': num_output is 400; trained with 500",
        f"{changed}:41:1: error: layer 'ip1' has parameters of 400 x 800, 400; trained with 500 x 800, 500",
        f"{changed}:54:1: error: layer 'ip2' has parameters of 10 x 400, 10; trained with 10 x 500, 10",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none.prototxt",), 2, "error: none.prototxt: no such file\n"),
        ((TRAIN, "--check", DEPLOY, "-o", "x"), 2, "error: --check writes nothing: it excludes --out\n"),
        ((TRAIN, *INPUT, "--output", "ip3"), 2, "error: the net has no blob 'ip3'\n  did you mean 'ip2'?\n"),
    ],
)
def test_bad_calls(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    shown = run("deploy", *arguments)
    assert (shown.exit_code, shown.stderr) == (code, said)


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    shown = run("deploy", TRAIN, *INPUT, "-o", tmp_path / "no" / "used.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"error: cannot write {tmp_path}/no/used.prototxt: the folder {tmp_path}/no")


def test_a_net_for_use_with_other_inputs_lends_no_shapes(run: Run, place: Path) -> None:
    (place / "used.prototxt").write_text(Path(DEPLOY).read_text().replace('top: "data"', 'top: "image"').replace(
        'bottom: "data"', 'bottom: "image"'))  # fmt: skip
    shown = run("deploy", TRAIN, "--check", "used.prototxt")
    assert shown.exit_code == 1
    assert "error: the shape of the batches is not known: no data source is at hand" in shown.stderr
    told = run("deploy", TRAIN, "--check", "used.prototxt", *INPUT)
    assert told.exit_code == 1
    assert told.stderr.splitlines()[0] == "error: input 'data' is missing"
