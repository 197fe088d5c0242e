"""From the definition of one phase to the graph: who reads what. Behaves as Net::Init of src/caffe/net.cpp."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from netcc.errors import Diagnostic, GraphError, LayerError, NetccError, closest
from netcc.ir.graph import AUTOMATIC, Graph, Node, Use, Value
from netcc.layers.base import SourceLayer
from netcc.layers.opaque import Opaque
from netcc.layers.registry import UnknownTypeError, layer_class
from netcc.schema import caffe_pb2
from netcc.schema.select import Definition, LayerDefinition
from netcc.types import Phase


def build(definition: Definition, given: Collection[str] = ()) -> Graph:
    """Makes the nodes, joins bottoms to the values they read, and sets loss weights.

    A layer for data of a type that netcc cannot make (Python where it is not allowed, say) is there as `Opaque` if one
    of its tops is among `given`, whose shapes the user tells.
    Raises GraphError with all faults found: unknown types, bottoms that nothing produces, tops produced twice, wrong
    numbers of bottoms, tops, params, loss weights or propagate_down flags, attributes that make no sense.
    """
    partial = build_partial(definition, given)
    if partial.faults:
        raise GraphError(partial.faults)
    return partial.graph


@dataclass(frozen=True)
class PartialGraph:
    """What could be made of a net with faults: `broken` are the nodes that have them.

    A layer that could not be made at all is there as `Opaque`; a bottom that nothing produces is left out.
    """

    graph: Graph
    broken: set[Node]
    faults: list[Diagnostic]


def build_partial(definition: Definition, given: Collection[str] = ()) -> PartialGraph:
    """As `build`, but faults are returned beside what could be made."""
    graph = Graph(definition.name, definition.phase, force_backward=definition.force_backward)
    builder = _Builder(graph, definition, given)
    for layer in definition.layers:
        builder.add(layer)
    return PartialGraph(graph, builder.broken, builder.faults)


class _Builder:
    def __init__(self, graph: Graph, definition: Definition, given: Collection[str]) -> None:
        self.graph = graph
        self.definition = definition
        self.given = given
        self.current: dict[str, Value] = {}
        self.faults: list[Diagnostic] = []
        self.broken: set[Node] = set()

    def add(self, definition: LayerDefinition) -> None:
        message = definition.message
        if self._is_told(message):
            node = Node(message.name, Opaque(), message, definition.origin)
        else:
            node = self._made(definition)
        faults = list(self._join(node))
        faults += _check_counts(node)
        if faults:
            self.broken.add(node)
        self.faults += faults
        self.graph.nodes.append(node)

    def _is_told(self, message: caffe_pb2.LayerParameter) -> bool:
        """Whether the layer is for data that the user tells of, and netcc cannot make it, or only by running code."""
        if message.bottom or not any(top in self.given for top in message.top):
            return False
        try:
            kind = layer_class(message.type)
        except UnknownTypeError:
            return True
        return kind.brings_data and not issubclass(kind, SourceLayer)

    def _made(self, definition: LayerDefinition) -> Node:
        try:
            return make_node(definition, self.graph.phase)
        except NetccError as error:
            self.faults += error.diagnostics
            return Node(definition.message.name, Opaque(), definition.message, definition.origin)

    def _join(self, node: Node) -> Iterator[Diagnostic]:
        for index, name in enumerate(node.message.bottom):
            value = self.current.get(name)
            if value is not None:
                node.inputs.append(value)
                value.uses.append(Use(node, index))
            else:
                yield self._unknown_bottom(node, index, name)
        for index, name in enumerate(node.message.top):
            fault = self._check_top(node, index, name)
            if fault:
                yield fault
            before = self.current.get(name)
            value = Value(name, node, index, version=before.version + 1 if before else 0)
            node.outputs.append(value)
            self.current[name] = value
        if node.layer.is_loss:
            while len(node.outputs) < node.layer.tops.least:
                node.outputs.append(Value(AUTOMATIC, node, len(node.outputs)))
        _set_loss_weights(node)

    def _unknown_bottom(self, node: Node, index: int, name: str) -> Diagnostic:
        later = any(name in layer.message.top for layer in self.definition.layers)
        notes = ("a later layer produces it; layers stand in the order in which they run",) if later else ()
        return Diagnostic(
            f"unknown bottom blob {name!r} (layer {node.name!r}, bottom index {index})",
            node.span("bottom", str(index)),
            notes,
            None if later else closest(name, self.current),
        )

    def _check_top(self, node: Node, index: int, name: str) -> Diagnostic | None:
        before = self.current.get(name)
        if before is None:
            return None
        bottoms = list(node.message.bottom)
        if index < len(bottoms) and bottoms[index] == name:
            others = [use.node.name for use in before.uses if use.node is not node]
            if not others:
                return None
            problem = f"layer {node.name!r} overwrites blob {name!r} in place, but layer {others[0]!r} reads it too"
            return Diagnostic(problem, node.span("top", str(index)), ("give its top a name of its own",))
        return Diagnostic(
            f"top blob {name!r} is produced by two layers, {before.producer.name!r} and {node.name!r}",
            node.span("top", str(index)),
            ("a layer may write over a blob only in place: as bottom and top of the same index",),
        )


def make_node(definition: LayerDefinition, phase: Phase) -> Node:
    """The node of one layer, not yet joined. Raises LayerError with the position of the offending field."""
    message, origin = definition.message, definition.origin
    try:
        layer = layer_class(message.type).from_message(message, phase)
    except LayerError as error:
        span = origin.span(*error.field) if origin else None
        raise error.located(span, f"in layer {message.name!r}") from error.__cause__
    return Node(message.name, layer, message, origin)


def _check_counts(node: Node) -> Iterator[Diagnostic]:
    message, layer = node.message, node.layer
    for what, count, given in (("bottom", layer.bottoms, len(message.bottom)), ("top", layer.tops, len(node.outputs))):
        if not count.allows(given):
            plural = "" if str(count) == "1" else "s"
            text = f"layer {node.name!r}: {node.type} takes {count} {what} blob{plural}, found {given}"
            yield Diagnostic(text, node.span(what))
    if message.propagate_down and len(message.propagate_down) != len(message.bottom):
        text = f"layer {node.name!r}: propagate_down is given {len(message.propagate_down)} times for"
        yield Diagnostic(f"{text} {len(message.bottom)} bottoms", node.span("propagate_down"))
    if message.loss_weight and len(message.loss_weight) != len(node.outputs):
        text = f"layer {node.name!r}: loss_weight is given {len(message.loss_weight)} times for"
        notes = ("give it once for each top, or not at all",)
        yield Diagnostic(f"{text} {len(node.outputs)} tops", node.span("loss_weight"), notes)
    if layer.one_top_per_bottom and len(message.bottom) != len(message.top):
        text = f"layer {node.name!r}: {node.type} gives one top for each bottom,"
        yield Diagnostic(f"{text} found {len(message.bottom)} bottoms and {len(message.top)} tops", node.span("top"))


def _set_loss_weights(node: Node) -> None:
    weights = list(node.message.loss_weight)
    for index, value in enumerate(node.outputs):
        if weights:
            value.loss_weight = weights[index] if index < len(weights) else 0.0
        elif node.layer.is_loss and index == 0:
            value.loss_weight = 1.0
