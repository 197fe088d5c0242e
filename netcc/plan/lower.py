"""From the ready graph to the plan: slots for everything, steps forward and backward, memory."""

from __future__ import annotations

from netcc.errors import LayerError
from netcc.ir.graph import Graph, Node, Parameter
from netcc.plan.backward import BackwardBuilder, check_differentiable
from netcc.plan.memory import assign_memory
from netcc.plan.plan import FillStep, LayerStep, Plan, Role, View, new_slot
from netcc.plan.slices import buffers, sliced_forward
from netcc.plan.storage import assign_data, assign_diffs


def lower(graph: Graph, *, keep_all: bool = True, gradients: bool = True) -> Plan:
    """The plan of `graph`.

    `keep_all`: every blob and diff stays readable after a pass, and backward can run again without another forward
    pass; otherwise only outputs stay, and memory is reused.
    `gradients`: whether there is a backward pass.
    """
    plan = Plan(graph)
    plan.data = assign_data(graph, keep_all=keep_all, gradients=gradients)
    for parameter in graph.parameters():
        plan.parameters[parameter] = _parameter_slot(parameter, "parameter")
    forward = {node: _forward_step(plan, node, time) for time, node in enumerate(graph.nodes)}
    plan.forward = list(forward.values())
    if gradients:
        _lower_backward(plan, forward, keep_all)
        if keep_all:
            _hold_saved(forward)
    plan.memory = assign_memory(plan)
    return plan


def _parameter_slot(parameter: Parameter, role: Role) -> View:
    name = f"{parameter.owner.name} {parameter.name}"
    return new_slot(name if role == "parameter" else f"{name} diff", role, parameter.shape, held=True)


def _forward_step(plan: Plan, node: Node, time: int) -> LayerStep:
    signature = node.signature
    step = LayerStep(
        node,
        "forward",
        time,
        bottoms=tuple(plan.data[value] for value in node.inputs),
        tops=tuple(plan.data[value] for value in node.outputs),
        parameters=tuple(
            View(plan.parameters[parameter].slot, spec.shape)
            for parameter, spec in zip(node.parameters, signature.parameters, strict=True)
        ),
        state=buffers(node, "state", signature.state, held=True),
    )
    return sliced_forward(step)


def _lower_backward(plan: Plan, forward: dict[Node, LayerStep], keep_all: bool) -> None:
    graph = plan.graph
    plan.diffs = assign_diffs(graph, plan.data, keep_all=keep_all)
    plan.parameter_diffs = {parameter: _parameter_slot(parameter, "parameter diff") for parameter in plan.parameters}
    try:
        for node in graph.nodes:
            check_differentiable(node)
    except LayerError as error:
        plan.no_backward = error
        return
    scratch = {node: tuple(map(_like, step.pieces())) for node, step in forward.items()}
    plan.backward, plan.backward_add = (
        BackwardBuilder(
            forward, scratch, plan.diffs, plan.parameter_diffs, accumulate=accumulate, refill=not keep_all
        ).build(graph)
        for accumulate in (False, True)
    )
    plan.initial = [
        FillStep(plan.diffs[value], value.loss_weight, 0)
        for value in graph.loss_values()
        if value in plan.diffs and not value.uses
    ]


def _hold_saved(forward: dict[Node, LayerStep]) -> None:
    """Lets nothing else use the memory of what the layers save for backward."""
    for node, step in forward.items():
        if node.runs_backward:
            for piece in step.pieces():
                for view in piece.saved:
                    view.slot.held = True


def _like(step: LayerStep) -> tuple[View, ...]:
    """New scratch buffers as those of `step`: backward needs none of what forward left there."""
    return tuple(new_slot(view.slot.name, "scratch", view.shape, kind=view.slot.kind) for view in step.scratch)
