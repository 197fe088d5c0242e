"""The net for use that is made of each net for training is the one that stands beside it."""

from __future__ import annotations

import pytest
from helpers.zoo import ZOO, data_shapes

import netcc
from netcc.deploy.compare import differences
from netcc.deploy.deploy import Deployed, deploy, deployed_graph
from netcc.ir.table import LayerRow, shape_table
from netcc.schema.bind import load_net
from netcc.types import TEST, Shape
from zoo.generate.catalogue import NETS

WITHOUT_SOFTMAX = {"fcn8s"}
"""Nets whose scores are used as they are."""
ANOTHER_INPUT = {"lenet5"}
"""Nets that pad in training what is padded already in use."""


def made(name: str) -> Deployed:
    shapes = {"data": (64, 1, 28, 28)} if name == "lenet" else data_shapes(name)
    inputs = {blob: shape for blob, shape in shapes.items() if blob != "label"}
    return deploy(load_net(ZOO / name / "train.prototxt"), inputs=inputs, activations=name not in WITHOUT_SOFTMAX)


def facts(row: LayerRow) -> tuple[str, object, list[Shape]]:
    return row.type, row.tops, [parameter.shape for parameter in row.parameters]


LARGE = "resnet1202_cifar"
"""Its text is read five times here, which takes seconds."""


@pytest.mark.parametrize(
    "name", ["lenet", *sorted(NETS.keys() - ANOTHER_INPUT - {LARGE}), pytest.param(LARGE, marks=pytest.mark.slow)]
)
def test_shapes_are_those_of_the_net_for_use(name: str) -> None:
    graph = deployed_graph(made(name).text)
    beside = netcc.shapes(ZOO / name / "deploy.prototxt", TEST)
    assert list(map(facts, shape_table(graph).layers)) == list(map(facts, beside.layers))
    used = deployed_graph((ZOO / name / "deploy.prototxt").read_text())
    assert differences(graph, used) == []


def test_a_net_that_is_used_otherwise_is_told() -> None:
    used = deployed_graph((ZOO / "lenet5" / "deploy.prototxt").read_text())
    found = [difference.message for difference in differences(deployed_graph(made("lenet5").text), used)]
    assert found[0] == "input 'data' is 1 x 1 x 32 x 32; trained with 1 x 1 x 28 x 28"
    assert found[1] == "layer 'C1': pad is 0 x 0; trained with 2 x 2"
