"""Which gradients are worth computing. Behaves as the second half of Net::Init in src/caffe/net.cpp.

A gradient is computed where something below learns and something above is a loss; `propagate_down` cuts or forces it
bottom by bottom, and `force_backward` asks for all that layers can give.
"""

from __future__ import annotations

from netcc.ir.graph import Graph, Node, Value


def mark_gradients(graph: Graph) -> None:
    """Sets `Node.propagate`, `Node.learn`, `Node.runs_backward` and `Value.needs_gradient`, in place."""
    _mark_learning(graph)
    _prune_without_loss(graph)
    if graph.force_backward:
        _force(graph)
    for node in graph.nodes:
        for value in node.outputs:
            wanted = any(use.node.propagate[use.index] for use in value.uses)
            value.needs_gradient = node.runs_backward or wanted


def _mark_learning(graph: Graph) -> None:
    """From the data upwards: a gradient is of use where a parameter at or below the layer learns."""
    useful: set[Value] = set()
    for node in graph.nodes:
        flags = list(node.message.propagate_down)
        node.propagate = [
            flags[i] if flags else value in useful and node.layer.gradient_by_default(i)
            for i, value in enumerate(node.inputs)
        ]
        node.learn = [parameter.learns for parameter in node.parameters]
        node.runs_backward = any(node.propagate) or any(node.learn)
        if node.runs_backward:
            useful.update(node.outputs)


def _prune_without_loss(graph: Graph) -> None:
    """From the losses downwards: a node from which gradients reach no loss need not run backward."""
    reached: set[Value] = set()
    for node in reversed(graph.nodes):
        if not any(value.loss_weight or value in reached for value in node.outputs):
            _switch_off(node)
        reached.update(value for value, wanted in zip(node.inputs, node.propagate, strict=True) if wanted)


def _switch_off(node: Node) -> None:
    node.propagate = [False] * len(node.inputs)
    node.learn = [False] * len(node.parameters)
    node.runs_backward = False


def _force(graph: Graph) -> None:
    for node in graph.nodes:
        node.propagate = [wanted or node.layer.gradient_allowed(i) for i, wanted in enumerate(node.propagate)]
        node.learn = [spec.learns for spec in node.signature.parameters]
        node.runs_backward = bool(node.inputs or node.parameters)
