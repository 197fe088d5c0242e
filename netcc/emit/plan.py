"""What a net becomes before it is written: its layers with their steps, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from netcc.compiled.pruning import Keep, kept_part, part_of
from netcc.emit.names import Names, class_name
from netcc.emit.step import CannotEmit, Placed, Step, step_of
from netcc.errors import GraphError, LayerError
from netcc.ir.graph import Graph, Node, Parameter, Value, is_automatic
from netcc.passes.gradients import mark_gradients
from netcc.plan.backward import check_differentiable

MOST_LAYERS = 10
"""So many layers that cannot be written are named."""


@dataclass(frozen=True)
class Written:
    """A net to be written. `steps` has one for every layer but those whose tops the caller gives."""

    graph: Graph
    train: bool
    inputs: list[Value]
    outputs: list[Value]
    steps: dict[Node, Step]
    names: Names

    def variable(self, value: Value) -> str:
        return self.names.variable(value)

    def summary(self) -> str:
        """The net in one line."""
        takes, gives = (", ".join(value.name for value in values) for values in (self.inputs, self.outputs))
        return f"class {class_name(self.graph.name)}, {len(self.steps)} layers; inputs: {takes}; outputs: {gives}"

    @cached_property
    def read_by_backward(self) -> set[Value]:
        """Values that the calls of backward read."""
        found: set[Value] = set()
        for node, step in self.steps.items():
            if not self.train or step.backward is None or not node.runs_backward:
                continue
            for name in step.backward.reads.split():
                if name[1:].isdigit() and name[0] in "xy":
                    found.add((node.inputs if name[0] == "x" else node.outputs)[int(name[1:])])
        return found

    def parameters(self) -> dict[str, Parameter]:
        """The parameters by their keys, each once."""
        return {
            self.names.parameter(node, index): parameter
            for node in self.steps
            for index, parameter in enumerate(node.parameters)
        }


def written(graph: Graph, keep: Keep, *, train: bool) -> Written:
    """The part of `graph` that is written: for training all that its outputs need, else as a compiled net has it.

    Raises LayerError that names all layers for which there is no function, or one through which no gradient passes;
    GraphError where nothing would come out.
    """
    mark_gradients(graph)
    part = part_of(graph, _ends(graph)) if train and keep is None else kept_part(graph, keep)
    nodes, outputs = part.nodes, [value for value in part.outputs if value.producer not in part.fed]
    if not outputs:
        raise GraphError("nothing comes out of the net")
    if train:
        for node in nodes:
            check_differentiable(node)
    read = {value for node in nodes for value in node.inputs}
    inputs = [value for node in nodes if node in part.fed for value in node.outputs if value in read]
    steps = _steps([node for node in nodes if node not in part.fed])
    return Written(graph, train, inputs, outputs, steps, Names(nodes, versions=train))


def _ends(graph: Graph) -> list[Value]:
    """What no layer reads, the tops of losses that the net does not name too."""
    nameless = [value for node in graph.nodes for value in node.outputs if is_automatic(value)]
    return [*graph.outputs(), *nameless]


def _steps(nodes: Sequence[Node]) -> dict[Node, Step]:
    steps, faults = {}, []
    for node in nodes:
        placed = Placed(
            node.layer,
            tuple(value.shape for value in node.inputs),
            tuple(value.shape for value in node.outputs),
            tuple(spec.name for spec in node.signature.parameters),
        )
        try:
            steps[node] = step_of(node.layer, placed)
        except CannotEmit as reason:
            faults.append(f"layer {node.name!r} ({node.type}): {reason}")
    if faults:
        more = [f"and {len(faults) - MOST_LAYERS} more"] if len(faults) > MOST_LAYERS else []
        raise LayerError(
            "the net has layers that cannot be written as NumPy",
            notes=[*faults[:MOST_LAYERS], *more, "`netcc compile NET -o FILE.netcc` takes every layer"],
        )
    return steps
