"""Which gradients are computed: the rules of Caffe's net.cpp about losses, rates, propagate_down and force_backward."""

import pytest
from helpers.nets import inner_product, input_layer, layer, shaped

from netcc.errors import LayerError
from netcc.ir.graph import Graph, Node
from netcc.passes.gradients import mark_gradients
from netcc.runtime.net import Net
from netcc.types import TRAIN

DATA = input_layer("x", 2, 3) + input_layer("y", 2)
LOSS = layer("loss", "SoftmaxWithLoss", "b y", "loss")


def marked(text: str) -> Graph:
    graph = shaped(text)
    mark_gradients(graph)
    return graph


def node(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.name == name)


def test_no_gradient_goes_into_data() -> None:
    graph = marked(DATA + inner_product("one", "x", "a", 4) + inner_product("two", "a", "b", 4) + LOSS)
    assert node(graph, "one").propagate == [False]
    assert node(graph, "two").propagate == [True]
    assert node(graph, "loss").propagate == [True, False]
    assert not graph.blobs()["x"].needs_gradient


def test_without_a_loss_nothing_runs_backward() -> None:
    graph = marked(DATA + inner_product("one", "x", "b", 4))
    assert not node(graph, "one").runs_backward
    assert node(graph, "one").learn == [False, False]


def test_a_branch_without_a_loss_does_not_run_backward() -> None:
    text = DATA + inner_product("one", "x", "b", 4) + inner_product("side", "b", "c", 4) + LOSS
    assert not node(marked(text), "side").runs_backward
    assert node(marked(text), "one").runs_backward


def test_rate_zero_stops_the_parameter_and_what_is_below_it() -> None:
    frozen = "param { lr_mult: 0 } param { lr_mult: 0 }"
    text = (
        DATA
        + inner_product("one", "x", "a", 4, frozen)
        + inner_product("two", "a", "b", 4, "param { lr_mult: 0 }")
        + LOSS
    )
    graph = marked(text)
    assert not node(graph, "one").runs_backward
    assert node(graph, "two").propagate == [False]
    assert node(graph, "two").learn == [False, True]


def test_propagate_down_cuts_and_forces() -> None:
    cut = marked(
        DATA + inner_product("one", "x", "a", 4) + inner_product("two", "a", "b", 4, "propagate_down: false") + LOSS
    )
    assert not node(cut, "one").runs_backward
    assert node(cut, "two").learn == [True, True]
    forced = marked(DATA + inner_product("one", "x", "b", 4, "propagate_down: true") + LOSS)
    assert node(forced, "one").propagate == [True]
    assert forced.blobs()["x"].needs_gradient


def test_force_backward_reaches_the_data_but_not_the_labels() -> None:
    graph = marked("force_backward: true\n" + DATA + inner_product("one", "x", "b", 4) + LOSS)
    assert node(graph, "one").propagate == [True]
    assert node(graph, "loss").propagate == [True, False]


def test_a_gradient_for_labels_is_refused_when_backward_runs() -> None:
    flags = "propagate_down: true propagate_down: true"
    text = DATA + inner_product("one", "x", "b", 4) + layer("loss", "SoftmaxWithLoss", "b y", "loss", flags)
    net = Net(text, TRAIN)
    net.forward()
    with pytest.raises(LayerError, match="layer 'loss': SoftmaxWithLoss has no gradient for its labels"):
        net.backward()


def test_force_backward_through_accuracy_is_refused_when_backward_runs() -> None:
    net = Net("force_backward: true\n" + DATA + layer("acc", "Accuracy", "x y", "acc"), TRAIN)
    net.forward()
    with pytest.raises(LayerError, match="layer 'acc': Accuracy has no gradient for its bottom 'x'"):
        net.backward()
