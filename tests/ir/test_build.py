"""Wiring: who reads what, and every way in which layers fail to join."""

import pytest
from helpers.nets import graph_of, inner_product, input_layer, layer

from netcc.errors import GraphError

X = input_layer("x", 2, 3)


def messages(text: str) -> list[str]:
    with pytest.raises(GraphError) as caught:
        graph_of(text)
    return [diagnostic.message for diagnostic in caught.value.diagnostics]


def test_every_write_of_a_name_is_a_value_of_its_own() -> None:
    graph = graph_of(X + layer("t", "TanH", "x", "a") + layer("r", "ReLU", "a", "a") + layer("s", "Sigmoid", "a", "b"))
    _, tanh, relu, sigmoid = graph.nodes
    assert [value.version for value in (tanh.outputs[0], relu.outputs[0])] == [0, 1]
    assert relu.inputs == tanh.outputs
    assert sigmoid.inputs == relu.outputs
    assert graph.blobs()["a"] is relu.outputs[0]


def test_outputs_are_the_unread_blobs_in_alphabetical_order() -> None:
    graph = graph_of(X + layer("l1", "TanH", "x", "b") + layer("l2", "ReLU", "x", "a"))
    assert [value.name for value in graph.outputs()] == ["a", "b"]
    assert [value.name for value in graph.inputs()] == ["x"]


def test_a_loss_without_a_top_gets_one_that_is_no_output() -> None:
    labels = input_layer("y", 2)
    graph = graph_of(X + labels + layer("loss", "SoftmaxWithLoss", "x y", ""))
    (value,) = graph.nodes[-1].outputs
    assert value.name == "(automatic)"
    assert value.loss_weight == 1
    assert graph.outputs() == []


def test_an_unknown_bottom_names_layer_index_and_what_was_meant() -> None:
    text = X + "\n" + layer("ip", "ReLU", "y", "z") + layer("s", "Sigmoid", "zz", "w")
    with pytest.raises(GraphError) as caught:
        graph_of(text.replace('"x"', '"conv1"').replace('"y"', '"conv"'))
    first, second = caught.value.diagnostics
    assert str(first).splitlines() == [
        "<text>:3:33: error: unknown bottom blob 'conv' (layer 'ip', bottom index 0)",
        '    layer { name: "ip" type: "ReLU" bottom: "conv" top: "z"  }',
        "                                    ^~~~~~~~~~~~~~",
        "  did you mean 'conv1'?",
    ]
    assert second.message == "unknown bottom blob 'zz' (layer 's', bottom index 0)"


def test_a_bottom_that_a_later_layer_produces_says_so() -> None:
    with pytest.raises(GraphError) as caught:
        graph_of(X + layer("r", "ReLU", "later", "a") + layer("t", "TanH", "x", "later"))
    (fault,) = caught.value.diagnostics
    assert fault.notes == ("a later layer produces it; layers stand in the order in which they run",)


def test_a_blob_is_produced_once() -> None:
    assert messages(X + layer("a", "ReLU", "x", "y") + layer("b", "TanH", "x", "y")) == [
        "top blob 'y' is produced by two layers, 'a' and 'b'"
    ]


def test_a_blob_that_another_layer_read_is_not_overwritten() -> None:
    text = X + layer("t", "TanH", "x", "a") + layer("s", "Sigmoid", "a", "b") + layer("r", "ReLU", "a", "a")
    assert messages(text) == ["layer 'r' overwrites blob 'a' in place, but layer 's' reads it too"]


def test_counts_of_bottoms_tops_flags_and_weights() -> None:
    assert messages(X + layer("r", "ReLU", "x x", "a")) == ["layer 'r': ReLU takes 1 bottom blob, found 2"]
    assert messages(X + layer("r", "ReLU", "x", "a b")) == ["layer 'r': ReLU takes 1 top blob, found 2"]
    assert messages(X + layer("r", "ReLU", "x", "a", "propagate_down: true propagate_down: false")) == [
        "layer 'r': propagate_down is given 2 times for 1 bottoms"
    ]
    assert messages(X + layer("r", "ReLU", "x", "a", "loss_weight: 1 loss_weight: 2")) == [
        "layer 'r': loss_weight is given 2 times for 1 tops"
    ]


def test_an_unknown_type_suggests_the_near_one_and_its_readers_do_not_complain() -> None:
    with pytest.raises(GraphError) as caught:
        graph_of(X + layer("c", "Sigmiod", "x", "a") + layer("r", "ReLU", "a", "b"))
    (fault,) = caught.value.diagnostics
    assert fault.message == "unknown layer type 'Sigmiod'"
    assert fault.suggestion == "Sigmoid"
    assert fault.span is not None
    assert (fault.span.line, fault.notes[-1]) == (2, "in layer 'c'")


def test_all_faults_of_a_net_come_at_once() -> None:
    text = X + inner_product("ip", "x", "a", 0) + layer("r", "ReLU", "q", "b") + layer("x2", "TanH", "x", "x b")
    assert len(messages(text)) == 5


def test_loss_weights_come_from_the_net_or_the_layer() -> None:
    labels = input_layer("y", 2)
    text = (
        X
        + labels
        + layer("t", "TanH", "x", "a", "loss_weight: 0.5")
        + layer("loss", "SoftmaxWithLossOHEM", "x y", "l p")
    )
    tanh, loss = graph_of(text).nodes[-2:]
    assert [value.loss_weight for value in tanh.outputs + loss.outputs] == [0.5, 1.0, 0.0]


def test_a_loss_that_names_no_top_may_have_a_weight() -> None:
    text = X + input_layer("y", 2) + layer("loss", "SoftmaxWithLoss", "x y", "", "loss_weight: 3")
    (loss,) = graph_of(text).nodes[-1].outputs
    assert loss.loss_weight == 3
    assert messages(text.replace("loss_weight: 3", "loss_weight: 3 loss_weight: 1")) == [
        "layer 'loss': loss_weight is given 2 times for 1 tops"
    ]
