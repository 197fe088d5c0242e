"""The arena of the zoo's nets is within a fifth of what any plan of the same steps would need."""

from __future__ import annotations

import pytest

from netcc.compiler import bind_net, plan_graph, shaped_graph
from netcc.ir.graph import Graph
from netcc.report.memory import MemoryTable, memory_table
from netcc.schema.select import select
from netcc.targets.options import MEMORY_USES
from netcc.types import TEST, TRAIN
from netcc.zoo.find import find

MOST = 1.2
IMAGES = {
    "lenet": (1, 28, 28),
    "lenet5": (1, 32, 32),
    "mlp": (1, 28, 28),
    "cifar10_quick": (3, 32, 32),
    "cifar10_full": (3, 32, 32),
    "resnet20_cifar": (3, 32, 32),
    "squeezenet_1_1": (3, 227, 227),
    "mobilenet_v1": (3, 224, 224),
    "resnet50": (3, 224, 224),
    "googlenet": (3, 224, 224),
    "densenet121": (3, 224, 224),
}


def graph_of(name: str, file: str) -> Graph:
    net = bind_net(find(f"zoo:{name}/{file}"))
    shapes = {"data": (4, *IMAGES[name])} if file == "train" else None
    return shaped_graph(select(net, TRAIN if file == "train" else TEST), shapes)


def check(table: MemoryTable) -> None:
    assert table.lower_bound > 0
    assert table.lower_bound <= table.arena <= MOST * table.lower_bound
    assert table.arena <= table.separate


@pytest.mark.parametrize("name", [*IMAGES, "unet"])
def test_inference(name: str) -> None:
    check(memory_table(plan_graph(graph_of(name, "deploy"), keep_all=False, gradients=False)))


@pytest.mark.parametrize("name", IMAGES)
def test_training(name: str) -> None:
    check(memory_table(plan_graph(graph_of(name, "train"), keep_all=False)))


@pytest.mark.parametrize(("name", "most"), [("googlenet", 0.75), ("mobilenet_v1", 0.6), ("resnet20_cifar", 0.85)])
def test_training_with_memory_low(name: str, most: float) -> None:
    low = memory_table(plan_graph(graph_of(name, "train"), keep_all=False, memory="low"))
    check(low)
    assert low.arena < most * memory_table(plan_graph(graph_of(name, "train"), keep_all=False)).arena
    assert 10 <= len(low.again) <= 60


def test_inference_with_memory_low() -> None:
    fast, low = (
        memory_table(plan_graph(graph_of("vgg16", "deploy"), keep_all=False, gradients=False, memory=use))
        for use in MEMORY_USES
    )
    check(low)
    assert low.arena < 0.5 * fast.arena
