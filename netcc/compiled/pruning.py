"""What of a net is needed to infer: the blobs that come out, and the layers that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netcc.deploy.activations import Activation, in_use
from netcc.deploy.predictions import needed, predictions
from netcc.errors import UsageError, closest
from netcc.ir.graph import Graph, Node, Value, is_automatic
from netcc.layers.base import SourceLayer

MOST_BLOBS = 12
"""So many blobs, the last ones, are named where a name is not near any."""

Keep: TypeAlias = Sequence[str] | Literal["all"] | None
"""Names of the blobs that come out; "all" for all of them; None for what `netcc deploy` keeps."""


HINT = "name the blobs that are to come out: --keep, or keep=[...] in Python"


@dataclass(frozen=True)
class Part:
    """The layers that `outputs` need, in the order of the net.

    The caller gives the tops of those that are `fed`; `added` are those that losses had inside.
    """

    outputs: list[Value]
    nodes: list[Node]
    fed: set[Node]
    added: list[Activation]


def kept_part(graph: Graph, keep: Keep = None) -> Part:
    """What a compiled `graph` gives out, and what that needs: blobs by name, or all, or what a net in use gives.

    The last is what `netcc deploy` makes of the net, and may have layers more than `graph`.
    Raises UsageError for a name that the net has not, GraphError where nothing would come out.
    """
    if keep is None:
        used = in_use(graph, HINT)
        return part_of(used.graph, used.outputs, used.added)
    return part_of(graph, _named(graph, keep))


def values_to_keep(graph: Graph, keep: Keep) -> list[Value]:
    """What leads to the outputs of `kept_part`, for a graph whose shapes need not all be known. Raises as that."""
    return [item.value for item in predictions(graph, hint=HINT)] if keep is None else _named(graph, keep)


def part_of(graph: Graph, outputs: list[Value], added: Sequence[Activation] = ()) -> Part:
    """The part of `graph` that `outputs` need."""
    wanted = needed(outputs)
    nodes = [node for node in graph.nodes if node in wanted]
    return Part(outputs, nodes, fed(nodes), list(added))


def _named(graph: Graph, keep: Sequence[str] | Literal["all"]) -> list[Value]:
    blobs = {name: value for name, value in graph.blobs().items() if not is_automatic(value)}
    if keep == "all":
        given = fed(graph.nodes)
        return [value for value in blobs.values() if value.producer not in given]
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


def fed(nodes: Sequence[Node]) -> set[Node]:
    """Those of `nodes` whose tops the caller of a compiled net gives: inputs, and layers that bring data from outside.

    Layers that make their data by themselves stand for data where there are no others.
    """
    sources = [node for node in nodes if not node.inputs and node.layer.brings_data]
    outside = {node for node in sources if not (isinstance(node.layer, SourceLayer) and node.layer.makes_data)}
    return outside or set(sources)
