"""`caffe.draw`: what is in the graph, and what is said where it cannot be drawn."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from netcc.compiler import bind_net
from netcc.errors import OutputError, UsageError
from netcc.pycaffe import draw
from netcc.schema import caffe_pb2

LENET = bind_net(Path(__file__).resolve().parents[2] / "zoo" / "lenet" / "train.prototxt").message


def texts(graph: Any) -> dict[str, str]:
    return {node.get_name().strip('"'): node.get_fillcolor() for node in graph.get_nodes()}


def test_layers_and_blobs_are_nodes_with_the_colours_of_caffe() -> None:
    found = texts(draw.get_pydot_graph(LENET, "TB", phase=1))
    assert found["conv1 (Convolution) kernel size: 5 stride: 1 pad: 0"] == "#FF5050"
    assert found["pool1 (Pooling MAX) kernel size: 2 stride: 2 pad: 0"] == "#FF9900"
    assert found["ip1 (InnerProduct)"] == "#CC33FF"
    assert found["relu1 (ReLU)"] == "#90EE90"
    assert found["loss (SoftmaxWithLoss)"] == "#6495ED"
    assert found["conv1"] == "#E0E0E0"
    assert len(found) == sum(1 for layer in LENET.layer if draw._included(layer, 1)) + 10


def test_arrows_carry_the_number_of_channels() -> None:
    graph = draw.get_pydot_graph(LENET, "LR", phase=0)
    labels = {(edge.get_source(), edge.get_destination()): edge.get_label() for edge in graph.get_edges()}
    conv = r'"conv1\n(Convolution)\nkernel size: 5\nstride: 1\npad: 0"'
    assert labels[conv, '"conv1"'] == "20"
    assert labels['"data"', conv] == '""'
    assert all(edge.get_label() == '""' for edge in draw.get_pydot_graph(LENET, "LR", False).get_edges())


@pytest.mark.parametrize(("phase", "data", "accuracy"), [(0, 1, 0), (1, 1, 1), (None, 1, 1)])
def test_a_phase_has_its_own_layers(phase: int | None, data: int, accuracy: int) -> None:
    """The data layers of both phases have one name, and so one node."""
    names = list(texts(draw.get_pydot_graph(LENET, "TB", phase=phase)))
    assert sum("(Data)" in name for name in names) == data
    assert sum("(Accuracy)" in name for name in names) == accuracy


def test_a_layer_with_both_rules_is_refused() -> None:
    net = caffe_pb2.NetParameter()
    layer = net.layer.add(name="both", type="ReLU")
    layer.include.add(phase=0)
    layer.exclude.add(phase=1)
    with pytest.raises(UsageError, match="layer 'both' has both include and exclude"):
        draw.get_pydot_graph(net, "LR", phase=0)


def test_multipliers_of_the_rate_are_shown_if_asked_for() -> None:
    layer = next(layer for layer in LENET.layer if layer.name == "conv1")
    assert draw.get_layer_label(layer, "TB", display_lrm=True).endswith('lr mult: 1.0, 2.0"')
    del layer.param[:]
    assert draw.get_layer_lr_mult(layer) == (1, 1)
    with pytest.raises(UsageError, match="ReLU layers do not have a learning rate multiplier"):
        draw.get_layer_lr_mult(next(layer for layer in LENET.layer if layer.type == "ReLU"))


def test_the_text_for_graphviz_needs_no_graphviz(tmp_path: Path) -> None:
    draw.draw_net_to_file(LENET, str(tmp_path / "net.raw"))
    text = (tmp_path / "net.raw").read_text()
    assert text.startswith("digraph")
    assert "conv2" in text


def test_without_graphviz_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="Graphviz's dot cannot draw the net as png"):
        draw.draw_net_to_file(LENET, tmp_path / "net.png")
    assert list(tmp_path.iterdir()) == []


def test_without_pydot_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(UsageError, match=r'drawing needs pydot\n  pip install "netcc\[draw\]"'):
        draw.draw_net(LENET, "LR")
