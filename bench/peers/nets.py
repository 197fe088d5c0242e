"""The nets of the comparison, for inference and for training, as netcc's own graphs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netcc.compiler import bind_net, shaped_graph
from netcc.ir.graph import Graph
from netcc.passes.gradients import mark_gradients
from netcc.schema import caffe_pb2
from netcc.schema.select import select
from netcc.types import TEST, TRAIN, Shape

ZOO = Path(__file__).resolve().parents[2] / "zoo"


@dataclass(frozen=True)
class Case:
    """A net of the zoo at a batch size; `image` is the shape of one input, `classes` how many labels there are."""

    name: str
    folder: str
    batch: int
    image: Shape
    classes: int

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"data": (self.batch, *self.image)}


CASES = {
    case.folder: case
    for case in (
        Case("LeNet", "lenet", 64, (1, 28, 28), 10),
        Case("CIFAR-10 quick", "cifar10_quick", 100, (3, 32, 32), 10),
        Case("AlexNet", "alexnet", 16, (3, 227, 227), 1000),
        Case("VGG-16", "vgg16", 4, (3, 224, 224), 1000),
        Case("GoogLeNet", "googlenet", 8, (3, 224, 224), 1000),
        Case("ResNet-50", "resnet50", 8, (3, 224, 224), 1000),
        Case("MobileNet-v1", "mobilenet_v1", 8, (3, 224, 224), 1000),
        Case("SqueezeNet 1.1", "squeezenet_1_1", 8, (3, 227, 227), 1000),
    )
}


def inference_net(case: Case) -> caffe_pb2.NetParameter:
    """The deploy net."""
    return bind_net(ZOO / case.folder / "deploy.prototxt").message


def training_net(case: Case, *, dropout: bool = True) -> caffe_pb2.NetParameter:
    """The training net, its data layers replaced by inputs; without `dropout` nothing is dropped."""
    found = bind_net(ZOO / case.folder / "train.prototxt").message
    net = caffe_pb2.NetParameter(name=found.name)
    data = net.layer.add(name="data", type="Input", top=["data", "label"])
    for shape in ((case.batch, *case.image), (case.batch,)):
        data.input_param.shape.add(dim=shape)
    for layer in found.layer:
        if layer.type == "Data" or (layer.type == "Dropout" and not dropout):
            continue
        net.layer.add().CopyFrom(layer)
    return net


def shaped(net: caffe_pb2.NetParameter, case: Case, *, training: bool) -> Graph:
    """The graph of `net` as its author wrote it: shapes and gradients known, nothing changed for speed."""
    graph = shaped_graph(select(bind_net(net), TRAIN if training else TEST), case.shapes)
    mark_gradients(graph)
    return graph


def operations(graph: Graph, *, training: bool) -> int:
    """Floating-point operations of one pass, counted directly: two for each multiply-accumulate of the products.

    Training counts the gradients that are wanted too, each as dear as the forward pass.
    """
    total = 0
    for node in graph.nodes:
        passes = 1 + (any(node.learn) + any(node.propagate) if training else 0)
        total += 2 * node.signature.macs * passes
    return total
