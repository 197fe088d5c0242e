"""`--on-bad-record`: the first bad record ends the run, or all are passed over, counted and named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.commands import Run
from PIL import Image

NET = """
layer { name: "data" type: "ImageData" top: "data" top: "label" image_data_param { source: "list.txt" batch_size: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0 lr_policy: "fixed" max_iter: 3 snapshot_prefix: "s" random_seed: 1'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of four images; the third is missing, the fourth is cut short."""
    monkeypatch.chdir(tmp_path)
    for index in (0, 1, 3):
        Image.fromarray(np.full((4, 5, 3), index, np.uint8)).save(f"{index}.png")
    Path("3.png").write_bytes(Path("3.png").read_bytes()[:50])
    Path("list.txt").write_text("".join(f"{index}.png {index % 2}\n" for index in range(4)))
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(SOLVER)


def test_an_error_by_default(run: Run) -> None:
    result = run("train", "solver.prototxt")
    assert result.exit_code == 1
    assert "error: cannot read 2.png: no such file or directory\n" in result.stderr
    assert "\n  listed in list.txt:3\n  in layer 'data' (ImageData)\n" in result.stderr


def test_passed_over(run: Run) -> None:
    result = run("train", "solver.prototxt", "--on-bad-record", "skip")
    assert result.exit_code == 0
    assert result.stderr.count("warning: passed over: cannot read 2.png: no such file or directory\n") == 1
    assert result.stderr.count("warning: passed over: 3.png: the encoded image cannot be decoded: ") == 1
    assert " bad records were passed over: 2.png, 3.png\n" in result.stderr


def test_nothing_is_left(run: Run) -> None:
    Path("list.txt").write_text("2.png 0\n3.png 1\n")
    result = run("train", "solver.prototxt", "--on-bad-record", "skip")
    assert result.exit_code == 1
    assert "error: none of the 2 records can be used\n" in result.stderr
