"""Which values share memory: layers in place, layers whose tops are views of their bottom, and what Concat joins.

Sharing is a fact of storage, not of the graph. A write in place is granted only where nobody needs the old contents any
more, so results never depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from netcc.ir.graph import Graph, Node, Value
from netcc.plan.handed_on import share_handed_on
from netcc.plan.plan import Slot, View, new_slot, strides_of
from netcc.targets.base import Target, is_trivial
from netcc.targets.options import Options


@dataclass
class DataStorage:
    """Gives every value of a graph its view of memory.

    With `keep_all` a blob shares memory only where the net's author wrote in place (or the layer is a mere view, as in
    Caffe), so that every blob can be looked at after a pass.
    """

    graph: Graph
    targets: Mapping[Node, Target]
    options: Options
    shown: frozenset[Value] = frozenset()
    """Values that must survive the pass even if layers read them."""

    constant: AbstractSet[Node] = frozenset()
    """Nodes whose tops keep what they hold from pass to pass."""

    views: dict[Value, View] = field(default_factory=dict)

    def assign(self) -> dict[Value, View]:
        """A view for every value."""
        self._position = {node: index for index, node in enumerate(self.graph.nodes)}
        self._members: dict[Slot, list[Value]] = {}
        self._cut: set[Slot] = set()
        self._homes = self._find_homes()
        for node in self.graph.nodes:
            for index, value in enumerate(node.outputs):
                self._place(node, index, value)
        return self.views

    def _place(self, node: Node, index: int, value: Value) -> None:
        view = self._shared_view(node, index, value) or self._home(value)
        view = view or new_slot(value.name, "data", value.shape, layout=value.layout)
        slot = view.slot
        lasts = node.layer.from_outside or node in self.constant or value in self.shown
        if self.options.keep_all or lasts or not value.uses:
            slot.held = True
        self.views[value] = view
        self._members.setdefault(slot, []).append(value)

    def _shared_view(self, node: Node, index: int, value: Value) -> View | None:
        """The memory of bottom 0, if the top may lie there too."""
        if not node.inputs:
            return None
        below = node.inputs[0]
        view = self.views[below]
        if is_view(node) and (view.dense or view.strides is None):
            return View(view.slot, value.shape, view.offset, strides_of(value.shape, value.layout))
        if self._may_write(node, index) and value not in self._homes:
            neighbours = [old for old in self._members[view.slot] if self.views[old].touches(view)]
            if all(self._free_after(old, node) and not self._must_stay(old, view) for old in neighbours):
                return view
        return self._cut_view(node, index, value)

    def _must_stay(self, old: Value, view: View) -> bool:
        """Whether `old` lies partly elsewhere than `view`, and is looked at after the pass."""
        kept = self.options.keep_all or old in self.shown or old.producer.layer.from_outside
        return kept and view.slot in self._cut and self.views[old] != view

    def _cut_view(self, node: Node, index: int, value: Value) -> View | None:
        """The range of bottom 0 that the top holds, if nobody can tell."""
        if value in self._homes or not self._is_part(value):
            return None
        below = self.views[node.inputs[0]]
        if self.options.keep_all and any(old.producer.layer.from_outside for old in self._members[below.slot]):
            return None  # users may write to the data
        view = part_of(node, index, below)
        if view is not None:
            self._cut.add(view.slot)
        return view

    def _is_part(self, value: Value) -> bool:
        """Whether it may stay in what a layer cut it from, as far as its readers and the user's view are concerned.

        Where all blobs are kept, users may write to any of them before a pass in parts.
        """
        node = value.producer
        if node.layer.cuts() is None or not self.options.optimize or value.layout != node.inputs[0].layout:
            return False
        seen = value in self.shown or not value.uses
        return not seen and not (self.options.keep_all and (not self.options.whole or _overwritten(value)))

    def _home(self, value: Value) -> View | None:
        """The place of a value in the blob that Concat makes of it and others."""
        if value not in self._homes:
            return None
        whole, start = self._homes[value]
        if whole is value:
            if value not in self.views:
                self.views[value] = new_slot(value.name, "data", value.shape, layout=value.layout)
            return self.views[value]
        home = self._home(whole)
        return home and home.channels(start, start + value.shape[1])

    def _find_homes(self) -> dict[Value, tuple[Value, int]]:
        """Where values that Concat joins can be computed right where it would copy them."""
        homes: dict[Value, tuple[Value, int]] = {}
        if not self.options.optimize:
            return homes
        for node in reversed(self.graph.nodes):
            if joins_channels(node) and not (self.options.gradients and _overwritten(node.outputs[0])):
                start = 0
                for value in node.inputs:
                    first = self._first_of_memory(value)
                    joins = node.inputs.count(value) == 1 and first.producer not in self.constant
                    if first not in homes and joins and _can_move(first) and not self._is_part(first):
                        homes[first] = (node.outputs[0], start)
                        homes.setdefault(node.outputs[0], (node.outputs[0], 0))
                    start += value.shape[1]
        return homes

    def _first_of_memory(self, value: Value) -> Value:
        """The value over which `value` is written in place, or the one over which that one is written, and so on."""
        node = value.producer
        while self._may_write(node, value.index) and self._free_after(node.inputs[0], node):
            below = node.inputs[0]
            if self._is_part(below):
                break
            value, node = below, below.producer
        return value

    def _may_write(self, node: Node, index: int) -> bool:
        """Whether top `index` may be written over bottom 0 as far as the layer and the user's view are concerned."""
        if index != 0 or not node.inputs or not node.layer.in_place or node.absorbed:
            return False
        if node.inputs[0].producer.layer.from_outside or node.inputs[0].layout != node.outputs[0].layout:
            return False
        if node.inputs[0] in self.shown:
            return node.in_place(0)
        return node.in_place(0) or not self.options.keep_all

    def _free_after(self, value: Value, writer: Node) -> bool:
        """Whether nobody looks at `value` once `writer` has run."""
        now = self._position[writer]
        if any(self._position[use.node] > now for use in value.uses):
            return False
        if value.producer in self.constant and any(use.node not in self.constant for use in value.uses):
            return False  # what is constant runs before all readers that are not
        return not (self.options.gradients and needed_by_backward(value, self.targets))


