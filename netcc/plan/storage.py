"""Which values share memory: layers in place, and layers whose tops are views of their bottom.

Sharing is a fact of storage, not of the graph. A write in place is granted only where nobody needs the old contents any
more, so results never depend on it.
"""

from __future__ import annotations

from netcc.ir.graph import Graph, Node, Value
from netcc.plan.plan import Slot, View, new_slot


def assign_data(graph: Graph, *, keep_all: bool, gradients: bool) -> dict[Value, View]:
    """A view of memory for every value.

    With `keep_all` a blob shares memory only where the net's author wrote in place (or the layer is a mere view, as
    in Caffe), so that every blob can be looked at after a pass. `gradients` says whether backward will follow.
    """
    views: dict[Value, View] = {}
    members: dict[Slot, list[Value]] = {}
    position = {node: index for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        for index, value in enumerate(node.outputs):
            slot = None
            if node.inputs:
                below = views[node.inputs[0]].slot
                if node.layer.is_view or (
                    _may_write(node, index, keep_all)
                    and all(_free_after(old, node, position, gradients) for old in members[below])
                ):
                    slot = below
            if slot is None:
                held = keep_all or node.layer.from_outside or not value.uses
                views[value] = new_slot(value.name, "data", value.shape, held=held)
                members[views[value].slot] = [value]
            else:
                slot.held = slot.held or not value.uses
                views[value] = View(slot, value.shape)
                members[slot].append(value)
    return views


def _may_write(node: Node, index: int, keep_all: bool) -> bool:
    """Whether top `index` may be written over bottom 0 as far as the layer and the user's view are concerned."""
    if index != 0 or not node.layer.in_place or node.inputs[0].producer.layer.from_outside:
        return False
    return node.in_place(0) or not keep_all


def _free_after(value: Value, writer: Node, position: dict[Node, int], gradients: bool) -> bool:
    """Whether nobody looks at `value` once `writer` has run."""
    now = position[writer]
    if any(position[use.node] > now for use in value.uses):
        return False
    return not (gradients and needed_by_backward(value))


def needed_by_backward(value: Value) -> bool:
    """Whether a backward kernel reads the forward contents of `value`."""
    if value.producer.runs_backward and value.index in value.producer.layer.needs().tops:
        return True
    return any(use.node.runs_backward and use.index in use.node.layer.needs().bottoms for use in value.uses)


def assign_diffs(graph: Graph, data: dict[Value, View], *, keep_all: bool) -> dict[Value, View]:
    """A view of memory for the diff of every value that needs one; shared where the data is, if it may be."""
    views: dict[Value, View] = {}
    for node in graph.nodes:
        for value in node.outputs:
            if not value.needs_gradient:
                continue
            below = _diff_below(node, value, data)
            if below in views:
                views[value] = View(views[below].slot, value.shape)
            else:
                views[value] = new_slot(f"{value.name} diff", "diff", value.shape, held=keep_all)
    return views


def _diff_below(node: Node, value: Value, data: dict[Value, View]) -> Value | None:
    """The input whose diff may lie in the same memory as that of `value`: all of its gradient comes through here."""
    if not node.inputs or len(node.outputs) != 1 or not node.propagate[0]:
        return None
    below = node.inputs[0]
    if data[below].slot is not data[value].slot or len(below.uses) != 1 or below.loss_weight:
        return None
    return below
