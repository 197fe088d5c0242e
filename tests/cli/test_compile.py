"""`netcc compile` to one file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.commands import LMDB_NET, Run
from helpers.emitted import load_class

import netcc

WARNING = "warning: no --weights: the parameters have the first values of their fillers\n"


@pytest.fixture
def weights(lenet: Path) -> Path:
    """Weights of LeNet that its fillers drew."""
    with netcc.Net("deploy.prototxt", netcc.TEST, seed=3) as net:
        net.save("lenet.caffemodel")
    return lenet / "lenet.caffemodel"


def test_a_net_with_weights(run: Run, weights: Path) -> None:
    (weights.parent / "labels.txt").write_text("\n".join("abcdefghij"))
    shown = run(
        *("compile", "deploy.prototxt", "--weights", weights, "-o", "lenet.netcc"),
        *("--mean", "33.3", "--scale", "0.004", "--labels", "labels.txt"),
    )
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == (
        "lenet.netcc: LeNet, TEST: 9 layers, 431,080 parameters; inputs: data 1 x 1 x 28 x 28; "
        "outputs: prob 1 x 10; 1.7 MiB\n"
    )
    net = netcc.load("lenet.netcc")
    data = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    with netcc.Net("deploy.prototxt", netcc.TEST, weights) as other:
        np.testing.assert_allclose(net(data), other.forward(data=data)["prob"], rtol=1e-5, atol=1e-7)
    assert (net.labels[:2], net.preprocessing.scale) == (("a", "b"), 0.004)


def test_a_net_for_training_becomes_one_for_use(run: Run, weights: Path) -> None:
    shown = run("compile", "train.prototxt", "--weights", weights, "--input", "data=1,1,28,28", "-o", "x.netcc")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("x.netcc: LeNet, TEST: 9 layers, 431,080 parameters; inputs: data")
    assert "outputs: prob 1 x 10" in shown.stdout
    assert shown.stdout.splitlines()[1:] == [
        "added, since a loss of the net has it inside: prob",
        "left out, since no output needs them: accuracy, loss",
    ]


def test_kept_blobs(run: Run, weights: Path) -> None:
    shown = run("compile", "deploy.prototxt", "--weights", weights, "--keep", "pool2, prob", "-o", "x.netcc")
    assert "outputs: pool2 1 x 50 x 4 x 4, prob 1 x 10" in shown.stdout
    shown = run("compile", "zoo:googlenet", "--keep", "conv2/3x3", "-o", "x.netcc")
    assert "left out, since no output needs them: conv2/norm2, pool2/3x3_s2, " in shown.stdout
    assert shown.stdout.endswith(" more\n")
    assert "outputs: conv1" in run("compile", "zoo:lenet", "--keep", "all", "-o", "x.netcc").stdout


def test_without_weights_it_is_said(run: Run) -> None:
    shown = run("compile", "zoo:lenet", "-o", "x.netcc", "--seed", "1")
    assert (shown.exit_code, shown.stderr) == (0, WARNING)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "prop"], "error: the net has no blob 'prop' to keep\n  did you mean 'prob'?\n"),
        (["--mean", "mean.npy"], "error: cannot read mean.npy: no such file or directory\n"),
        (["--mean", "1,2,x"], "error: cannot read 1,2,x: there is no such file\n"),
        (["--labels", "none"], "error: cannot read none: no such file or directory\n"),
        (["-o", "none/x.netcc"], "error: cannot write none/x.netcc: the folder PLACE/none does not exist\n"),
        (["-o", "."], "error: cannot write .: it is a folder\n"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_what_cannot_be_done(arguments: list[str], message: str, run: Run, place: Path) -> None:
    shown = run("compile", "zoo:lenet", "-o", "x.netcc", *arguments)
    assert shown.exit_code in (1, 2)
    assert shown.stderr.removeprefix(WARNING) == message.replace("PLACE", str(place))
    assert list(place.iterdir()) == []


def test_a_file_is_needed(run: Run) -> None:
    shown = run("compile", "zoo:lenet")
    assert shown.exit_code == 2
    assert "Missing option '-o' / '--output'" in shown.stderr


def test_weights_of_another_net(run: Run, weights: Path) -> None:
    shown = run("compile", "zoo:cifar10_quick", "--weights", weights, "-o", "x.netcc")
    assert shown.exit_code == 1
    assert "layer 'conv1', weights: 20 x 1 x 5 x 5 in the file, 32 x 3 x 5 x 5 in the net" in shown.stderr
    assert "--mismatch skip leaves such layers as they are" in shown.stderr
    assert not Path("x.netcc").exists()


def test_data_that_are_not_there(run: Run, place: Path) -> None:
    (place / "digits.prototxt").write_text(LMDB_NET)
    shown = run("compile", "digits.prototxt", "-o", "x.netcc")
    assert shown.exit_code == 1
    assert "give `--input data=64,3,227,227` (with your sizes)" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "zoo:lenet"], "error: zoo:lenet is not written over\n  -o takes the name of a file\n"),
        (["--train"], "error: --train goes with --emit python\n  a .netcc file is for inference\n"),
        (
            ["--emit", "python"],
            "error: x.netcc is no name of a Python module\n  expected one that ends in .py\n",
        ),
        (
            ["--emit", "python", "-o", "x.py", "--scale", "2"],
            "error: --scale does not go with --emit\n  a module takes blobs as they are\n",
        ),
    ],
    ids=lambda part: str(part)[:30],
)
def test_options_that_do_not_go_together(arguments: list[str], message: str, run: Run, place: Path) -> None:
    shown = run("compile", "zoo:lenet", "-o", "x.netcc", *arguments)
    assert (shown.exit_code, shown.stderr) == (2, message)
    assert list(place.iterdir()) == []


def test_a_python_module_and_its_arrays(run: Run, weights: Path) -> None:
    shown = run("compile", "deploy.prototxt", "--weights", weights, "--emit", "python", "-o", "net.py")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == ("net.py: class LeNet, 8 layers; inputs: data; outputs: prob\nnet.npz: 8 arrays, 1.6 MiB\n")
    data = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    with netcc.Net("deploy.prototxt", netcc.TEST, weights) as other:
        expected = other.forward(data=data)["prob"]
        np.testing.assert_allclose(load_class(Path("net.py"), "LeNet")().forward(data), expected, rtol=1e-4, atol=1e-6)


def test_a_module_for_training_is_for_the_phase_train_unless_told(run: Run, lenet: Path) -> None:
    train = ("compile", "train.prototxt", "--input", "data=2,1,28,28", "--emit", "python", "--train", "-o", "net.py")
    assert run(*train).stdout.startswith("net.py: class LeNet, 8 layers; inputs: data, label; outputs: loss\n")
    shown = run(*train, "--phase", "test")
    assert shown.stdout.startswith("net.py: class LeNet, 9 layers; inputs: data, label; outputs: accuracy, loss\n")


def test_layers_without_a_function_are_named_together(run: Run, place: Path) -> None:
    net = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }\n'
        'layer { name: "odd" type: "Mish" bottom: "x" top: "odd" }\n'
        'layer { name: "drawn" type: "Pooling" bottom: "odd" top: "y" '
        "pooling_param { pool: STOCHASTIC kernel_size: 2 } }\n"
    )
    (place / "odd.prototxt").write_text(net)
    shown = run("compile", "odd.prototxt", "--emit", "python", "-o", "odd.py")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "error: the net has layers that cannot be written as NumPy\n"
        "  layer 'odd' (Mish): there is no function for the type\n"
        "  layer 'drawn' (Pooling): pool: STOCHASTIC\n"
        "  `netcc compile NET -o FILE.netcc` takes every layer\n"
    )
    assert not (place / "odd.py").exists()


def test_a_compiled_net_is_no_definition(run: Run) -> None:
    assert run("compile", "zoo:lenet", "-o", "x.netcc").exit_code == 0
    shown = run("shapes", "x.netcc")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "error: x.netcc: this is a compiled net, which netcc.load reads, not a prototxt\n  expected a text file\n"
    )


def test_inspecting_a_compiled_net(run: Run, weights: Path) -> None:
    run("compile", "deploy.prototxt", "--weights", weights, "--mean", "33", "-o", "lenet.netcc")
    shown = run("inspect", "lenet.netcc")
    assert shown.stdout == f"{netcc.load('lenet.netcc')}\n"
    facts = json.loads(run("inspect", "lenet.netcc", "--json").stdout)
    assert facts["inputs"] == [{"name": "data", "shape": [1, 1, 28, 28]}]
    assert (facts["mean"], facts["totals"]["parameters"]) == ([33], 431_080)
    shown = run("inspect", "lenet.netcc", "--prototxt")
    assert shown.stderr == "error: lenet.netcc is a compiled net, of which there is no definition\n"