def _overwritten(value: Value) -> bool:
    """Whether the net's author lets a layer write over the value, or a view of it; in training it may be wanted."""
    readers = [(use.node, use.index) for use in value.uses]
    views = [top for node, _ in readers if is_view(node) for top in node.outputs]
    return any(node.layer.in_place and node.in_place(index) for node, index in readers) or any(map(_overwritten, views))


def _can_move(value: Value) -> bool:
    """Whether a value may be computed in a range of the channels of a wider blob."""
    return value.layout == "channels last" and not value.producer.layer.from_outside and not is_view(value.producer)


def is_view(node: Node) -> bool:
    """Whether the tops of `node` are its bottom's memory."""
    below = node.inputs[0].layout if node.inputs else "plain"
    return node.layer.is_view and all(value.layout == below or is_trivial(value.shape) for value in node.outputs)


def joins_channels(node: Node) -> bool:
    """Whether `node` puts blobs side by side whose channels lie innermost."""
    return node.layer.joins_channels() and node.outputs[0].layout == "channels last"


def part_of(node: Node, index: int, whole: View) -> View | None:
    """The range of `whole`, the memory of bottom 0 or of its diff, that top `index` of a cutting layer holds."""
    axis = node.layer.cuts()
    assert axis is not None
    axis %= len(whole.shape)
    start = sum(value.shape[axis] for value in node.outputs[:index])
    return whole.range(axis, start, start + node.outputs[index].shape[axis])


def needed_by_backward(value: Value, targets: Mapping[Node, Target]) -> bool:
    """Whether a backward kernel reads the forward contents of `value`."""
    producer = value.producer
    if producer.runs_backward and value.index in targets[producer].needs().tops:
        return True
    return any(use.node.runs_backward and use.index in targets[use.node].needs().bottoms for use in value.uses)


