"""Which nodes give the same in every pass, as long as nobody changes a parameter."""

from __future__ import annotations

from netcc.ir.graph import Graph, Node
from netcc.targets.options import Options


def constant_nodes(graph: Graph, options: Options) -> set[Node]:
    """Nodes that look at no data: by what they are, or since all that they read is constant.

    Not those that make an output of the net, which is handed out after every pass, and none where all blobs are kept,
    since users may write to any of them, nor in training or where memory is short.
    """
    found: set[Node] = set()
    if not options.optimize or not options.whole or options.keep_all or options.derives_in_passes:
        return found
    for node in graph.nodes:
        read = all(value.uses for value in node.outputs)
        if node.outputs and read and (_is_constant(node) or _is_function_of(node, found)):
            found.add(node)
    return found


def _is_constant(node: Node) -> bool:
    return node.layer.is_constant() and not node.absorbed


def _is_function_of(node: Node, producers: set[Node]) -> bool:
    parts = (node, *node.absorbed)
    functions = not node.layer.dynamic and all(part.layer.is_function() for part in parts)
    return functions and all(value.producer in producers for value in node.inputs)
