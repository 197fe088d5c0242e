"""`netcc shapes`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.commands import SMALL, Run

TABLE = """\
small, TEST: 4 layers

layer     type             tops             parameters     count   MACs   memory
────────────────────────────────────────────────────────────────────────────────
data      DummyData        data 4x3x6x6                                  1.7 KiB
                           label 4
fc        InnerProduct     fc 4x5           weights 5x108    540  2,160     80 B
                                            bias 5             5
accuracy  Accuracy         accuracy scalar                                   4 B
loss      SoftmaxWithLoss  loss scalar                                       4 B
────────────────────────────────────────────────────────────────────────────────
total                                                        545  2,160  1.8 KiB
"""


def test_table(run: Run, place: Path) -> None:
    (place / "small.prototxt").write_text(SMALL)
    assert run("shapes", "small.prototxt", "--phase", "test").stdout == TABLE


def test_standard_input(run: Run) -> None:
    assert run("shapes", "-", "--phase", "TEST", stdin=SMALL).stdout == TABLE


def test_phase_train_is_the_default(run: Run) -> None:
    shown = run("shapes", "-", stdin=SMALL).stdout
    assert shown.startswith("small, TRAIN: 3 layers\n")
    assert "accuracy" not in shown


@pytest.mark.parametrize("name", ["train.prototxt", "train_v1.prototxt", "train_angle.prototxt"])
def test_json_has_the_numbers_of_lenet(name: str, run: Run, lenet: Path) -> None:
    shown = json.loads(run("shapes", name, "--input", "data=64,1,28,28", "--json").stdout)
    assert shown["name"] == "LeNet"
    assert shown["phase"] == "TRAIN"
    assert shown["totals"] == {
        "parameters": 431_080,
        "parameter_bytes": 4 * 431_080,
        "macs": 64 * (20 * 25 * 24 * 24 + 50 * 20 * 25 * 8 * 8 + 800 * 500 + 500 * 10),
        "activation_bytes": 4 * (64 * (784 + 1 + 11520 + 2880 + 3200 + 800 + 500 + 10) + 1),
    }
    by_name = {layer["name"]: layer for layer in shown["layers"]}
    assert by_name["mnist"]["tops"] == [{"name": "data", "shape": [64, 1, 28, 28]}, {"name": "label", "shape": [64]}]
    assert by_name["conv1"]["parameters"] == [
        {"name": "weights", "shape": [20, 1, 5, 5], "count": 500, "lr_mult": 1, "decay_mult": 1, "shared": False},
        {"name": "bias", "shape": [20], "count": 20, "lr_mult": 2, "decay_mult": 1, "shared": False},
    ]
    assert by_name["relu1"]["activation_bytes"] == 0  # in place


def test_shapes_come_from_the_data_if_they_are_at_hand(run: Run, lenet: Path) -> None:
    assert run("data", "mnist", ".").exit_code == 0
    assert "data 64x1x28x28" in run("shapes", "train.prototxt").stdout
    assert "data 100x1x28x28" in run("shapes", "train.prototxt", "--phase", "test").stdout


def test_without_data_the_flag_is_named(run: Run, lenet: Path) -> None:
    shown = run("shapes", "train.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "train.prototxt:14:16: error: the shape of the batches is not known: no data source is at hand\n"
        '      data_param { source: "mnist_train_lmdb" batch_size: 64 backend: LMDB }\n'
        "                   ^~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "  give `--input data=64,3,227,227` (with your sizes)\n"
        "  in layer 'mnist' (Data)\n"
        "  its data could not be asked: database mnist_train_lmdb does not exist\n"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("data", "'data' is not a name and a shape such as data=64,1,28,28"),
        ("=1,2", "'=1,2' is not a name and a shape such as data=64,1,28,28"),
        ("data=1,-2", "'data=1,-2' is not a name and a shape such as data=64,1,28,28"),
        ("data=1,0,2", "'data=1,0,2' has an axis of size 0"),
    ],
)
def test_an_input_that_is_no_shape(given: str, message: str, run: Run) -> None:
    shown = run("shapes", "-", "--input", given, stdin=SMALL)
    assert shown.exit_code == 2
    assert f"Invalid value for '--input': {message}\n" in shown.stderr


def test_an_input_that_the_net_has_not(run: Run) -> None:
    shown = run("shapes", "-", "--input", "dat=1,2", stdin=SMALL)
    assert shown.exit_code == 2
    assert shown.stderr == (
        "error: a shape is given for 'dat', which no data or input layer produces\n"
        "  sources of this net: data, label\n"
        "  did you mean 'data'?\n"
    )


def test_input_shapes_may_be_written_with_x(run: Run, lenet: Path) -> None:
    shown = run("shapes", "deploy.prototxt", "--input", "data=7x1x28x28")
    assert "prob 7x10" in shown.stdout


def test_a_shared_parameter_counts_once(run: Run) -> None:
    shared = 'param { name: "w" } inner_product_param { num_output: 3 bias_term: false }'
    net = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
        f'layer {{ name: "a" type: "InnerProduct" bottom: "x" top: "a" {shared} }}\n'
        f'layer {{ name: "b" type: "InnerProduct" bottom: "a" top: "b" {shared} }}\n'
    )
    table = run("shapes", "-", stdin=net).stdout
    assert "weights 3x3 (shared)" in table
    assert table.splitlines()[-1].split()[:2] == ["total", "9"]


def test_stages_choose_layers(run: Run) -> None:
    net = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
        'layer { name: "a" type: "ReLU" bottom: "x" top: "a" include { stage: "deep" min_level: 2 } }\n'
    )
    assert ": 1 layers" in run("shapes", "-", stdin=net).stdout
    assert ": 2 layers" in run("shapes", "-", "--stage", "deep", "--level", "2", stdin=net).stdout


def test_a_solver_is_said_to_be_one(run: Run, lenet: Path) -> None:
    shown = run("shapes", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "solver.prototxt:2:1: error: this is a solver definition ('net' on line 2), not a net\n"
        '    net: "train.prototxt"\n'
        "    ^~~\n"
        "  expected a net: layer { ... }\n"
    )


@pytest.mark.parametrize(
    ("net", "top"),
    [
        (
            'input: "x" input_shape { dim: 1 dim: 3 dim: 32 dim: 32 }\n'
            'layer { name: "c" type: "Convolution" bottom: "x" top: "c" '
            "convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }\n"
            'layer { name: "f" type: "Flatten" bottom: "c" top: "f" }\n',
            {"name": "f", "shape": [1, 65_536]},
        ),
        (
            'input: "x" input_shape { dim: 10 dim: 16 dim: 30 dim: 32 }\n'
            'layer { name: "c" type: "Convolution" bottom: "x" top: "c" '
            "convolution_param { num_output: 33 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 } }\n",
            {"name": "c", "shape": [10, 33, 14, 31]},
        ),
    ],
    ids=["same padding, then flat", "kernel and stride that are not square"],
)
def test_examples_of_the_tutorials(net: str, top: dict[str, object], run: Run) -> None:
    shown = json.loads(run("shapes", "-", "--json", stdin=net).stdout)
    assert shown["layers"][-1]["tops"] == [top]
