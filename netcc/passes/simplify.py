"""Layers that change nothing are taken out of a plan for inference: Dropout in TEST, Split."""

from __future__ import annotations

from netcc.ir.clone import Clone
from netcc.ir.graph import Node, Use, Value


def simplify(copy: Clone) -> None:
    """Lets the readers of such layers read their bottom instead, in place."""
    graph = copy.graph
    gone: dict[Value, Value] = {}
    for node in graph.nodes:
        if node.layer.is_identity() and _removable(node):
            _bypass(node, gone)
    graph.nodes[:] = [node for node in graph.nodes if not any(value in gone for value in node.outputs)]
    for value, twin in copy.values.items():
        while twin in gone:
            twin = gone[twin]
        copy.values[value] = twin


def _removable(node: Node) -> bool:
    """An output of the net stays a blob of its own, and so does what the caller or a reader fills."""
    return all(value.uses and not value.loss_weight for value in node.outputs)


def _bypass(node: Node, gone: dict[Value, Value]) -> None:
    (below,) = node.inputs
    below.uses = [use for use in below.uses if use.node is not node]
    for value in node.outputs:
        gone[value] = below
        for use in value.uses:
            use.node.inputs[use.index] = below
            below.uses.append(Use(use.node, use.index))
