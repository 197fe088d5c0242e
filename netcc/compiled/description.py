"""A compiled net as plain facts: layers with their attributes, who reads what, shapes. From a graph and back to one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from netcc.compiled.pruning import Keep, kept_part
from netcc.errors import ShapeError
from netcc.ir.graph import Graph, Parameter, Value
from netcc.layers.base import Layer
from netcc.layers.inputs import Input
from netcc.layers.registry import layer_class
from netcc.passes.shapes import infer_shapes
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape, format_shape


@dataclass(frozen=True)
class LayerFacts:
    """One layer. `bottoms` are places in the list of all values, which are the tops of all layers in order;
    `parameters` are places in the list of all parameters."""

    name: str
    layer: Layer
    bottoms: tuple[int, ...]
    tops: tuple[str, ...]
    parameters: tuple[int, ...]
    message: caffe_pb2.LayerParameter
    """What the layer was made from, where its attributes alone cannot tell."""


@dataclass(frozen=True)
class ParameterFacts:
    """One parameter; `layer` is the first that uses it."""

    layer: str
    name: str
    shape: Shape


@dataclass(frozen=True)
class NetFacts:
    """A net. `inputs` have the shapes that it was compiled for; `outputs` are places in the list of values by name."""

    name: str
    phase: Phase
    layers: tuple[LayerFacts, ...]
    parameters: tuple[ParameterFacts, ...]
    inputs: dict[str, Shape]
    outputs: dict[str, int]


def describe(graph: Graph, keep: Keep = None) -> tuple[NetFacts, list[Parameter]]:
    """The facts of the part of `graph` that the blobs to `keep` need, and the parameters in the order of the facts.

    Layers that read data from outside become inputs. Raises UsageError and GraphError as `kept_part`.
    """
    part = kept_part(graph, keep)
    nodes, outputs = part.nodes, part.outputs
    read = {*outputs, *(value for node in nodes for value in node.inputs)}
    parameters = list(dict.fromkeys(parameter for node in nodes for parameter in node.parameters))
    parameter_places = {parameter: place for place, parameter in enumerate(parameters)}
    places: dict[Value, int] = {}
    layers, inputs = [], {}
    for node in nodes:
        tops = node.outputs
        layer = node.layer
        if node in part.fed:
            tops = [value for value in tops if value in read]
            layer = Input(tuple(value.name for value in tops), tuple(value.shape for value in tops))
            inputs.update({value.name: value.shape for value in tops})
        for value in tops:
            places[value] = len(places)
        layers.append(
            LayerFacts(
                node.name,
                layer,
                tuple(places[value] for value in node.inputs),
                tuple(value.name for value in tops),
                tuple(parameter_places[parameter] for parameter in node.parameters),
                node.message,
            )
        )
    facts = NetFacts(
        graph.name,
        graph.phase,
        tuple(layers),
        tuple(ParameterFacts(item.owner.name, item.name, item.shape) for item in parameters),
        inputs,
        {value.name: places[value] for value in outputs},
    )
    return facts, parameters


@dataclass(frozen=True)
class Laid:
    """A graph made from facts for one set of input shapes, and where its inputs, outputs and parameters are."""

    graph: Graph
    inputs: dict[str, Value]
    outputs: dict[str, Value]
    parameters: list[Parameter]


def lay_out(
    facts: NetFacts, shapes: Mapping[str, Shape], measured: Mapping[int, tuple[Shape, ...]] | None = None
) -> Laid:
    """The graph of `facts` with the inputs in `shapes`; `measured` has shapes of dynamic layers by their places.

    An output that layers of the net read too is read once more, by a Split at the end: so it outlives the pass.
    Raises ShapeError where the shapes do not fit the layers or the parameters.
    """
    graph = Graph(facts.name, facts.phase)
    values: list[Value] = []
    uses = Counter(place for layer in facts.layers for place in layer.parameters)
    for layer in facts.layers:
        values += graph.append(layer.layer, _message(layer, uses), [values[place] for place in layer.bottoms])
    inputs = {value.name: value for value in graph.inputs()}
    outputs = {}
    for name, place in facts.outputs.items():
        value = values[place]
        if value.uses:
            message = caffe_pb2.LayerParameter(name=f"{name} (kept)", type="Split", top=[name])
            (value,) = graph.append(layer_class("Split").from_message(message, facts.phase), message, [value])
        outputs[name] = value
    infer_shapes(graph, shapes, measured=measured)
    return Laid(graph, inputs, outputs, _parameters(graph, facts))


def _message(layer: LayerFacts, uses: Mapping[int, int]) -> caffe_pb2.LayerParameter:
    """What passes read of a layer beside its attributes: its name, and by `uses` which parameters it shares."""
    message = caffe_pb2.LayerParameter(name=layer.name, type=layer.layer.type, top=layer.tops)
    if any(uses[place] > 1 for place in layer.parameters):
        for place in layer.parameters:
            message.param.add(name=f"parameter {place}", share_mode=caffe_pb2.ParamSpec.PERMISSIVE)
    return message


def _parameters(graph: Graph, facts: NetFacts) -> list[Parameter]:
    """The parameters of `graph` in the order of the facts. Raises ShapeError where their shapes have become others."""
    found: dict[int, Parameter] = {}
    for node, layer in zip(graph.nodes, facts.layers, strict=False):
        if len(node.parameters) != len(layer.parameters):
            raise ShapeError(
                f"layer {layer.name!r} has {len(layer.parameters)} parameters, but {node.type} takes "
                f"{len(node.parameters)} here"
            )
        for place, parameter in zip(layer.parameters, node.parameters, strict=True):
            found.setdefault(place, parameter)
    for place, known in enumerate(facts.parameters):
        if found[place].shape != known.shape:
            raise ShapeError(
                f"layer {known.layer!r}, {known.name}: these input shapes need {format_shape(found[place].shape)}, "
                f"the net has {format_shape(known.shape)}"
            )
    return [found[place] for place in range(len(facts.parameters))]
