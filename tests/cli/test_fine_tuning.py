"""`netcc train --weights ... --mismatch ...`: weights of another net to begin with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.commands import SMALL, SOLVER, Run

import netcc


@pytest.fixture
def old(place: Path) -> Path:
    """Weights of a net with five classes, beside a solver for a net with seven."""
    netcc.Net(SMALL, netcc.TRAIN, seed=1).save(place / "old.caffemodel")
    (place / "small.prototxt").write_text(SMALL.replace("num_output: 5", "num_output: 7"))
    (place / "solver.prototxt").write_text(SOLVER)
    return place / "old.caffemodel"


def test_other_shapes_end_the_command_with_advice(run: Run, old: Path, place: Path) -> None:
    shown = run("train", "solver.prototxt", "--weights", "old.caffemodel")
    assert shown.exit_code == 1
    assert "error: old.caffemodel: layer 'fc', weights: 5 x 108 in the file, 7 x 108 in the net\n" in shown.stderr
    assert "  --mismatch skip leaves such layers as they are" in shown.stderr
    assert not (place / "small.log").exists()


def test_skip_trains_the_layer_anew_and_says_so(run: Run, old: Path) -> None:
    shown = run("train", "solver.prototxt", "--weights", "old.caffemodel", "--mismatch", "skip")
    assert shown.exit_code == 0
    assert shown.stderr.splitlines()[:2] == [
        "old.caffemodel: 0 layers loaded",
        "  skipped: layer 'fc', weights: 5 x 108 in the file, 7 x 108 in the net; layer 'fc', bias: 5 in the file, "
        "7 in the net",
    ]


def test_reshape_takes_the_numbers_in_their_order(run: Run, old: Path, place: Path) -> None:
    turned = SMALL.replace("num_output: 5", "num_output: 5 transpose: true")
    (place / "small.prototxt").write_text(turned)
    shown = run(
        *("train", "solver.prototxt", "--weights", "old.caffemodel", "--mismatch", "reshape"), "--set", "base_lr=0"
    )
    assert shown.stderr.splitlines()[:2] == ["old.caffemodel: 1 layer loaded", "  reshaped: fc"]
    with netcc.Net(turned, netcc.TRAIN, place / "small_iter_10.caffemodel") as net:
        weights = netcc.Net(SMALL, netcc.TRAIN, old).params["fc"][0].data
        np.testing.assert_array_equal(net.params["fc"][0].data, weights.reshape(108, 5))


def test_what_was_loaded_is_told_file_by_file(run: Run, old: Path, place: Path) -> None:
    (place / "small.prototxt").write_text(SMALL)
    netcc.Net(SMALL.replace('"fc"', '"fc8"'), netcc.TRAIN, seed=1).save(place / "other.caffemodel")
    shown = run("train", "solver.prototxt", "--weights", "other.caffemodel,old.caffemodel", "--max-iter", "1")
    assert shown.stderr.splitlines()[:5] == [
        "other.caffemodel: 0 layers loaded",
        "  not in the file, left as they are: fc",
        "  not in the net, unused: fc8",
        "  is 'fc8' of the file 'fc' of the net?",
        "old.caffemodel: 1 layer loaded",
    ]


def test_quiet_says_nothing_of_it(run: Run, old: Path) -> None:
    shown = run("train", "solver.prototxt", "--weights", "old.caffemodel", "--mismatch", "skip", "--quiet")
    assert (shown.exit_code, shown.output) == (0, "")


def test_an_unknown_way(run: Run, old: Path) -> None:
    shown = run("train", "solver.prototxt", "--weights", "old.caffemodel", "--mismatch", "ignore")
    assert shown.exit_code == 2
    assert "'ignore' is not one of 'error', 'skip', 'reshape'" in shown.stderr
