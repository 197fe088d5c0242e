"""A copy of a graph that passes may change, beside the one that the user sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netcc.ir.graph import Graph, Node, Use, Value


@dataclass(frozen=True, eq=False)
class Clone:
    """`graph` is the copy; `values` and `nodes` lead from those of the original to their copies.

    Layers, messages and parameters are the same objects in both. A pass that removes a value points its entry to the
    value that holds the same numbers, or takes it out where no blob holds them any more.
    """

    graph: Graph
    values: dict[Value, Value]
    nodes: dict[Node, Node]


def clone(graph: Graph) -> Clone:
    """A copy of `graph` in which every node knows its place in the original."""
    copy = Graph(graph.name, graph.phase, force_backward=graph.force_backward)
    values: dict[Value, Value] = {}
    nodes: dict[Node, Node] = {}
    for place, node in enumerate(graph.nodes):
        twin = replace(
            node,
            inputs=[values[value] for value in node.inputs],
            outputs=[],
            parameters=list(node.parameters),
            propagate=list(node.propagate),
            learn=list(node.learn),
            place=place,
            absorbed=[],
        )
        for index, value in enumerate(twin.inputs):
            value.uses.append(Use(twin, index))
        for value in node.outputs:
            values[value] = replace(value, producer=twin, uses=[])
            twin.outputs.append(values[value])
        nodes[node] = twin
        copy.nodes.append(twin)
    return Clone(copy, values, nodes)
