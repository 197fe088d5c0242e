"""`netcc inspect`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netcc

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Any]
NET = """\
name: "n"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    net = netcc.Net(NET, netcc.TEST)
    net.params["fc"][0].data[...] = [[1, 0], [2, 3]]
    net.save(tmp_path / "w.caffemodel")
    return tmp_path / "w.caffemodel"


def test_the_table(run: Run, weights: Path) -> None:
    shown = run("inspect", weights)
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0] == f"w.caffemodel (protobuf, layers of today, {weights.stat().st_size} B): 2 layers, 1 with blobs"
    assert lines[2:] == [
        "layer  type          blob  shape  count  least  greatest  mean  deviation   zeros",
        "─" * 81,
        "fc     InnerProduct  [0]   2x2        4      0         3   1.5      1.118   25.0%",
        "                     [1]   2          2      0         0     0          0  100.0%",
        "─" * 81,
        "total                                 6",
    ]


def test_numbers_that_are_not_finite_stand_out(run: Run, weights: Path) -> None:
    net = netcc.Net(NET, netcc.TEST, weights)
    net.params["fc"][1].data[...] = np.nan
    net.save(weights)
    lines = run("inspect", weights).stdout.splitlines()
    assert lines[1] == "2 numbers are not finite"
    assert lines[3].endswith("not finite")
    assert lines[6].split() == ["[1]", "2", "2", "2"]
    assert lines[8].split() == ["total", "6", "2"]


def test_json(run: Run, weights: Path) -> None:
    answer = json.loads(run("inspect", weights, "--json").stdout)
    assert answer["layers"][1]["blobs"][0]["mean"] == 1.5


def test_the_definition_goes_on_to_other_commands(run: Run, weights: Path, tmp_path: Path) -> None:
    assert run("inspect", weights, "--prototxt", "-o", tmp_path / "net.prototxt").stdout == ""
    assert (tmp_path / "net.prototxt").read_text() == run("inspect", weights, "--prototxt").stdout
    assert "fc     InnerProduct  y 1x2" in run("shapes", tmp_path / "net.prototxt").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none",), 1, "error: cannot read none: there is no such file\n"),
        (("x", "-o", "y"), 2, "error: --out goes with --prototxt\n"),
        (("x", "--json", "--prototxt"), 2, "error: --prototxt and --json exclude each other\n"),
    ],
)
def test_bad_calls(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    shown = run("inspect", *arguments)
    assert (shown.exit_code, shown.stderr) == (code, said)
