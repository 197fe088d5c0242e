"""Diffs that a layer only hands on, as a sum does, lie in the memory of the diff that it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netcc.ir.graph import Graph, Node, Value
from netcc.plan.plan import Slot, View
from netcc.targets.base import Target


def share_handed_on(graph: Graph, views: dict[Value, View], targets: Mapping[Node, Target]) -> None:
    """Moves such diffs of `views` where nobody writes over what somebody else still reads."""
    position = {node: index for index, node in enumerate(graph.nodes)}
    users: dict[Slot, list[_User]] = {}
    for node in reversed(graph.nodes):
        for index in targets[node].hands_on:
            below, top = node.inputs[index], node.outputs[0]
            if not node.propagate[index] or not _comes_from(node, below, position) or not _alike(below, top, views):
                continue
            user, others = _user(below, views, targets, position), users.setdefault(views[top].slot, [])
            if all(user.agrees(other, position[node]) for other in others):
                moved = views[below].slot
                views.update((value, views[top]) for value, view in views.items() if view.slot is moved)
                others.append(user)


@dataclass(frozen=True)
class _User:
    """Who shares the memory of a diff, from above down: nodes that write there, and the last that reads.

    They are known by their places in the graph, which count down in the backward pass.
    """

    writes: tuple[int, ...]
    read: int

    def agrees(self, other: _User, place: int) -> bool:
        """Whether neither writes what the other still reads, once the node at `place` has run backward."""
        return self._spares(other, place) and other._spares(self, place)

    def _spares(self, other: _User, place: int) -> bool:
        return other.read >= place or all(write <= other.read for write in self.writes if write <= place)


def _user(
    value: Value, views: Mapping[Value, View], targets: Mapping[Node, Target], position: Mapping[Node, int]
) -> _User:
    """Of the diff of `value`, which its first reader wrote, and of those below that lie in the same memory."""
    writes = sorted(position[use.node] for use in value.uses)[:-1]
    producer = value.producer
    while producer.inputs and producer.inputs[0] in views and views[producer.inputs[0]].slot is views[value].slot:
        writes.append(position[producer])
        producer = producer.inputs[0].producer
    if targets[producer].changes_diff:
        writes.append(position[producer])
    return _User(tuple(writes), position[producer])


def _comes_from(node: Node, below: Value, position: Mapping[Node, int]) -> bool:
    """Whether the diff of `below` is first written by `node`; other readers add to it later."""
    places = [position[use.node] for use in below.uses]
    return not below.loss_weight and places.count(position[node]) == 1 and max(places) == position[node]


def _alike(below: Value, top: Value, views: Mapping[Value, View]) -> bool:
    """Whether the diff of `below`, with all that share its memory, may lie in that of `top`."""
    if below not in views or top not in views or views[below].slot is views[top].slot:
        return False
    if views[below].slot.held or not views[below].dense:
        return False
    sharing = [value for value, view in views.items() if view.slot is views[below].slot]
    return all((value.layout, value.shape) == (top.layout, top.shape) for value in sharing)
