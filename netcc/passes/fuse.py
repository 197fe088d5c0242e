"""Layers that can be computed together with the one before them are joined to it.

What can be joined to what is known to the targets; this pass only looks for neighbours: a layer whose only top has one
reader, and that reader.
"""

from __future__ import annotations

from netcc.ir.clone import Clone
from netcc.ir.graph import Node, Use, Value
from netcc.targets.choose import can_absorb
from netcc.targets.options import Options


def fuse(copy: Clone, options: Options) -> None:
    """Joins neighbours as long as some target wants them, in place.

    The values between joined layers exist no more, nor do the blobs that they were. Where all blobs are kept, only what
    the net's author lets the second layer overwrite is no loss.
    """
    nodes = copy.graph.nodes
    position = {node: index for index, node in enumerate(nodes)}
    lost: set[Value] = set()
    absorbed: set[Node] = set()
    for node in list(nodes):
        while node not in absorbed:
            follower = _follower(node)
            if follower is None or not (_overwrites(node, follower) or not options.keep_all):
                break
            if not _comes_last(node, follower, position) or not can_absorb(node, follower, options):
                break
            lost.add(_join(node, follower))
            absorbed.add(follower)
            position[node] = position[follower]
    nodes[:] = sorted((node for node in nodes if node not in absorbed), key=position.__getitem__)
    for value in [value for value, twin in copy.values.items() if twin in lost]:
        del copy.values[value]


def _follower(node: Node) -> Node | None:
    """The only reader of the only top."""
    if len(node.outputs) != 1 or len(node.outputs[0].uses) != 1 or node.outputs[0].loss_weight:
        return None
    reader = node.outputs[0].uses[0].node
    return reader if len(reader.outputs) == 1 else None


def _overwrites(node: Node, follower: Node) -> bool:
    return node.outputs[0].name == follower.outputs[0].name


def _comes_last(node: Node, follower: Node, position: dict[Node, int]) -> bool:
    """Whether `node` is the last to run of those that `follower` waits for."""
    return all(position.get(value.producer, -1) <= position[node] for value in follower.inputs)


def _join(node: Node, follower: Node) -> Value:
    """Lets `node` stand for both; the other bottoms of `follower` become bottoms of it. Returns the value between."""
    (between,) = node.outputs
    for index, value in enumerate(follower.inputs):
        value.uses = [use for use in value.uses if use.node is not follower or use.index != index]
        if value is not between:
            value.uses.append(Use(node, len(node.inputs)))
            node.inputs.append(value)
            node.propagate.append(bool(follower.propagate) and follower.propagate[index])
    node.absorbed.append(follower)
    node.parameters += follower.parameters
    node.learn += follower.learn
    node.runs_backward = node.runs_backward or follower.runs_backward
    (node.outputs[0],) = follower.outputs
    node.outputs[0].producer = node
    node.place = follower.place
    return between
