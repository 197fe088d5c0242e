"""A net for training compiles to what the net for use that `netcc deploy` makes of it compiles to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer
from helpers.zoo import ZOO, data_shapes

import netcc
from netcc.compiled.description import LayerFacts, describe
from netcc.deploy.deploy import deploy, deployed_graph
from netcc.deploy.partial import known_shapes
from netcc.schema.bind import load_net
from netcc.schema.select import select
from netcc.types import TEST

START = input_layer("x", 4, 6) + input_layer("label", 4) + input_layer("other", 4) + inner_product("a", "x", "a", 5)
SCORES = START + inner_product("b", "a", "b", 3)
LOSS = layer("loss", "SoftmaxWithLoss", "b label", "loss")


@pytest.mark.parametrize(
    "text",
    [
        SCORES + LOSS,
        SCORES + LOSS + layer("p", "Softmax", "b", "p", "include { phase: TEST }"),
        SCORES + layer("loss", "SoftmaxWithLoss", "a label", "aside", "loss_weight: 0.3") + LOSS,
        SCORES + layer("loss2", "SoftmaxWithLoss", "a other", "aside", "loss_weight: 0.3") + LOSS,
        SCORES + layer("loss", "HingeLoss", "b label", "loss"),
        SCORES + layer("accuracy", "Accuracy", "b label", "accuracy"),
        SCORES.replace('"b"', '"prob"') + layer("loss", "SoftmaxWithLoss", "prob label", "loss"),
        SCORES + layer("s", "Sigmoid", "b", "s") + layer("relu", "ReLU", "a", "r") + LOSS,
        SCORES,
    ],
)
def test_compiled_and_deployed_nets_give_the_same(text: str, tmp_path: Path) -> None:
    with netcc.Net(text, TEST, seed=2) as net:
        net.save(tmp_path / "w.caffemodel")
        ours = netcc.compile(net)
        deployed = deploy(load_net(text), inputs={}).text
        theirs = netcc.compile(deployed, tmp_path / "w.caffemodel")
        assert (ours.layers, ours.inputs, ours.outputs) == (theirs.layers, theirs.inputs, theirs.outputs)
        x = np.random.default_rng(0).normal(size=(4, 6))
        with netcc.Net(deployed, TEST, tmp_path / "w.caffemodel") as used:
            expected = used.forward(x=x)
        found = ours(x)
        assert list(ours.outputs) == list(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name] if isinstance(found, dict) else found, values, rtol=1e-5)


def facts(layer: LayerFacts) -> tuple[object, ...]:
    return layer.name, layer.layer.type, layer.bottoms, layer.tops, layer.parameters


@pytest.mark.parametrize("name", ["deeplab_v3", "fcn8s", "googlenet", "mobilenet_v1", "ssd300", "unet"])
def test_nets_of_the_zoo(name: str) -> None:
    shapes = {"data": data_shapes(name)["data"]}
    bound = load_net(ZOO / name / "train.prototxt")
    ours, _ = describe(known_shapes(select(bound, TEST), shapes, None).graph)
    theirs, _ = describe(deployed_graph(deploy(bound, inputs=shapes, batch=2).text))
    assert list(map(facts, ours.layers[1:])) == list(map(facts, theirs.layers[1:]))
    assert (ours.parameters, ours.inputs, ours.outputs) == (theirs.parameters, theirs.inputs, theirs.outputs)
