"""`zoo:NAME` means a file of the zoo, wherever a definition is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.zoo import ZOO

import netcc
from netcc.errors import UsageError
from netcc.zoo.copy import copy_net
from netcc.zoo.find import find, net_names, zoo_folder
from netcc.zoo.index import zoo_entries


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("zoo:lenet", "lenet/deploy.prototxt"),
        ("zoo:lenet/", "lenet/deploy.prototxt"),
        ("zoo:lenet/train", "lenet/train.prototxt"),
        ("zoo:lenet/solver.prototxt", "lenet/solver.prototxt"),
        ("zoo:lenet/train_v1", "lenet/train_v1.prototxt"),
    ],
)
def test_names_and_files(name: str, file: str) -> None:
    assert find(name) == ZOO / file


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "zoo:lent",
            "error: the zoo has no net 'lent'\n  `netcc zoo` lists the nets\n  did you mean 'zoo:lenet'?",
        ),
        ("zoo:", "error: the zoo has no net ''\n  `netcc zoo` lists the nets"),
        (
            "zoo:lenet/trian",
            "error: the zoo's lenet has no file 'trian'\n"
            "  expected one of deploy, solver, train, train_angle, train_v1\n"
            "  did you mean 'zoo:lenet/train'?",
        ),
        ("zoo:../netcc", "error: the zoo has no net '../netcc'\n  `netcc zoo` lists the nets"),
    ],
)
def test_names_that_are_not_there(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(name)
    assert str(caught.value) == message


def test_a_net_of_the_zoo_is_read_wherever_a_path_is() -> None:
    assert netcc.shapes("zoo:lenet").parameter_count == 431_080
    with netcc.Net("zoo:lenet", netcc.TEST) as net:
        assert net.outputs == ["prob"]
    with pytest.raises(netcc.NetccError, match="no net 'lenett'"):
        netcc.Net("zoo:lenett", netcc.TEST)


def test_a_solver_of_the_zoo_finds_its_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(netcc.NetccError, match="mnist_train_lmdb") as caught:
        netcc.Solver("zoo:lenet/solver")
    assert str(ZOO / "lenet" / "train.prototxt") in str(caught.value)


def test_the_index_lists_the_nets_that_are_there() -> None:
    assert [entry.name for entry in zoo_entries()] == net_names()
    assert zoo_folder() == ZOO


def test_copies(tmp_path: Path) -> None:
    made = copy_net("zoo:resnet18", tmp_path / "deep" / "copy")
    assert [path.name for path in made] == ["README.md", "deploy.prototxt", "solver.prototxt", "train.prototxt"]
    assert all(path.read_bytes() == (ZOO / "resnet18" / path.name).read_bytes() for path in made)
    made[1].write_text("mine")
    with pytest.raises(UsageError, match=r"README\.md exists"):
        copy_net("lenet", tmp_path / "deep" / "copy")
    assert made[1].read_text() == "mine"
    assert copy_net("lenet", tmp_path / "deep" / "copy", force=True)
    assert made[1].read_bytes() == (ZOO / "lenet" / "deploy.prototxt").read_bytes()
