"""Every net of the zoo compiles, is told by its file as it is, and gives from there what the net gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.emitted import randomize_statistics
from helpers.zoo import ZOO
from helpers.zoo_runs import fill, resized, with_fillers

import netcc
from netcc.compiled.description import NetFacts, describe, lay_out
from netcc.compiled.facts_json import facts_from_json, facts_to_json
from netcc.compiler import bind_net, shaped_graph
from netcc.schema.bind import load_net
from netcc.schema.select import select
from netcc.types import TEST
from zoo.generate.catalogue import NETS
from zoo.generate.gallery import GALLERY

RUN = {
    "char_lstm": {},
    "cifar10_quick": {},
    "mlp": {},
    "mobilenet_v1": {"data": (1, 3, 64, 64)},
    "resnet18": {"data": (1, 3, 64, 64)},
    "shufflenet": {"data": (1, 3, 64, 64)},
    "squeezenet_1_1": {"data": (1, 3, 67, 67)},
    "blocks/inception": {},
}
"""Nets that are also run, one of each kind, and shapes that are enough for them."""


def without_messages(facts: NetFacts) -> list[object]:
    """The layers of `facts` but for what they were made from, which a file does not keep."""
    return [replace(layer, message=None) for layer in facts.layers]  # type: ignore[arg-type]  # to compare the rest


@pytest.mark.parametrize("name", [*NETS, *GALLERY, "lenet"])
def test_facts_come_back_from_json(name: str) -> None:
    if name == "resnet1202_cifar":
        pytest.skip("its 5,414 layers are those of resnet110_cifar")
    graph = shaped_graph(select(bind_net(ZOO / name / "deploy.prototxt"), TEST))
    facts, parameters = describe(graph)
    back = facts_from_json(json.loads(json.dumps(facts_to_json(facts))))
    assert without_messages(back) == without_messages(facts)
    assert replace(back, layers=()) == replace(facts, layers=())
    laid = lay_out(back, back.inputs)
    assert [item.shape for item in laid.parameters] == [item.shape for item in parameters]
    assert [value.shape for value in laid.outputs.values()] == [value.shape for value in graph.outputs()]


@pytest.mark.parametrize("name", RUN)
def test_the_file_gives_what_the_net_gives(name: str, tmp_path: Path) -> None:
    message = with_fillers(resized(load_net(ZOO / name / "deploy.prototxt").message, RUN[name]))
    with netcc.Net(message, netcc.TEST, seed=3, gradients=False) as net:
        randomize_statistics(net)
        fill(net, name)
        netcc.compile(net).save(tmp_path / "net.netcc")
        expected = net.forward()
        with netcc.load(tmp_path / "net.netcc") as made:
            result = made(**{blob: net.blobs[blob].data for blob in net.inputs})
            results = result if isinstance(result, dict) else {next(iter(made.outputs)): result}
        assert results.keys() == expected.keys()
        for blob, values in expected.items():
            np.testing.assert_allclose(results[blob], values, rtol=1e-4, atol=1e-5 * np.abs(values).max())
