"""`netcc zoo`, and `zoo:NAME` where commands ask for a net."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.commands import Run

from netcc.zoo.find import net_names


def test_the_list(run: Run) -> None:
    lines = run("zoo").stdout.splitlines()
    assert lines[0].split() == ["name", "input", "parameters", "M", "MACs", "memory"]
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[2:]] == net_names()
    (alexnet,) = (line.split() for line in lines if line.startswith("alexnet "))
    assert alexnet == ["alexnet", "1x3x227x227", "60,965,224", "724", "5.4", "MiB"]
    macs = {line.split()[0]: line.split()[3] for line in lines[2:]}
    assert (macs["vgg19"], macs["cifar10_full"], macs["blocks/squeeze_excite"]) == ("19,632", "12.3", "0.008")


def test_the_list_as_json(run: Run) -> None:
    nets = {item["name"]: item for item in json.loads(run("zoo", "--json").stdout)["nets"]}
    assert nets["lenet"] == {
        "name": "lenet",
        "title": "LeNet",
        "inputs": [[1, 1, 28, 28]],
        "layers": 9,
        "parameters": 431080,
        "statistics": 0,
        "macs": 2293000,
        "activation_bytes": 78816,
    }
    assert nets["resnet50"]["statistics"] == 2 * 26_560 + 53


def test_show(run: Run) -> None:
    shown = run("zoo", "show", "vgg16")
    assert shown.stdout.startswith("# VGG-16\n")
    assert "138,357,544" in shown.stdout


@pytest.mark.parametrize("width", [80, 120])
def test_show_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("netcc.cli.zoo.is_terminal", lambda: True)
    for name in ("resnet50", "ssd300", "blocks/aspp"):
        lines = [line.rstrip() for line in run("zoo", "show", name).stdout.splitlines()]
        assert width // 2 < max(map(len, lines)) <= width
        assert not [line for line in lines if line.startswith(("#", "|"))]
    assert " fc1000             1 x 1000             2,049,000      2,048,000" in run("zoo", "show", "resnet50").stdout


def test_show_what_is_not_there(run: Run) -> None:
    shown = run("zoo", "show", "vgg17")
    assert shown.exit_code == 2
    assert shown.stderr.startswith("error: the zoo has no net 'vgg17'\n")


def test_copy_and_train_what_was_copied(run: Run, place: Path) -> None:
    assert run("zoo", "copy", "lenet", "mine").stdout.splitlines() == [
        "mine/README.md",
        "mine/deploy.prototxt",
        "mine/solver.prototxt",
        "mine/train.prototxt",
        "mine/train_angle.prototxt",
        "mine/train_v1.prototxt",
    ]
    assert run("check", "mine/solver.prototxt", "mine/deploy.prototxt").exit_code == 0
    again = run("zoo", "copy", "lenet", "mine")
    assert (again.exit_code, again.stderr) == (2, "error: mine/README.md exists\n  --force replaces files that exist\n")
    assert run("zoo", "copy", "lenet", "mine", "--force").exit_code == 0


def test_copy_to_where_a_file_is(run: Run, place: Path) -> None:
    (place / "taken").write_text("")
    shown = run("zoo", "copy", "lenet", "taken/here")
    assert (shown.exit_code, shown.stderr) == (1, "error: cannot make taken/here: not a directory\n")


def test_commands_take_nets_of_the_zoo(run: Run, place: Path) -> None:
    assert "431,080" in run("shapes", "zoo:lenet").stdout
    assert run("check", "zoo:lenet", "zoo:lenet/train", "zoo:lenet/solver").exit_code == 0
    assert run("fmt", "zoo:lenet").stdout.startswith("# LeNet for use")
    assert run("upgrade", "zoo:lenet/train_v1").stdout.count("layer {") == 11
    assert "conv1" in run("dump", "zoo:lenet", "--until", "shaped").stdout
    assert run("plan", "zoo:lenet/train", "--input", "data=4,1,28,28").exit_code == 0
    assert "mnist_train_lmdb" in run("train", "zoo:lenet/solver").stderr
    assert "mnist_test_lmdb" in run("test", "zoo:lenet/train", "--weights", "none.caffemodel").stderr
    assert list(place.iterdir()) == []


def test_nets_of_the_zoo_are_not_written_over(run: Run, place: Path) -> None:
    shown = run("upgrade", "--write", "zoo:lenet/train_v1")
    assert shown.exit_code == 2
    assert "error: zoo:lenet/train_v1 is not written over\n  `netcc zoo copy NAME DIR` makes a copy" in shown.stderr
    assert list(place.iterdir()) == []
