"""A graph as text, for people: one line a layer, then what the passes have found out about it."""

from __future__ import annotations

from collections.abc import Iterator

from netcc.ir.graph import Graph, Node, Parameter, Value


def dump_graph(graph: Graph) -> str:
    """The graph as far as it is known: shapes and parameters if inferred, gradients if marked.

    A blob that is written again in place is another value; it is shown with its version, as `ip1.1`.
    """
    head = f"net {graph.name!r}, phase {graph.phase.name}, {len(graph.nodes)} layers"
    inputs = ", ".join(value.name for value in graph.inputs()) or "none"
    outputs = ", ".join(value.name for value in graph.outputs()) or "none"
    lines = [head, f"inputs: {inputs}", f"outputs: {outputs}"]
    for index, node in enumerate(graph.nodes):
        lines += _node_lines(index, node)
    return "\n".join(lines) + "\n"


def _node_lines(index: int, node: Node) -> Iterator[str]:
    inputs = ", ".join(map(value_name, node.inputs)) or "()"
    outputs = ", ".join(map(_typed, node.outputs)) or "()"
    yield f"{index:4} {node.name} ({node.type}): {inputs} -> {outputs}"
    for parameter in node.parameters:
        yield f"       {_parameter_text(node, parameter)}"
    for value in node.outputs:
        if value.loss_weight:
            yield f"       loss: {value.loss_weight:g} * {value.name}"
    if node.runs_backward:
        yield f"       gradients: {', '.join(_gradients(node)) or 'none'}"


def value_name(value: Value) -> str:
    """The blob's name, with the version if the blob was written before."""
    return f"{value.name}.{value.version}" if value.version else value.name


def _typed(value: Value) -> str:
    shaped = bool(value.producer.signature.tops)
    return f"{value_name(value)} [{' '.join(map(str, value.shape))}]" if shaped else value_name(value)


def _parameter_text(node: Node, parameter: Parameter) -> str:
    shape = " ".join(map(str, parameter.shape))
    rates = f"lr_mult {parameter.lr_mult:g}, decay_mult {parameter.decay_mult:g}"
    owner = "" if parameter.owner is node else f", shared with {parameter.owner.name}"
    return f"{parameter.name} [{shape}] {parameter.filler.type}, {rates}{owner}"


def _gradients(node: Node) -> Iterator[str]:
    for value, wanted in zip(node.inputs, node.propagate, strict=True):
        if wanted:
            yield value_name(value)
    for parameter, wanted in zip(node.parameters, node.learn, strict=True):
        if wanted:
            yield parameter.name
