"""From a net for training to the net for use: without data, losses and metrics, with inputs and probabilities.

The work is done on the syntax tree, so that names, order and comments stay; what is to go is found in the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from netcc.compiler import shaped_graph
from netcc.deploy.activations import activations
from netcc.deploy.definition import definition_in_use
from netcc.deploy.partial import Known, known_shapes
from netcc.deploy.predictions import Prediction, is_loss, needed, predictions
from netcc.deploy.trim import input_layer, new_layer, trimmed
from netcc.errors import ShapeError, Source
from netcc.ir.graph import Graph, Node, Value
from netcc.passes.shapes import Probe
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.prototxt.tree import Document, Field, Message, Scalar
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundNet, load_net
from netcc.schema.select import select
from netcc.types import Phase, Shape, format_shape

KEPT = frozenset({"name"})
"""Fields of the net itself that mean something in use."""

PLURALS = {
    "data layer": "data layers",
    "loss": "losses",
    "metric": "metrics",
    "layer that only these need": "layers that only these need",
}


@dataclass
class Deployed:
    """The net for use, as text, and what was done: `removed` counts layers by kind, `inputs`, `outputs` are blobs."""

    text: str
    removed: Counter[str] = field(default_factory=Counter)
    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report for users."""
        gone = ", ".join(f"{count} {kind if count == 1 else PLURALS[kind]}" for kind, count in self.removed.items())
        lines = [f"removed: {gone or 'nothing'}"]
        lines += [f"input: {name} {format_shape(shape)}" for name, shape in self.inputs.items()]
        lines += [f"added: {what}" for what in self.added]
        return [*lines, *(f"output: {name} {format_shape(shape)}" for name, shape in self.outputs.items())]


def deploy(
    bound: BoundNet,
    *,
    inputs: Mapping[str, Shape] | None = None,
    outputs: Sequence[str] = (),
    activations: bool = True,
    batch: int | None = None,
    level: int | None = None,
    stages: Sequence[str] = (),
    probe: Probe | None = None,
) -> Deployed:
    """The net for use that `bound`, a net for training, defines.

    `inputs` gives the shapes of data by blob, else `probe` asks the data; `batch` is the number of items at once (one
    by default). `outputs` names the blobs that are wanted, where the losses do not tell; with `activations=False` they
    are scores, without the Softmax or Sigmoid that their losses make of them.
    Raises GraphError where it cannot be told what the net predicts, ShapeError where the shape of an input is unknown.
    """
    definition = definition_in_use(bound, level, stages)
    known = known_shapes(definition, inputs or {}, probe)
    wanted = predictions(known.graph, outputs)
    kept = needed(prediction.value for prediction in wanted)
    known.check(kept)
    if not activations:
        wanted = [Prediction(prediction.value) for prediction in wanted]
    maker = _Maker(bound, known, kept, wanted, batch)
    done = maker.make()
    _check(done)
    return done


