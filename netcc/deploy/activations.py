"""What a loss makes of a prediction before it compares, as a layer of its own: a net in use gives probabilities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from netcc.deploy.predictions import Prediction, needed, predictions
from netcc.ir.clone import clone
from netcc.ir.graph import Graph, Node, Value
from netcc.layers.registry import layer_class
from netcc.passes.shapes import infer_node
from netcc.schema import caffe_pb2

PROBABILITIES = "prob"
"""What the tops of added layers are called, as in the nets that come with Caffe."""


@dataclass(frozen=True)
class Activation:
    """A layer that reads a prediction; `loss` has it inside."""

    message: caffe_pb2.LayerParameter
    value: Value
    loss: Node

    def __str__(self) -> str:
        return f"{self.message.type} {self.message.name!r} of {self.value.name!r}"


def activations(kept: Collection[Node], wanted: Sequence[Prediction]) -> list[Activation]:
    """The layers that make of predictions what losses make of them, but those that are among `kept` already."""
    taken = {value.name for node in kept for value in node.outputs} | {node.name for node in kept}
    found: list[Activation] = []
    missing = [item for item in wanted if item.loss is not None and _is_missing(item, kept)]
    for prediction in missing:
        assert prediction.loss is not None
        blob = prediction.value.name
        name = PROBABILITIES if len(missing) == 1 else f"{blob}_{PROBABILITIES}"
        while name in taken:
            name += "_"
        taken.add(name)
        message = caffe_pb2.LayerParameter(name=name, type=prediction.activation, bottom=[blob], top=[name])
        axis = prediction.loss.message.softmax_param.axis
        if message.type == "Softmax" and axis != caffe_pb2.SoftmaxParameter().axis:
            message.softmax_param.axis = axis
        found.append(Activation(message, prediction.value, prediction.loss))
    return found


def _is_missing(prediction: Prediction, kept: Collection[Node]) -> bool:
    kind = prediction.activation
    return bool(kind) and not any(use.node.type == kind and use.node in kept for use in prediction.value.uses)


@dataclass(frozen=True)
class InUse:
    """A net with what it gives in use: a copy of its graph in which predictions have their activations."""

    graph: Graph
    outputs: list[Value]
    added: list[Activation]


def in_use(graph: Graph, hint: str) -> InUse:
    """What `graph` predicts, by the rule that `netcc deploy` follows: values that no layer needed for them reads.

    `hint` says how blobs are named where that cannot be told. Raises GraphError as `predictions`.
    """
    copy = clone(graph).graph
    wanted = predictions(copy, hint=hint)
    kept = needed(prediction.value for prediction in wanted)
    added = activations(kept, wanted)
    outputs = [_append(copy, activation) for activation in added]
    inner = kept | {value.producer for value in outputs}
    values = [prediction.value for prediction in wanted]
    outputs += [value for value in values if not any(use.node in inner for use in value.uses)]
    return InUse(copy, sorted(outputs, key=lambda value: value.name), added)


def _append(graph: Graph, activation: Activation) -> Value:
    """Adds the layer to the graph; what it gives."""
    message = activation.message
    (value,) = graph.append(layer_class(message.type).from_message(message, graph.phase), message, [activation.value])
    infer_node(value.producer, {}, None, {})
    return value
