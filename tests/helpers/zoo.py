"""What the tests of the zoo ask of a net, found once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import netcc
from netcc.ir.table import ShapeTable
from netcc.types import Phase, Shape
from zoo.generate.catalogue import NETS

ZOO = Path(__file__).resolve().parents[2] / "zoo"


@cache
def deploy_table(name: str) -> ShapeTable:
    """The shapes of the net for use."""
    return netcc.shapes(ZOO / name / "deploy.prototxt", netcc.TEST)


@cache
def train_table(name: str, phase: Phase) -> ShapeTable:
    """The shapes of the net in training or test, with batches of 2."""
    return netcc.shapes(ZOO / name / "train.prototxt", phase, inputs=data_shapes(name))


def data_shapes(name: str) -> dict[str, Shape]:
    """The shapes of what the data layers of the net give, for two examples."""
    net = NETS[name]
    return dict(net.data_shapes or {"data": (2, *net.input)})


def parameter_shapes(table: ShapeTable) -> dict[str, list[Shape]]:
    return {layer.name: [item.shape for item in layer.parameters] for layer in table.layers if layer.parameters}