class _Maker:
    def __init__(
        self, bound: BoundNet, known: Known, kept: set[Node], wanted: Sequence[Prediction], batch: int | None
    ) -> None:
        self.bound, self.graph, self.kept, self.wanted = bound, known.graph, kept, wanted
        axis = max((node.layer.batch_axis for node in kept), default=0)
        self.resized = _batch_of(1 if batch is None else batch, axis)
        self.done = Deployed("")
        self.carried: list[str] = []

    def make(self) -> Deployed:
        nodes = {id(node.origin.field): node for node in self.graph.nodes if node.origin}
        fields: list[Field] = []
        for item in self.bound.document.root.fields:
            if item.name != "layer":
                fields += [item] if item.name in KEPT else []
                continue
            node = nodes.get(id(item))
            if node is None:
                self._skip(item)
                continue
            if node.inputs or not node.layer.brings_data or node not in self.kept:
                fields += self._layer(node, item)
            else:
                fields += self._inputs(node, item)
        fields += self._activations()
        self.done.removed = Counter({kind: self.done.removed[kind] for kind in PLURALS if self.done.removed[kind]})
        self.done.text = format_document(Document(self.bound.source, Message(_spaced(fields), comments=[])))
        return self.done

    def _skip(self, item: Field) -> None:
        """A layer of another phase: what is said of data there holds for the inputs too."""
        if isinstance(item.value, Message) and item.value.first("bottom") is None and not self.carried:
            self.carried = item.comments

    def _layer(self, node: Node, item: Field) -> list[Field]:
        if node in self.kept:
            return [trimmed(item)]
        kind = "data layer" if not node.inputs else "loss" if is_loss(node) else ""
        kind = kind or ("metric" if node.layer.is_metric else "layer that only these need")
        self.done.removed[kind] += 1
        return []

    def _inputs(self, node: Node, item: Field) -> list[Field]:
        """Input layers for those tops of a data layer that are read; one that is an Input layer already stays."""
        if not node.layer.is_input:
            self.done.removed["data layer"] += 1
        said = item.comments if any(item.comments) else self.carried or item.comments
        comments, self.carried = [*said, *_transform_comment(item)], []
        layers = []
        for value in node.outputs:
            if any(use.node in self.kept for use in value.uses) or self._is_wanted(value):
                shape = value.shape if node.layer.is_input else self.resized(value.shape)
                self.done.inputs[value.name] = shape
                layers.append(input_layer(value.name, shape, comments))
                comments = []
        return layers

    def _is_wanted(self, value: Value) -> bool:
        return any(prediction.value is value for prediction in self.wanted)

    def _activations(self) -> list[Field]:
        """Layers that make of predictions what losses make of them, unless the net has one already."""
        layers = []
        for activation in activations(self.kept, self.wanted):
            message, origin = activation.message, activation.loss.origin
            comments = origin.field.comments if origin else []
            fields = _softmax_fields(message)
            layers.append(new_layer(message.name, message.type, message.bottom, message.name, fields, comments))
            self.done.added.append(str(activation))
        return layers


def _batch_of(batch: int, axis: int) -> Callable[[Shape], Shape]:
    def resized(shape: Shape) -> Shape:
        return (*shape[:axis], batch, *shape[axis + 1 :]) if len(shape) > axis else shape

    return resized


def _softmax_fields(message: caffe_pb2.LayerParameter) -> list[Field]:
    """The axis of a softmax, if it is not the usual one."""
    if not message.HasField("softmax_param"):
        return []
    return [Field("softmax_param", Message([Field("axis", Scalar("number", str(message.softmax_param.axis)))]))]


def _transform_comment(item: Field) -> list[str]:
    """What the data layer did to its data, which is left to the caller from now on."""
    assert isinstance(item.value, Message)
    transform = item.value.first("transform_param")
    if transform is None or not isinstance(transform.value, Message) or not transform.value.fields:
        return []
    parts = [
        f"{part.name}: {part.value.text}" if isinstance(part.value, Scalar) else f"{part.name} {{ ... }}"
        for part in transform.value.fields
    ]
    return [f"# The data were transformed: {' '.join(parts)}"]


def _spaced(fields: Sequence[Field]) -> list[Field]:
    """The fields, of which the first begins without a blank line."""
    if not fields:
        return []
    first, *others = fields
    blank = next((index for index, comment in enumerate(first.comments) if comment), len(first.comments))
    return [Field(first.name, first.value, first.start, first.end, first.comments[blank:], first.trailing), *others]


def _check(done: Deployed) -> None:
    """Compiles the new net; fills in the shapes of its outputs."""
    graph = deployed_graph(done.text)
    done.outputs = {value.name: value.shape for value in graph.outputs()}


def deployed_graph(text: str) -> Graph:
    """The graph of a net for use. Raises ShapeError where the layers do not fit the batch that was asked for."""
    net = load_net(parse(Source("the net for use", text)), unknown="warn")
    try:
        return shaped_graph(select(net, Phase.TEST))
    except ShapeError as error:
        notes = ["--batch N gives another number of items at once, --input NAME=N,C,H,W other shapes"]
        raise error.located(None, *notes) from None
