"""As many shapes of a net as can be known: labels, say, have none where no data are at hand, and need none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from netcc.errors import NetccError
from netcc.ir.build import build
from netcc.ir.graph import Graph, Node, Parameter, Value
from netcc.layers.base import SourceLayer
from netcc.passes.shapes import Probe, check_given, infer_node
from netcc.schema.select import Definition
from netcc.types import Shape


@dataclass
class Known:
    """A graph; `faults` say why the values in it have no shape. A value that follows from them is there as well."""

    graph: Graph
    faults: dict[Value, NetccError] = field(default_factory=dict)

    def check(self, nodes: Collection[Node]) -> None:
        """Raises the fault of the first value of one of `nodes` that another of them, or nobody, reads."""
        wanted = {
            value: fault
            for value, fault in self.faults.items()
            if value.producer in nodes and (not value.uses or any(use.node in nodes for use in value.uses))
        }
        for value, fault in wanted.items():
            _ask_for(value.producer, wanted)
            raise fault


def known_shapes(definition: Definition, given: Mapping[str, Shape], probe: Probe | None) -> Known:
    """The graph of `definition`, with shapes as far as `given` and `probe` tell those of its data.

    A layer that brings data in Python, or is of an unknown type, need not be there if the shapes are given.
    Raises GraphError where layers do not join.
    """
    known = Known(build(definition, given))
    check_given(known.graph, given)
    shared: dict[str, Parameter] = {}
    for node in known.graph.nodes:
        unknown = next((known.faults[value] for value in node.inputs if value in known.faults), None)
        if unknown is None:
            try:
                infer_node(node, given, probe, shared)
                continue
            except NetccError as error:
                unknown = error
        known.faults.update((value, unknown) for value in node.outputs if not _is_given(node, value, given))
    return known


def _ask_for(node: Node, wanted: Collection[Value]) -> None:
    """Raises the fault of a data layer as if the shapes of the tops that are not `wanted` were known."""
    if isinstance(node.layer, SourceLayer):
        infer_node(node, {value.name: (1,) for value in node.outputs if value not in wanted}, None, {})


def _is_given(node: Node, value: Value, given: Mapping[str, Shape]) -> bool:
    """Whether the user told the shape of a top of a data layer, if not that of the others; it is set then."""
    if not isinstance(node.layer, SourceLayer) or value.name not in given:
        return False
    value.shape = given[value.name]
    return True
