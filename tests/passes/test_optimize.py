"""What is done to the copy of a graph: layers taken out, joined, and orders of memory chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from helpers.nets import input_layer, layer, shaped

from netcc.ir.clone import clone
from netcc.ir.graph import Graph
from netcc.ir.verify import verify_graph
from netcc.kernels.twins import use_target
from netcc.passes.fuse import fuse
from netcc.passes.gradients import mark_gradients
from netcc.passes.optimize import optimize
from netcc.passes.simplify import simplify
from netcc.targets.options import Options
from netcc.types import TEST, TRAIN, Phase

INFER = Options(keep_all=False, keep_diffs=False, gradients=False)
TRAINING = Options(keep_all=True, keep_diffs=False)
MAX_POOL = layer("pool", "Pooling", "a", "p", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")
FALLING = "relu_param { negative_slope: -0.5 }"
CONVOLUTION = "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }"


def ready(text: str, phase: Phase = TEST) -> Graph:
    graph = shaped(input_layer("x", 2, 4, 6, 6) + text, phase)
    mark_gradients(graph)
    return graph


def joined(text: str, options: Options, phase: Phase = TEST) -> list[str]:
    """The layers of each node after `fuse`."""
    copy = clone(ready(text, phase))
    fuse(copy, options)
    verify_graph_links(copy.graph)
    return ["+".join(part.name for part in (node, *node.absorbed)) for node in copy.graph.nodes]


def verify_graph_links(graph: Graph) -> None:
    """Every input has a producer before it and knows its reader."""
    produced = set()
    for node in graph.nodes:
        for index, value in enumerate(node.inputs):
            assert value in produced
            assert any(use.node is node and use.index == index for use in value.uses)
        for value in node.outputs:
            assert value.producer is node
            produced.add(value)


def conv(name: str, bottom: str) -> str:
    return layer(name, "Convolution", bottom, name, CONVOLUTION)


def product(name: str, bottom: str, more: str = "") -> str:
    return layer(name, "InnerProduct", bottom, name, f"inner_product_param {{ num_output: 4 {more} }}")


def test_a_copy_is_a_graph_of_its_own() -> None:
    graph = ready(conv("a", "x") + layer("relu", "ReLU", "a", "a"))
    copy = clone(graph)
    verify_graph(copy.graph)
    assert [node.place for node in copy.graph.nodes] == [0, 1, 2]
    assert not set(copy.graph.nodes) & set(graph.nodes)
    fuse(copy, INFER)
    assert [node.absorbed for node in graph.nodes] == [[], [], []]
    verify_graph(graph)


def test_layers_that_change_nothing_go() -> None:
    graph = ready(
        layer("split", "Split", "x", "one two")
        + layer("drop", "Dropout", "one", "one")
        + layer("sum", "Eltwise", "one two", "sum")
        + layer("last", "Dropout", "sum", "last")
    )
    copy = clone(graph)
    simplify(copy)
    assert [node.name for node in copy.graph.nodes] == ["x", "sum", "last"], "an output of the net stays"
    verify_graph_links(copy.graph)
    values = graph.blobs()
    assert copy.values[values["two"]] is copy.values[values["one"]] is copy.graph.nodes[0].outputs[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (conv("a", "x") + layer("relu", "ReLU", "a", "b"), ["x", "a+relu"]),
        (
            conv("a", "x")
            + layer("bn", "BatchNorm", "a", "b")
            + layer("scale", "Scale", "b", "c")
            + layer("power", "Power", "c", "d", "power_param { scale: 2 shift: 1 }")
            + layer("relu", "ReLU", "d", "e"),
            ["x", "a+bn+scale+power+relu"],
        ),
        (conv("a", "x") + layer("sum", "Eltwise", "x a", "s") + layer("r", "ReLU", "s", "r"), ["x", "a+sum+r"]),
        (conv("a", "x") + conv("b", "a") + layer("sum", "Eltwise", "a b", "s"), ["x", "a", "b+sum"]),
        (conv("a", "x") + layer("sum", "Eltwise", "a a", "s"), ["x", "a", "sum"]),
        (conv("a", "x") + layer("sum", "Eltwise", "x x a", "s"), ["x", "a", "sum"]),
        (conv("a", "x") + layer("relu", "ReLU", "a", "b") + layer("bn", "BatchNorm", "b", "c"), ["x", "a+relu", "bn"]),
        (conv("a", "x") + layer("relu6", "ReLU6", "a", "b"), ["x", "a", "relu6"]),
        (conv("a", "x") + layer("wide", "Scale", "a", "b", "scale_param { num_axes: 2 }"), ["x", "a", "wide"]),
        (
            conv("a", "x") + layer("most", "Eltwise", "x a", "s", "eltwise_param { operation: MAX }"),
            ["x", "a", "most"],
        ),
        (
            product("a", "x")
            + layer("bn", "BatchNorm", "a", "b")
            + layer("scale", "Scale", "b", "c")
            + layer("relu", "ReLU", "c", "d"),
            ["x", "a+bn+scale+relu"],
        ),
        (
            product("a", "x") + layer("relu", "ReLU", "a", "b") + layer("bn", "BatchNorm", "b", "c"),
            ["x", "a+relu", "bn"],
        ),
        (product("a", "x", "axis: 2") + layer("bn", "BatchNorm", "a", "b"), ["x", "a", "bn"]),
        (conv("a", "x") + MAX_POOL + layer("r", "ReLU", "p", "r"), ["x", "a+pool+r"]),
        (
            conv("a", "x") + layer("r", "ReLU", "a", "a") + MAX_POOL + layer("s", "ReLU", "p", "s"),
            ["x", "a+r+pool", "s"],
        ),
        (conv("a", "x") + layer("r", "ReLU", "a", "a", FALLING) + MAX_POOL, ["x", "a+r", "pool"]),
        (conv("a", "x") + MAX_POOL + layer("r", "ReLU", "p", "r", FALLING), ["x", "a+pool", "r"]),
        (conv("a", "x") + MAX_POOL + layer("bn", "BatchNorm", "p", "b"), ["x", "a+pool", "bn"]),
        (conv("a", "x") + MAX_POOL.replace("MAX", "AVE"), ["x", "a", "pool"]),
        (conv("b", "x") + layer("a", "Eltwise", "x b", "a") + MAX_POOL, ["x", "b+a", "pool"]),
    ],
)
def test_what_is_computed_together(text: str, expected: Sequence[str]) -> None:
    assert joined(text, INFER) == expected


def test_blobs_that_are_kept_stay_apart_unless_written_over() -> None:
    text = conv("a", "x") + layer("bn", "BatchNorm", "a", "b") + layer("r1", "ReLU", "b", "b") + conv("c", "b")
    text += layer("r2", "ReLU", "c", "c")
    assert joined(text, Options(keep_all=True, gradients=False)) == ["x", "a", "bn", "r1", "c+r2"]


def test_training_joins_what_backward_can_take_apart() -> None:
    text = (
        conv("a", "x")
        + layer("bn", "BatchNorm", "a", "a")
        + layer("scale", "Scale", "a", "a", "scale_param { bias_term: true }")
        + layer("relu", "ReLU", "a", "a")
        + conv("b", "a")
        + layer("r", "ReLU", "b", "b")
        + input_layer("y", 2, 4, 6, 6)
        + layer("loss", "EuclideanLoss", "b y", "loss")
    )
    assert joined(text, TRAINING, TRAIN) == ["x", "a", "bn+scale+relu", "b+r", "y", "loss"]
    shown = Options(keep_all=True, keep_diffs=True)
    assert joined(text, shown, TRAIN) == ["x", "a", "bn", "scale", "relu", "b+r", "y", "loss"]


def normalised(name: str, bottom: str) -> str:
    return layer(name, "BatchNorm", bottom, bottom) + layer(f"{name}_scale", "Scale", bottom, bottom)


def test_training_joins_a_normalization_with_the_sum_and_the_rectifier_behind_it() -> None:
    text = conv("a", "x") + normalised("a_bn", "a") + conv("b", "x") + normalised("b_bn", "b")
    text += layer("sum", "Eltwise", "a b", "s") + layer("relu", "ReLU", "s", "s")
    text += normalised("c_bn", "s") + layer("twice", "Eltwise", "s s", "t")
    text += input_layer("y", 2, 4, 6, 6) + layer("loss", "EuclideanLoss", "t y", "loss")
    rest = ["c_bn+c_bn_scale", "twice", "y", "loss"]
    expected = ["x", "a", "a_bn+a_bn_scale", "b", "b_bn+b_bn_scale+sum+relu", *rest]
    assert joined(text, Options(keep_all=False, keep_diffs=False), TRAIN) == expected
    expected = ["x", "a", "a_bn+a_bn_scale", "b", "b_bn+b_bn_scale", "sum", "relu", *rest]
    assert joined(text, TRAINING, TRAIN) == expected, "a blob of another name stays readable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MAX_POOL, "a+pool"),
        (layer("relu", "ReLU", "a", "a") + MAX_POOL, "a+relu+pool"),
        (MAX_POOL + layer("relu", "ReLU", "p", "p"), "a+pool+relu"),
        (MAX_POOL + layer("relu", "ReLU", "p", "p", "relu_param { negative_slope: 0.5 }"), "a+pool+relu"),
        (layer("relu", "ReLU", "a", "a", "relu_param { negative_slope: 0.5 }") + MAX_POOL, "a+relu pool"),
        (MAX_POOL.replace("MAX", "AVE"), "a pool"),
        (MAX_POOL.replace("kernel_size: 2", "kernel_size: 16 pad: 8"), "a pool"),
    ],
)
def test_convolutions_in_training_are_joined_with_the_maxima_behind_them(text: str, expected: str) -> None:
    text = conv("a", "x") + text + conv("b", "p")
    without_blobs = Options(keep_all=False, keep_diffs=False)
    with use_target("numpy"):
        assert joined(text, without_blobs, TRAIN) == ["x", *expected.split(), "b"]
    with use_target("fast"):
        assert joined(text, without_blobs, TRAIN)[1] in ("a", "a+relu"), "twins gain on large images alone"
    kept = [name.removesuffix("+relu") for name in joined(text, TRAINING, TRAIN)]
    assert kept[:3] == ["x", "a", "pool"], "the blob between them stays readable"


SIDE_BY_SIDE = (
    conv("a", "x")
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b", "x")
    + layer("b_relu", "ReLU", "b", "b")
    + layer("both", "Concat", "a b", "both")
)


@pytest.mark.parametrize(
    ("text", "tops", "expected"),
    [
        (SIDE_BY_SIDE + conv("c", "both"), "c", True),
        (SIDE_BY_SIDE + MAX_POOL.replace('"a"', '"both"'), "p", True),
        (SIDE_BY_SIDE + layer("c", "TanH", "both", "c"), "c", False),
        (SIDE_BY_SIDE + conv("c", "both") + conv("d", "both"), "cd", False),
        (SIDE_BY_SIDE + conv("c", "both") + conv("d", "a"), "cd", False),
        (SIDE_BY_SIDE.replace(layer("b_relu", "ReLU", "b", "b"), "") + conv("c", "both"), "c", False),
        (SIDE_BY_SIDE.replace('type: "ReLU"', f'type: "ReLU" {FALLING}') + conv("c", "both"), "c", False),
    ],
)
def test_the_only_reader_of_rectified_blobs_masks_their_diffs(text: str, tops: str, expected: bool) -> None:
    losses = [layer(f"loss_{top}", "EuclideanLoss", f"{top} {top}", f"loss_{top}") for top in tops]
    graph = ready(text + "".join(losses), TRAIN)
    for options in (TRAINING, Options(keep_all=True, keep_diffs=True)):
        copy = clone(graph)
        with use_target("numpy"):
            optimize(copy, options)
        wanted = expected and not options.keep_diffs
        assert [node.name for node in copy.graph.nodes if node.rectified] == ["a", "b"] * wanted
        assert sum(node.rectifies for node in copy.graph.nodes) == wanted
    with use_target("fast"):
        optimize(copy := clone(graph), TRAINING)
    assert not any(node.rectified for node in copy.graph.nodes), "twins mask at no cost"


def test_orders_of_memory() -> None:
    text = (
        conv("a", "x")
        + layer("tanh", "TanH", "a", "t")
        + layer("turn", "Permute", "t", "p", "permute_param { order: 0 order: 2 order: 3 order: 1 }")
        + layer("again", "Permute", "t", "q", "permute_param { order: 0 order: 3 order: 2 order: 1 }")
        + layer("all", "Pooling", "t", "g", "pooling_param { pool: AVE global_pooling: true }")
        + layer("flat", "Flatten", "g", "f")
    )
    copy = clone(ready(text))
    optimize(copy, Options(gradients=False))
    verify_graph_links(copy.graph)
    assert [node.name for node in copy.graph.nodes] == [
        "x",
        "x channels last",
        "a",
        "tanh",
        "t plain",  # made once, read twice
        "turn",
        "again",
        "all",
        "g plain",
        "flat",
    ]
    layouts = {node.name: node.outputs[0].layout for node in copy.graph.nodes}
    assert layouts["tanh"] == layouts["all"] == "channels last"
    assert layouts["x"] == layouts["turn"] == layouts["flat"] == "plain"
    assert [node.layer.is_view for node in copy.graph.nodes if node.name in ("t plain", "g plain")] == [False, True]


def test_without_optimisation_nothing_changes() -> None:
    graph = ready(conv("a", "x") + layer("relu", "ReLU", "a", "a"))
    copy = clone(graph)
    targets = optimize(copy, Options(keep_all=False, gradients=False, optimize=False))
    assert [node.name for node in copy.graph.nodes] == ["x", "a", "relu"]
    assert {target.name for target in targets.values()} == {"layer"}
    verify_graph(copy.graph)
