"""The lines of `forward`: a comment and a call for each layer."""

from __future__ import annotations

from netcc.emit.plan import Written
from netcc.emit.step import Call, Step
from netcc.emit.text import Group, Piece, call, comment, line, literal, prose, quoted, statement, unbroken
from netcc.ir.graph import Node, Value

MOST_BLOBS = 6
"""So many bottoms or tops of a layer are named in its comment."""


def forward_lines(net: Written) -> list[str]:
    """The body of `forward`, one step after the other."""
    lines = []
    for node, step in net.steps.items():
        lines += ["", *layer_comment(node)]
        if step.forward is None:
            lines += comment("nothing to compute")
            continue
        lines += _kept_states(net, node, step)
        target = ", ".join(_target(net, node, step, name) for name in step.forward.writes.split())
        if step.forward.listed and len(step.forward.writes.split()) == 1:
            target = f"({target},)"
        lines += statement(f"{target} = ", _call(net, node, step, step.forward))
        lines += [line(f'saved["{net.variable(value)}"] = {net.variable(value)}') for value in _saved(net, node)]
    return lines


def layer_comment(node: Node) -> list[str]:
    """`# conv1: Convolution, data (1, 1, 28, 28) -> conv1 (1, 20, 24, 24)`."""
    arrow = " -> ".join(_blobs(values) for values in (node.inputs, node.outputs) if values)
    return comment(f"{prose(node.name)}: {node.type}, {arrow}")


def _blobs(values: list[Value]) -> str:
    shown = [unbroken(f"{prose(value.name)} {value.shape}") for value in values[:MOST_BLOBS]]
    more = [f"{len(values) - MOST_BLOBS} more"] if len(values) > MOST_BLOBS else []
    return ", ".join([*shown, *more])


def extra_key(node: Node, name: str) -> str:
    """Under which name a layer keeps what is no top: `saved["drop1.kept"]`."""
    return quoted(f"{node.name}.{name}")


def _call(net: Written, node: Node, step: Step, made: Call) -> Group:
    arguments: list[Piece] = [_argument(net, node, step, name) for name in made.reads.split()]
    arguments += [literal(value, f"{name}=") for name, value in made.options.items()]
    return call(made.function, arguments)


def _argument(net: Written, node: Node, step: Step, name: str) -> str:
    if name in step.starts:
        return f"self.state[{extra_key(node, name)}]"
    return common_argument(net, node, name) or net.variable(node.inputs[int(name[1:])])


def common_argument(net: Written, node: Node, name: str) -> str | None:
    """What is called alike in both directions: parameters, None, the generator."""
    if name.startswith("p") and name[1:].isdigit():
        return f"p[{quoted(net.names.parameter(node, int(name[1:])))}]"
    return {"None": "None", "random": "self.random"}.get(name)


def _target(net: Written, node: Node, step: Step, name: str) -> str:
    if name.startswith("y") and name[1:].isdigit():
        value = node.outputs[int(name[1:])]
        return net.variable(value) if _is_read(net, value) else "_"
    if name.startswith("p") and name[1:].isdigit():
        return f"p[{quoted(net.names.parameter(node, int(name[1:])))}]"
    if name in step.starts:
        return f"self.state[{extra_key(node, name)}]"
    return f"saved[{extra_key(node, name)}]" if net.train and node.runs_backward else "_"


def _is_read(net: Written, value: Value) -> bool:
    """Whether anything is done with a top."""
    used = any(net.steps[use.node].forward is not None for use in value.uses if use.node in net.steps)
    return used or value in net.outputs or value in net.read_by_backward


def _kept_states(net: Written, node: Node, step: Step) -> list[str]:
    """Backward needs the state as it was before."""
    if not (net.train and node.runs_backward):
        return []
    return [line(f"saved[{key}] = self.state[{key}]") for key in (extra_key(node, name) for name in step.starts)]


def _saved(net: Written, node: Node) -> list[Value]:
    """The tops of the layer that some layer's backward reads."""
    return [value for value in node.outputs if value in net.read_by_backward]
