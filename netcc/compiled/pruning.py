"""What of a net is needed to infer: the blobs that come out, and the layers that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from netcc.errors import GraphError, UsageError, closest
from netcc.ir.graph import Graph, Node, Value, is_automatic
from netcc.layers.base import SourceLayer

MOST_BLOBS = 12
"""So many blobs, the last ones, are named where a name is not near any."""

Keep: TypeAlias = Sequence[str] | Literal["all"] | None
"""Names of the blobs that come out; "all" for all of them; None for what the net is there to compute."""


def outputs_to_keep(graph: Graph, keep: Keep = None) -> list[Value]:
    """The blobs that a compiled `graph` gives out: those named, or all, or those that `default_outputs` finds.

    Raises UsageError for a name that the net has not, GraphError where nothing would come out.
    """
    if keep is None:
        return default_outputs(graph)
    blobs = {name: value for name, value in graph.blobs().items() if not is_automatic(value)}
    if keep == "all":
        return [value for value in blobs.values() if not is_fed(value.producer)]
    if isinstance(keep, str):
        raise UsageError(f"keep is {keep!r}; expected a list of names of blobs, or 'all'")
    if not keep:
        raise UsageError("keep names no blob", notes=["leave it out, or name the blobs that are to come out"])
    for name in keep:
        if name not in blobs:
            near = closest(name, blobs)
            notes = [] if near else [f"its blobs: {', '.join([*blobs][-MOST_BLOBS:])}"]
            raise UsageError(f"the net has no blob {name!r} to keep", notes=notes, suggestion=near)
    return [blobs[name] for name in dict.fromkeys(keep)]


def default_outputs(graph: Graph) -> list[Value]:
    """The outputs of a net without its losses and metrics: the blobs that only these, or no layer, read.

    What such a layer compares with (labels, and what is made of them) does not come out.
    Raises GraphError where nothing is left.
    """
    dropped = _judges(graph)
    learned = _learned(graph)
    found = []
    for node in graph.nodes:
        if node in dropped or isinstance(node.layer, SourceLayer):
            continue
        for value in node.outputs:
            is_end = not value.uses
            is_judged = all(use.node in dropped for use in value.uses) and value in learned
            if is_end or is_judged:
                found.append(value)
    if not found:
        raise GraphError(
            "nothing is left of the net without its losses and metrics",
            notes=["name the blobs that are to come out: --keep, or keep=[...] in Python"],
        )
    return sorted(found, key=lambda value: value.name)


def _judges(graph: Graph) -> set[Node]:
    """The layers that only say how good the net is, or give out nothing, and those that only lead there."""
    found: set[Node] = set()
    for node in reversed(graph.nodes):
        judges = node.layer.is_loss or node.layer.is_metric or any(value.loss_weight for value in node.outputs)
        silent = not node.outputs
        unread = all(use.node in found for value in node.outputs for use in value.uses)
        if (judges or silent) and unread:
            found.add(node)
    return found


def _learned(graph: Graph) -> set[Value]:
    """The values that parameters had a part in."""
    found: set[Value] = set()
    for node in graph.nodes:
        if node.parameters or any(value in found for value in node.inputs):
            found.update(node.outputs)
    return found


def needed_nodes(graph: Graph, outputs: Sequence[Value]) -> list[Node]:
    """The nodes without which `outputs` cannot be computed, in the order of the graph."""
    wanted = {value.producer for value in outputs}
    for node in reversed(graph.nodes):
        if node in wanted:
            wanted.update(value.producer for value in node.inputs)
    return [node for node in graph.nodes if node in wanted]


def is_fed(node: Node) -> bool:
    """Whether the caller of a compiled net gives what the layer gives: inputs, and data layers that read files."""
    return isinstance(node.layer, SourceLayer) and not node.layer.makes_data
