"""Rules of nets: which layers are in, how they join, what they share, how weights find them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from helpers.nets import graph_of, inner_product, input_layer, layer, shaped

import netcc
from netcc.compiler import bind_net
from netcc.errors import GraphError, NetccError, ShapeError, WeightsError
from netcc.runtime.export import exported
from netcc.runtime.weights import read_caffemodel
from netcc.schema import caffe_pb2
from netcc.schema.select import meets, select

X = input_layer("x", 2, 4)


def admitted(rules: str, state: str) -> bool:
    """Whether a layer with `rules` is in a net whose state is `state`, in the phase TRAIN."""
    net = bind_net(f'state {{ {state} }} layer {{ name: "l" type: "Split" {rules} }}')
    return bool(select(net, netcc.TRAIN).layers)


@pytest.mark.parametrize(
    ("rule", "state", "met"),
    [
        ("", "", True),
        ("phase: TRAIN", "", False),  # the default phase of a state is TEST
        ("phase: TRAIN", "phase: TRAIN", True),
        ("min_level: 2", "level: 1", False),
        ("min_level: 2", "level: 2", True),
        ("max_level: 2", "level: 2", True),
        ("max_level: 2", "level: 3", False),
        ("min_level: 1 max_level: 3", "level: 2", True),
        ("max_level: -1", "", False),  # the default level is 0
        ('stage: "a" stage: "b"', 'stage: "a"', False),
        ('stage: "a" stage: "b"', 'stage: "b" stage: "c" stage: "a"', True),
        ('not_stage: "a"', 'stage: "b"', True),
        ('not_stage: "a" not_stage: "b"', 'stage: "b"', False),
        ('stage: "a" not_stage: "b"', 'stage: "a" stage: "b"', False),
        ('phase: TEST stage: "a" min_level: 1', 'stage: "a"', False),
        ('phase: TEST stage: "a" min_level: 1', 'stage: "a" level: 1', True),
    ],
)
def test_a_rule_is_met_when_all_its_conditions_are(rule: str, state: str, met: bool) -> None:
    parsed = text_format.Parse(rule, caffe_pb2.NetStateRule()), text_format.Parse(state, caffe_pb2.NetState())
    assert meets(*parsed) is met


@pytest.mark.parametrize(
    ("rules", "state", "expected"),
    [
        ("", "", True),
        ("include { phase: TRAIN }", "", True),
        ("include { phase: TEST }", "", False),
        ('include { phase: TEST } include { stage: "a" }', "", False),
        ('include { phase: TEST } include { stage: "a" }', 'stage: "a"', True),
        ("exclude { phase: TRAIN }", "", False),
        ('exclude { phase: TEST } exclude { stage: "a" }', "", True),
        ('exclude { phase: TEST } exclude { stage: "a" }', 'stage: "a"', False),
    ],
)
def test_one_rule_is_enough_to_let_a_layer_in_or_keep_it_out(rules: str, state: str, expected: bool) -> None:
    assert admitted(rules, state) is expected


def test_a_layer_has_rules_of_one_kind() -> None:
    with pytest.raises(NetccError, match="layer 'l' has both include and exclude rules; give one kind"):
        admitted("include { phase: TRAIN } exclude { phase: TEST }", "")


def test_a_blob_may_be_overwritten_at_its_own_index_alone() -> None:
    with pytest.raises(GraphError, match="top blob 'x' is produced by two layers, 'x' and 's'"):
        graph_of(X + layer("s", "Slice", "x", "y x"))
    graph = graph_of(X + layer("s", "Slice", "x", "x y"))
    assert [(value.name, value.version) for value in graph.nodes[1].outputs] == [("x", 1), ("y", 0)]


def test_a_blob_written_in_place_keeps_its_shape() -> None:
    with pytest.raises(ShapeError) as caught:
        shaped(input_layer("x", 1, 1, 4, 4) + layer("p", "Pooling", "x", "x", "pooling_param { kernel_size: 2 }"))
    assert caught.value.message == (
        "layer 'p' writes blob 'x' in place, but changes its shape: 1 x 1 x 4 x 4 becomes 1 x 1 x 3 x 3"
    )


def test_a_blob_of_several_readers_is_split_behind_its_last_writer() -> None:
    text = X + inner_product("ip", "x", "y", 3) + layer("r", "ReLU", "y", "y")
    text += layer("a", "Sigmoid", "y", "a") + layer("b", "TanH", "y", "b") + layer("c", "Slice", "x", "c d")
    layers = {found.name: found for found in exported(shaped(text)).layer}
    assert list(layers) == ["x", "x_x_0_split", "ip", "r", "y_r_0_split", "a", "b", "c"]
    assert layers["y_r_0_split"].bottom == ["y"]
    assert layers["y_r_0_split"].top == ["y_r_0_split_0", "y_r_0_split_1"]
    assert [list(layers[name].bottom) for name in ("ip", "r", "a", "b", "c")] == [
        ["x_x_0_split_0"],
        ["y"],
        ["y_r_0_split_0"],
        ["y_r_0_split_1"],
        ["x_x_0_split_1"],
    ]


def test_a_split_bears_the_index_of_the_top() -> None:
    text = X + layer("s", "Slice", "x", "a b") + layer("r", "ReLU", "b", "c") + layer("t", "TanH", "b", "d")
    assert exported(shaped(text)).layer[2].name == "b_s_1_split"


def shared(*multipliers: str) -> str:
    return X + "".join(
        inner_product(f"l{i}", f"l{i - 1}" if i else "x", f"l{i}", 4, f'param {{ name: "w" {more} }}')
        for i, more in enumerate(multipliers)
    )


@pytest.mark.parametrize("name", ["lr_mult", "decay_mult"])
def test_all_multipliers_that_are_given_for_a_shared_parameter_agree(name: str) -> None:
    assert getattr(shaped(shared("", f"{name}: 2", "", f"{name}: 2")).parameters()[0], name) == 2
    with pytest.raises(GraphError, match=f"with different {name}: 2 and 3"):
        shaped(shared("", f"{name}: 2", f"{name}: 3"))
    with pytest.raises(GraphError, match=f"with different {name}: 2 and 1"):
        shaped(shared(f"{name}: 2", f"{name}: 1"))  # 1 is the default, but it is given here


def test_every_layer_that_shares_a_parameter_saves_it(tmp_path: Path) -> None:
    net = netcc.Net(shared("", ""), netcc.TRAIN, seed=1)
    net.save(tmp_path / "net.caffemodel")
    blobs = {found.name: found.blobs for found in read_caffemodel(tmp_path / "net.caffemodel")}
    np.testing.assert_array_equal(blobs["l0"][0].data, net.params["l0"][0].data)
    np.testing.assert_array_equal(blobs["l1"][0].data, net.params["l0"][0].data)


LOSS = input_layer("t", 2, 3) + layer("loss", "EuclideanLoss", "y t", "loss")


@pytest.mark.parametrize(("force", "learns"), [("", False), ("force_backward: true\n", True)])
def test_a_parameter_of_rate_zero_has_a_gradient_if_backward_is_forced(force: str, learns: bool) -> None:
    frozen = inner_product("ip", "x", "y", 3, "param { lr_mult: 0 } param { lr_mult: 1 }")
    net = netcc.Net(force + X + frozen + LOSS, netcc.TRAIN, seed=1)
    net.forward(x=np.ones((2, 4)))
    net.backward()
    assert bool(net.params["ip"][0].diff.any()) is learns
    assert net.params["ip"][1].diff.any()


def test_propagate_down_false_cuts_a_gradient_that_flows_else() -> None:
    for flag, reached in (("true", True), ("false", False)):
        upper = inner_product("two", "h", "y", 3, f"propagate_down: {flag}")
        net = netcc.Net(X + inner_product("one", "x", "h", 3) + upper + LOSS, netcc.TRAIN, seed=1)
        net.forward(x=np.ones((2, 4)))
        net.backward()
        assert bool(net.params["one"][0].diff.any()) is reached
        assert net.params["two"][0].diff.any()


def test_layers_that_a_file_lacks_keep_the_values_of_their_fillers(tmp_path: Path) -> None:
    netcc.Net(X + inner_product("old", "x", "y", 3) + inner_product("ip", "y", "z", 2), netcc.TRAIN, seed=1).save(
        tmp_path / "net.caffemodel"
    )
    net = netcc.Net(X + inner_product("new", "x", "y", 3) + inner_product("ip", "y", "z", 2), netcc.TRAIN, seed=2)
    before = {name: blobs[0].data.copy() for name, blobs in net.params.items()}
    net.copy_from(tmp_path / "net.caffemodel")
    np.testing.assert_array_equal(net.params["new"][0].data, before["new"])
    assert (net.params["ip"][0].data != before["ip"]).all()


def test_a_layer_with_another_number_of_blobs_is_refused(tmp_path: Path) -> None:
    netcc.Net(X + inner_product("ip", "x", "y", 3), netcc.TRAIN).save(tmp_path / "net.caffemodel")
    bare = X + layer("ip", "InnerProduct", "x", "y", "inner_product_param { num_output: 3 bias_term: false }")
    with pytest.raises(WeightsError, match="layer 'ip' has 2 blobs in the file, the net has 1"):
        netcc.Net(bare, netcc.TEST, weights=tmp_path / "net.caffemodel")


def test_outputs_are_all_blobs_that_nobody_reads_in_alphabetical_order() -> None:
    text = X + layer("s", "Slice", "x", "b a C") + layer("r", "ReLU", "a", "Z")
    text = text.replace("dim: 4", "dim: 3")
    assert netcc.Net(text, netcc.TEST).outputs == ["C", "Z", "b"]
