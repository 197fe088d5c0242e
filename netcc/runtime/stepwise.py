"""A net run layer by layer, for those who want to see what every layer wrote before the next one writes over it."""

from __future__ import annotations

from collections.abc import Iterator

from netcc.ir.graph import Node
from netcc.plan.plan import LayerStep
from netcc.runtime.net import Net
from netcc.types import Array


def forward_by_layers(net: Net) -> Iterator[tuple[Node, list[Array]]]:
    """Runs the forward pass; yields each layer when it has run, with its tops (live arrays)."""
    count = len(net.graph.nodes)
    for index in range(count):
        name = net.graph.nodes[index].name
        net.forward(start=name if index else None, end=name)
        node = net.graph.nodes[index]  # another object where the net followed a layer into other shapes
        yield node, [net._executor.array(net.plan.data[value]) for value in node.outputs]


def backward_by_layers(net: Net, *, accumulate: bool) -> Iterator[tuple[Node, list[Array | None]]]:
    """Runs the backward pass as `Net.gradient` does; yields each layer that takes part when it has run.

    With it come the gradients that it gave to its bottoms, its own share where several layers read one; None where it
    gives none.
    """
    if not accumulate:
        net.clear_param_diffs()
    made = [step for step in net.plan.backward_add if isinstance(step, LayerStep)]
    steps = {net.graph.nodes[step.node.place]: step for step in reversed(made)}  # a change of layout comes after
    for index in reversed(range(len(net.graph.nodes))):
        net._executor.backward_part(index, index)
        step = steps.get(net.graph.nodes[index])
        if step is not None:
            yield step.node, [net._executor.array(view) if view else None for view in step.bottom_diffs]
