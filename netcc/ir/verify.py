"""The laws of the graph, checked between passes in tests and with `--verify`. A breach is a fault of netcc itself."""

from __future__ import annotations

from collections.abc import Iterator

from netcc.ir.graph import Graph, Node, Value


class BrokenLaw(AssertionError):  # noqa: N818  # the name says what happened
    """A stage left behind something that its law forbids."""


def verify_graph(graph: Graph) -> None:
    """Raises BrokenLaw with all breaches: reading before writing, wrong use lists, missing shapes or flags."""
    breaches = list(_breaches(graph))
    if breaches:
        raise BrokenLaw("\n".join(breaches))


def _breaches(graph: Graph) -> Iterator[str]:
    produced: set[Value] = set()
    for node in graph.nodes:
        for index, value in enumerate(node.inputs):
            if value not in produced:
                yield f"{node!r} reads {value!r} before it is produced"
            if not any(use.node is node and use.index == index for use in value.uses):
                yield f"{value!r} does not know that {node!r} reads it as bottom {index}"
        for index, value in enumerate(node.outputs):
            if value.producer is not node or value.index != index:
                yield f"{value!r} does not know that {node!r} produces it as top {index}"
            produced.add(value)
        yield from _signature_breaches(node)


def _signature_breaches(node: Node) -> Iterator[str]:
    shapes = tuple(value.shape for value in node.outputs)
    if shapes != node.signature.tops:
        yield f"{node!r} has tops of shapes {shapes}, its signature says {node.signature.tops}"
    if len(node.parameters) != len(node.signature.parameters):
        yield f"{node!r} has {len(node.parameters)} parameters, its signature {len(node.signature.parameters)}"
    if len(node.propagate) != len(node.inputs) or len(node.learn) != len(node.parameters):
        yield f"{node!r} lacks gradient flags"
    if any(value.needs_gradient is False for value in node.outputs) and node.runs_backward:
        yield f"{node!r} runs backward without the gradient of a top"
