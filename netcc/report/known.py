"""All shapes of a net that can be known although some of its layers cannot be made."""

from __future__ import annotations

from collections.abc import Mapping

from netcc.errors import NetccError
from netcc.ir.build import build_partial
from netcc.ir.graph import Node, Parameter
from netcc.ir.table import ShapeTable, shape_table
from netcc.layers.opaque import Opaque
from netcc.passes.shapes import Probe, check_given, infer_node
from netcc.schema.select import Definition
from netcc.types import Shape


def known_table(definition: Definition, given: Mapping[str, Shape], probe: Probe) -> ShapeTable:
    """The table of a net with faulty layers; those layers and all that depends on them have unknown shapes.

    `given` may have shapes of the tops of layers of unknown type too. Raises UsageError for a name in it that is no
    such top and none of a source.
    """
    partial = build_partial(definition)
    check_given(partial.graph, given)
    faults, unknown = list(partial.faults), set(partial.broken)
    shared: dict[str, Parameter] = {}
    for node in partial.graph.nodes:
        if node in unknown or not _answerable(node, unknown, given):
            unknown.add(node)
            continue
        try:
            infer_node(node, given, probe, shared)
        except NetccError as error:
            faults += error.diagnostics
            unknown.add(node)
    return shape_table(partial.graph, unknown, faults)


def _answerable(node: Node, unknown: set[Node], given: Mapping[str, Shape]) -> bool:
    """Whether all is known that the shapes of `node` follow from."""
    if isinstance(node.layer, Opaque):
        return all(value.name in given for value in node.outputs)
    return all(value.producer not in unknown for value in node.inputs)
