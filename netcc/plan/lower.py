"""From the ready graph to the plan: a copy to change, targets, slots, steps forward and backward, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netcc.errors import LayerError
from netcc.ir.clone import Clone, clone
from netcc.ir.graph import Graph, Node, Parameter, Value
from netcc.passes.constants import constant_nodes
from netcc.passes.optimize import optimize
from netcc.plan.backward import BackwardBuilder, check_differentiable
from netcc.plan.chains import chain
from netcc.plan.derive import derive_steps, makes_in_passes
from netcc.plan.memory import assign_memory
from netcc.plan.moved import without_moving
from netcc.plan.plan import FillStep, LayerStep, Plan, Role, View, new_slot
from netcc.plan.recompute import recompute
from netcc.plan.slices import buffers, fresh_scratch, sliced_forward
from netcc.plan.storage import DataStorage, assign_diffs
from netcc.plan.streams import stream
from netcc.targets.base import Target
from netcc.targets.options import Options


def lower(graph: Graph, options: Options) -> Plan:
    """The plan of `graph`.

    With `keep_all` backward can also run again without another forward pass; otherwise only outputs stay, and memory is
    reused.
    """
    copy = clone(graph)
    targets = optimize(copy, options)
    plan = Plan(graph, copy.graph, options)
    looked_at = (*graph.outputs(), *graph.loss_values())
    shown = frozenset(copy.values[value] for value in looked_at if value in copy.values)
    constant = constant_nodes(copy.graph, options)
    data = DataStorage(copy.graph, targets, options, shown, constant).assign()
    plan.data = {value: data[twin] for value, twin in copy.values.items()}
    for parameter in graph.parameters():
        plan.parameters[parameter] = _parameter_slot(parameter, "parameter")
    keep = not makes_in_passes(targets, options)
    forward = {
        node: _forward_step(plan, data, node, targets[node], time, keep=keep or node in constant)
        for time, node in enumerate(copy.graph.nodes)
    }
    once = {node for node in constant if not node.layer.from_outside}
    plan.forward = [without_moving(step) for node, step in forward.items() if node not in once]
    plan.constant = [_held(step) for node, step in forward.items() if node in once]
    if options.gradients:
        _lower_backward(plan, copy, data, targets, forward)
        if options.keep_all:
            _hold_saved(forward)
        if options.recomputes:
            recompute(plan)
    if options.streams:
        stream(plan)
    if options.optimize:
        chain(plan)
    all_passes = (plan.constant, plan.forward, plan.backward)
    passes = ([step for step in steps if isinstance(step, LayerStep)] for steps in all_passes)
    plan.derive = [step for steps in passes for step in derive_steps(steps, plan.spans, options)]
    plan.memory = assign_memory(plan)
    return plan


def _parameter_slot(parameter: Parameter, role: Role) -> View:
    name = f"{parameter.owner.name} {parameter.name}"
    return new_slot(name if role == "parameter" else f"{name} diff", role, parameter.shape, held=True)


def _forward_step(
    plan: Plan, data: Mapping[Value, View], node: Node, target: Target, time: int, *, keep: bool
) -> LayerStep:
    specs = [spec for part in (node, *node.absorbed) for spec in part.signature.parameters]
    step = LayerStep(
        node,
        target,
        "forward",
        time,
        bottoms=tuple(data[value] for value in node.inputs),
        tops=tuple(data[value] for value in node.outputs),
        parameters=tuple(
            View(plan.parameters[parameter].slot, spec.shape)
            for parameter, spec in zip(node.parameters, specs, strict=True)
        ),
        state=buffers(node, "state", target.memory.state, held=True),
        derived=buffers(node, "derived", target.memory.derived, held=keep),
    )
    return sliced_forward(step, plan.options)


def _lower_backward(
    plan: Plan,
    copy: Clone,
    data: Mapping[Value, View],
    targets: Mapping[Node, Target],
    forward: dict[Node, LayerStep],
) -> None:
    graph = copy.graph
    plan.backward_times = list(range(len(graph.nodes), 2 * len(graph.nodes)))
    diffs = assign_diffs(graph, data, targets, plan.options)
    plan.diffs = {value: diffs[twin] for value, twin in copy.values.items() if twin in diffs}
    plan.parameter_diffs = {parameter: _parameter_slot(parameter, "parameter diff") for parameter in plan.parameters}
    try:
        for node in graph.nodes:
            check_differentiable(node)
    except LayerError as error:
        plan.no_backward = error
        return
    ready = {node: _derived_backward(step) for node, step in forward.items()}
    scratch = {node: tuple(piece.scratch for piece in fresh_scratch(step).pieces()) for node, step in forward.items()}
    plan.backward, plan.backward_add = (
        BackwardBuilder(
            ready,
            scratch,
            diffs,
            plan.parameter_diffs,
            accumulate=accumulate,
            refill=not plan.options.keep_diffs,
            whole=plan.options.whole,
        ).build(graph)
        for accumulate in (False, True)
    )
    plan.initial = [
        FillStep(diffs[value], value.loss_weight, 0)
        for value in graph.loss_values()
        if value in diffs and not value.uses
    ]


def _derived_backward(step: LayerStep) -> LayerStep:
    """`step` with what is derived for backward in place of what is for forward."""
    derived = buffers(step.node, "derived", step.target.memory.derived_backward)
    return replace(step, derived=derived, parts=tuple(replace(part, derived=derived) for part in step.parts))


def _held(step: LayerStep) -> LayerStep:
    """`step` with memory that nothing else uses: it may run while a pass goes on."""
    for piece in step.pieces():
        for view in (*piece.scratch, *piece.saved):
            view.slot.held = True
    return step


def _hold_saved(forward: dict[Node, LayerStep]) -> None:
    """Lets nothing else use the memory of what the layers save for backward."""
    for node, step in forward.items():
        if node.runs_backward:
            for piece in step.pieces():
                for view in piece.saved:
                    view.slot.held = True
