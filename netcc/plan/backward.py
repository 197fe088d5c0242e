"""The backward pass as steps: nodes in reverse, gradients summed where a value or parameter has several readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from netcc.errors import LayerError
from netcc.ir.graph import Graph, Node, Parameter, Value
from netcc.plan.moved import without_moving
from netcc.plan.plan import AddStep, FillStep, LayerStep, Step, View, new_slot
from netcc.plan.slices import sliced_backward


@dataclass
class BackwardBuilder:
    """Makes the steps of one backward pass from those of the forward pass.

    `accumulate`: parameter diffs are added to what they hold instead of overwritten. `refill`: the diffs of outputs of
    the net do not survive between passes, so every pass sets them to their loss weight first. `whole`: no pass ends
    in between, so that kernels may add to what others wrote.
    """

    forward: Mapping[Node, LayerStep]
    scratch: Mapping[Node, tuple[tuple[View, ...], ...]]
    diffs: Mapping[Value, View]
    parameter_diffs: Mapping[Parameter, View]
    accumulate: bool
    refill: bool
    whole: bool
    steps: list[Step] = field(default_factory=list)
    written: set[Value | Parameter] = field(default_factory=set)

    def build(self, graph: Graph) -> list[Step]:
        """The steps in the order in which they run."""
        time = len(graph.nodes)
        for value in graph.loss_values():
            if value.uses and value in self.diffs:
                self._fill(value, time)
        for node in reversed(graph.nodes):
            if node.runs_backward:
                self._seed(node, time)
                self._run(node, time)
            time += 1
        return self.steps

    def _fill(self, value: Value, time: int) -> None:
        self.steps.append(FillStep(self.diffs[value], value.loss_weight, time))
        self.written.add(value)

    def _seed(self, node: Node, time: int) -> None:
        """Diffs to which no reader has contributed: a reader without gradient, or an output of the net."""
        for value in node.outputs:
            if value not in self.written and (value.uses or self.refill):
                self._fill(value, time)

    def _run(self, node: Node, time: int) -> None:
        sums: list[AddStep] = []
        adds = self._adds(node)
        bottom_diffs = tuple(
            (self.diffs[value] if added else self._target(value, self.diffs[value], sums, time)) if wanted else None
            for value, wanted, added in zip(node.inputs, node.propagate, adds, strict=True)
        )
        specs = [spec for part in (node, *node.absorbed) for spec in part.signature.parameters]
        parameter_diffs = tuple(
            self._target(parameter, View(self.parameter_diffs[parameter].slot, spec.shape), sums, time)
            if learn
            else None
            for parameter, spec, learn in zip(node.parameters, specs, node.learn, strict=True)
        )
        step = replace(
            self.forward[node],
            direction="backward",
            time=time,
            state=(),
            top_diffs=tuple(self.diffs[value] for value in node.outputs),
            bottom_diffs=bottom_diffs,
            parameter_diffs=parameter_diffs,
            adds=adds if any(adds) else (),
        )
        self.steps += self._with_buffers(step, sums)

    def _adds(self, node: Node) -> tuple[bool, ...]:
        """To the diffs of which bottoms the kernel itself adds: where others came first, in memory of its own."""
        slots = [self.diffs[value].slot for value in (*node.outputs, *node.inputs) if value in self.diffs]
        able = self.whole and self.forward[node].target.adds_diffs
        return tuple(
            able and wanted and value in self.written and slots.count(self.diffs[value].slot) == 1
            for value, wanted in zip(node.inputs, node.propagate, strict=True)
        )

    def _with_buffers(self, step: LayerStep, sums: list[AddStep]) -> list[Step]:
        """`step` with its scratch, cut as its forward step is, and then the sums that follow."""
        step = without_moving(step)
        if not step.parts:
            return [replace(step, scratch=self.scratch[step.node][0]), *sums]
        sliced, slices = sliced_backward(step, self.scratch[step.node])
        return [sliced, *slices, *sums]

    def _target(self, key: Value | Parameter, diff: View, sums: list[AddStep], time: int) -> View:
        """Where a kernel writes a gradient: the diff itself if it is the first to come, else a part to be added."""
        first = key not in self.written and not (self.accumulate and isinstance(key, Parameter))
        self.written.add(key)
        if first:
            return diff
        layout = key.layout if isinstance(key, Value) else "plain"
        part = new_slot(f"part of {diff.slot.name}", "scratch", diff.shape, layout=layout)
        sums.append(AddStep(diff, part, time, deferrable=isinstance(key, Parameter)))
        return part


def check_differentiable(node: Node) -> None:
    """Raises LayerError if a gradient is asked for that the layer cannot give (an abort in Caffe)."""
    for index, wanted in enumerate(node.propagate):
        if wanted and not (node.layer.differentiable and node.layer.gradient_allowed(index)):
            what = "labels" if node.layer.is_loss and index == 1 else f"bottom {node.inputs[index].name!r}"
            raise LayerError(
                f"layer {node.name!r}: {node.type} has no gradient for its {what}",
                span=node.span("bottom", str(index)),
                notes=["force_backward, propagate_down or a learning layer below asks for it"],
            )
