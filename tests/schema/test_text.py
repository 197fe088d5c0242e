"""Texts of nets, read and laid out from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netcc
from netcc.errors import PrototxtError, UsageError
from netcc.schema import caffe_pb2

TEXT = 'layer{name:"x",type:"Input" top:"x"} # a comment'
LAID_OUT = 'layer {\n  name: "x"\n  type: "Input"\n  top: "x"\n}  # a comment\n'


def test_a_tree_knows_its_text() -> None:
    tree = netcc.parse(TEXT)
    assert repr(tree) == "Document('<text>', 1 field)"
    assert str(tree) == netcc.format(tree) == netcc.format(TEXT) == LAID_OUT
    shaped = netcc.parse('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }')
    assert netcc.Net(shaped, netcc.TEST).inputs == ["x"]


def test_files_nets_of_the_zoo_and_messages(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(TEXT)
    assert netcc.format(tmp_path / "net.prototxt") == netcc.format(str(tmp_path / "net.prototxt")) == LAID_OUT
    assert repr(netcc.parse("zoo:lenet")).endswith("zoo/lenet/deploy.prototxt', 10 fields)")
    assert netcc.format(caffe_pb2.NetParameter(name="n")) == 'name: "n"\n'


@pytest.mark.parametrize("thing", [3, None, [TEXT], b"layer"])
def test_what_is_no_definition(thing: Any) -> None:
    kind = type(thing).__name__
    for ask in (netcc.parse, netcc.format, netcc.shapes, lambda it: netcc.Net(it, netcc.TEST)):
        with pytest.raises(UsageError) as caught:
            ask(thing)
        assert str(caught.value) == (
            f"error: a definition cannot be of type {kind}\n"
            "  expected a path or the text itself (a str), a tree, or a message"
        )


def test_faults_have_their_places() -> None:
    with pytest.raises(PrototxtError, match="<text>:1:7: error: the bracket of 'layer' is never closed"):
        netcc.parse("layer {")
    with pytest.raises(UsageError, match=r"none\.prototxt: no such file"):
        netcc.format("none.prototxt")
