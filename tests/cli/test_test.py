"""`netcc test`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.commands import SMALL, SOLVER, Run

import netcc


@pytest.fixture
def weights(run: Run, place: Path) -> Path:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    assert run("train", "solver.prototxt", "--quiet").exit_code == 0
    return place / "small_iter_10.caffemodel"


def test_lines_are_those_of_caffe(run: Run, weights: Path) -> None:
    shown = run("test", "small.prototxt", "--weights", weights, "--iterations", "3", "--seed", "1")
    assert (shown.exit_code, shown.stderr) == (0, "")
    number = r"[\d.e+-]+"
    batches = "".join(rf"Batch {batch}, accuracy = {number}\nBatch {batch}, loss = {number}\n" for batch in range(3))
    summary = rf"Loss: ({number})\naccuracy = {number}\nloss = ({number}) \(\* 1 = ({number}) loss\)\n"
    found = re.fullmatch(batches + summary, shown.stdout)
    assert found
    assert len(set(found.groups())) == 1


def test_means_are_those_of_the_batches(run: Run, weights: Path) -> None:
    shown = json.loads(
        run("test", "small.prototxt", "--weights", weights, "--iterations", "5", "--seed", "4", "--json").stdout
    )
    with netcc.Net("small.prototxt", netcc.TEST, weights, seed=4) as net:
        batches = [{name: float(array) for name, array in net.forward().items()} for _ in range(5)]
    assert shown["iterations"] == 5
    assert shown["scores"] == {
        name: pytest.approx(np.mean([batch[name] for batch in batches]), rel=1e-6) for name in ("accuracy", "loss")
    }
    assert shown["loss"] == pytest.approx(shown["scores"]["loss"])


def test_an_output_of_several_elements_is_a_list(run: Run, weights: Path, place: Path) -> None:
    (place / "classes.prototxt").write_text(SMALL.replace('  top: "accuracy"\n', '  top: "accuracy"\n  top: "each"\n'))
    shown = json.loads(run("test", "classes.prototxt", "--weights", weights, "--iterations", "1", "--json").stdout)
    assert len(shown["scores"]["each"]) == 5


def test_weights_are_required(run: Run, weights: Path) -> None:
    shown = run("test", "small.prototxt")
    assert shown.exit_code == 2
    assert "Missing option '--weights'" in shown.stderr


def test_layers_without_weights_are_named(run: Run, weights: Path, place: Path) -> None:
    (place / "renamed.prototxt").write_text(SMALL.replace('name: "fc"', 'name: "fc2"'))
    shown = run("test", "renamed.prototxt", "--weights", weights, "--iterations", "1")
    assert shown.exit_code == 0
    assert shown.stderr == (
        f"warning: {weights}: 0 layers loaded\n"
        "  not in the file, left as they are: fc2\n"
        "  not in the net, unused: fc\n"
        "  is 'fc' of the file 'fc2' of the net?\n"
    )


def test_weights_of_another_shape(run: Run, weights: Path, place: Path) -> None:
    (place / "wide.prototxt").write_text(SMALL.replace("num_output: 5", "num_output: 7"))
    shown = run("test", "wide.prototxt", "--weights", weights, "--iterations", "1")
    assert shown.exit_code == 1
    fault = f"{weights}: layer 'fc', weights: 5 x 108 in the file, 7 x 108 in the net"
    assert shown.stderr.startswith(f"wide.prototxt:14:1: error: {fault}\n")
    advice = "--mismatch skip leaves such layers as they are, --mismatch reshape takes as many numbers in their order"
    assert f"  {advice}\n" in shown.stderr
    shown = run("test", "wide.prototxt", "--weights", weights, "--iterations", "1", "--mismatch", "skip")
    assert shown.exit_code == 0
    assert shown.stderr.startswith(f"warning: {weights}: 0 layers loaded\n  skipped: layer 'fc', weights: 5 x 108")


def test_several_weights_files_come_one_after_the_other(run: Run, weights: Path, place: Path) -> None:
    (place / "other.prototxt").write_text(SMALL.replace('name: "fc"', 'name: "other"'))
    netcc.Net("other.prototxt", netcc.TRAIN, seed=1).save(place / "other.caffemodel")
    both = f"other.caffemodel, {weights}"
    shown = run("test", "small.prototxt", "--weights", both, "--iterations", "1", "--seed", "1")
    alone = run("test", "small.prototxt", "--weights", weights, "--iterations", "1", "--seed", "1")
    assert shown.stdout == alone.stdout
    assert shown.stderr.startswith("warning: other.caffemodel: 0 layers loaded\n")


def test_a_net_for_training_only(run: Run, weights: Path, place: Path) -> None:
    train_only = SMALL.replace('  type: "DummyData"\n', '  type: "DummyData"\n  include { phase: TRAIN }\n')
    (place / "train.prototxt").write_text(train_only)
    shown = run("test", "train.prototxt", "--weights", weights)
    assert shown.exit_code == 1
    assert shown.stderr == (
        "error: train.prototxt: no layer brings data into the net in phase TEST\n"
        "  is it a net for training only? give it a data layer with include { phase: TEST }\n"
    )