def assign_diffs(
    graph: Graph, data: Mapping[Value, View], targets: Mapping[Node, Target], options: Options
) -> dict[Value, View]:
    """A view of memory for the diff of every value that needs one; shared where the data is, if it may be."""
    views: dict[Value, View] = {}
    for node in graph.nodes:
        for value in node.outputs:
            if not value.needs_gradient:
                continue
            below = _diff_below(node, value, data)
            if below in views:
                old = views[below]
                views[value] = View(old.slot, value.shape, old.offset, _strides_above(old, value))
            else:
                held = options.keep_diffs or node.layer.from_outside
                views[value] = new_slot(f"{value.name} diff", "diff", value.shape, held=held, layout=value.layout)
    if options.optimize and options.whole and not options.keep_diffs:
        share_handed_on(graph, views, targets)
    _move_joined_diffs(graph, views, options)
    _move_cut_diffs(graph, views, options)
    return views


def _strides_above(below: View, value: Value) -> tuple[int, ...] | None:
    return below.strides if below.shape == value.shape else strides_of(value.shape, value.layout)


def _diff_below(node: Node, value: Value, data: Mapping[Value, View]) -> Value | None:
    """The input whose diff may lie in the same memory as that of `value`: all of its gradient comes through here."""
    if not node.inputs or len(node.outputs) != 1 or not node.propagate[0] or joins_channels(node):
        return None
    below = node.inputs[0]
    if data[below].slot is not data[value].slot or len(below.uses) != 1 or below.loss_weight:
        return None
    return below


def _move_joined_diffs(graph: Graph, views: dict[Value, View], options: Options) -> None:
    """Lets the diffs of blobs that only Concat reads be ranges of the diff of what it makes of them.

    Layers below may change them there, so not where the whole is looked at afterwards.
    """
    if options.keep_diffs or not options.optimize:
        return
    for node in reversed(graph.nodes):
        if not joins_channels(node) or node.outputs[0] not in views:
            continue
        whole, start = views[node.outputs[0]], 0
        for index, value in enumerate(node.inputs):
            stop = start + value.shape[1]
            if _only_joined(value, index, node, views):
                moved, part = views[value].slot, whole.channels(start, stop)
                for other, view in views.items():
                    if view.slot is moved:
                        views[other] = part
            start = stop


def _only_joined(value: Value, index: int, concat: Node, views: Mapping[Value, View]) -> bool:
    if value not in views or not concat.propagate[index] or len(value.uses) != 1 or value.loss_weight:
        return False
    sharing = [other for other, view in views.items() if view.slot is views[value].slot]
    return all(other.layout == "channels last" and other.shape == value.shape for other in sharing)


def _move_cut_diffs(graph: Graph, views: dict[Value, View], options: Options) -> None:
    """Lets the diffs of a blob's parts be ranges of its diff, where only the layer that cuts it reads it."""
    if options.keep_diffs or not options.optimize:
        return
    for node in graph.nodes:
        if node.layer.cuts() is None or node.inputs[0] not in views:
            continue
        below = node.inputs[0]
        if not node.propagate[0] or len(below.uses) != 1 or below.loss_weight:
            continue
        for index, value in enumerate(node.outputs):
            part = part_of(node, index, views[below])
            if part and value.layout == below.layout and _moves_alone(value, views):
                moved = views[value].slot
                views.update((other, part) for other, view in views.items() if view.slot is moved)


def _moves_alone(value: Value, views: Mapping[Value, View]) -> bool:
    """Whether the diff lies in a slot of its own, which it shares with diffs that look the same only."""
    if value not in views or not views[value].dense or value.loss_weight:
        return False
    sharing = [other for other, view in views.items() if view.slot is views[value].slot]
    return all((other.layout, other.shape) == (value.layout, value.shape) for other in sharing)
