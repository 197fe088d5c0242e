"""The files of one net: prototxts from its description, the page from the shapes that netcc finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netcc.prototxt.format import format_message
from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import assign_proto
from netcc.schema import caffe_pb2
from zoo.generate.net import ZooNet
from zoo.generate.page import page
from zoo.generate.writer import NetWriter


def files_of(net: ZooNet) -> dict[str, str]:
    """Name and text of each file in the net's folder."""
    deploy, stages = deploy_text(net)
    return {
        "deploy.prototxt": deploy,
        "train.prototxt": train_text(net),
        "solver.prototxt": solver_text(net),
        "README.md": page(net, deploy, stages),
    }


def deploy_text(net: ZooNet) -> tuple[str, list[tuple[str, str]]]:
    """The net for use, and its stages: their labels, each with its last layer."""
    writer = NetWriter(training=False)
    if net.deploy is not None:
        net.deploy(writer)
    else:
        assert net.body is not None
        data = writer.add("data", L.Input(shape={"dim": [1, *net.input]}))
        writer.add("prob", L.Softmax(net.body(writer, data)))
    head = [f"{net.title} for use.", written_by(net)]
    return text_of(net.title, writer.spec.to_proto(), head), writer.stages


def train_text(net: ZooNet) -> str:
    """The net with data, losses and scores, for both phases."""
    head = [f"{net.title} for training and testing.", written_by(net)]
    writer = NetWriter(training=True)
    data_layers = net.train(writer) if net.train is not None else [_classifier(net, writer)]
    message = writer.spec.to_proto()
    layers = list(message.layer)
    del message.layer[:]
    for layer in layers[: len(data_layers)]:
        message.layer.append(layer)
    for layer, fields in zip(layers, data_layers, strict=False):
        message.layer.append(in_test(layer, fields))
    message.layer.extend(layers[len(data_layers) :])
    return text_of(net.title, message, head)


def in_test(layer: caffe_pb2.LayerParameter, fields: Mapping[str, Any]) -> caffe_pb2.LayerParameter:
    """The data layer of the TEST phase with the name and tops of that of TRAIN, and `fields` of its own."""
    made = caffe_pb2.LayerParameter(name=layer.name, type=layer.type, top=layer.top)
    made.include.add(phase=caffe_pb2.TEST)
    for name, value in fields.items():
        assign_proto(made, name, value)
    return made


def _classifier(net: ZooNet, writer: NetWriter) -> dict[str, Any]:
    """Writes data, body, losses and accuracies; gives the fields of the data layer in tests."""
    database = net.database
    assert database is not None
    assert net.body is not None
    spec = writer.spec
    fields = database.layer(training=True)
    spec.data, spec.label = L.Data(ntop=2, include={"phase": caffe_pb2.TRAIN}, **fields)
    scores = net.body(writer, spec.data)
    for name, weight in net.losses.auxiliary.items():
        spec[f"{name}/loss"] = L.SoftmaxWithLoss(spec[name], spec.label, loss_weight=weight)
    spec.loss = L.SoftmaxWithLoss(scores, spec.label)
    test = {"phase": caffe_pb2.TEST}
    spec.accuracy = L.Accuracy(scores, spec.label, include=test)
    if net.losses.top5:
        spec["accuracy/top5"] = L.Accuracy(scores, spec.label, top_k=5, include=test)
    return database.layer(training=False)


def solver_text(net: ZooNet) -> str:
    fields = {"net": "train.prototxt", **net.solver, "snapshot_prefix": net.name.rpartition("/")[2]}
    lines = [f"# How {net.title} is trained; README.md says what of the paper's recipe this carries.\n"]
    for name, value in fields.items():
        message = caffe_pb2.SolverParameter()
        assign_proto(message, name, value)
        lines.append(format_message(message))
    return "".join(lines)


def text_of(title: str, message: caffe_pb2.NetParameter, head: list[str]) -> str:
    """The text of a net called `title`, below the comments `head`."""
    comments = "".join(f"# {line}\n" for line in head)
    message.name = title
    return comments + format_message(message)


def written_by(net: ZooNet) -> str:
    return f"Written by `python -m zoo.generate {net.name}`; the Python is in zoo/generate."
