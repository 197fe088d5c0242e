"""The lines of `backward`: the layers from last to first, each with a call for its gradients."""

from __future__ import annotations

from netcc.emit.forward import common_argument, extra_key, layer_comment
from netcc.emit.plan import Written
from netcc.emit.step import Call
from netcc.emit.text import INDENT, WIDTH, call, line, literal, quoted, statement
from netcc.ir.graph import Node, Value


def backward_lines(net: Written) -> list[str]:
    """The body of `backward`."""
    writer = _Backward(net)
    for node in reversed(net.steps):
        writer.add(node)
    return writer.lines


class _Backward:
    def __init__(self, net: Written) -> None:
        self.net = net
        self.lines: list[str] = []
        self._arrived: set[Value] = set()
        self._filled: set[str] = set()

    def add(self, node: Node) -> None:
        if not node.runs_backward:
            return
        made = self.net.steps[node].backward
        if made is None:
            return  # as of PriorBox: the gradient is zero, and nothing is added anywhere
        self.lines += ["", *layer_comment(node)]
        for name in made.reads.split():
            if name.startswith("dy"):
                self._begin(node.outputs[int(name[2:])])
        self._call(node, made)

    def _begin(self, value: Value) -> None:
        """A gradient to which no layer has added yet: that of the loss, or zero."""
        name = self.net.variable(value)
        if value.loss_weight:
            weight = literal(float(value.loss_weight))
            start = weight if not value.shape else f"np.full({value.shape}, {weight}, np.float32)"
            self.lines.append(f"        d_{name} = {f'd_{name} + {start}' if value in self._arrived else start}")
        elif value not in self._arrived:
            self.lines.append(f"        d_{name} = np.zeros({value.shape}, np.float32)")
        self._arrived.add(value)

    def _call(self, node: Node, made: Call) -> None:
        arguments = [self._argument(node, name) for name in made.reads.split()]
        options = [literal(value, f"{name}=") for name, value in made.options.items()]
        targets, sums = [], []
        for name in made.writes.split():
            target, later = self._target(node, name)
            targets.append(target)
            sums += later
        left = f"({targets[0]},)" if made.listed and len(targets) == 1 else ", ".join(targets)
        self.lines += statement(f"{left} = ", call(made.function, [*arguments, *options]))
        self.lines += sums

    def _argument(self, node: Node, name: str) -> str:
        common = common_argument(self.net, node, name)
        if common is not None:
            return common
        if name.startswith("dy") and name[2:].isdigit():
            return f"d_{self.net.variable(node.outputs[int(name[2:])])}"
        if name[0] in "xy" and name[1:].isdigit():
            value = (node.inputs if name[0] == "x" else node.outputs)[int(name[1:])]
            return f"saved[{quoted(self.net.variable(value))}]"
        return f"saved[{extra_key(node, name)}]"

    def _target(self, node: Node, name: str) -> tuple[str, list[str]]:
        """Where a result goes, and what is done with it afterwards."""
        if name.startswith("dx") and node.propagate[int(name[2:])]:
            return self._gradient_of(node, int(name[2:]))
        if name.startswith("dp") and node.learn[int(name[2:])]:
            key = quoted(self.net.names.parameter(node, int(name[2:])))
            if key in self._filled:
                return f"more_{name}", [line(f"g[{key}] = g[{key}] + more_{name}")]
            self._filled.add(key)
            short = f"d_{node.signature.parameters[int(name[2:])].name.replace(' ', '_')}"
            return (f"g[{key}]", []) if self._is_short(node) else (short, [line(f"g[{key}] = {short}")])
        return "_", []

    def _gradient_of(self, node: Node, index: int) -> tuple[str, list[str]]:
        value = node.inputs[index]
        name = self.net.variable(value)
        if value not in self._arrived:
            self._arrived.add(value)
            return f"d_{name}", []
        return f"more_dx{index}", [line(f"d_{name} = d_{name} + more_dx{index}")]

    def _is_short(self, node: Node) -> bool:
        """Whether all targets of the layer have room on one line."""
        keys = [f"g[{quoted(self.net.names.parameter(node, index))}]" for index in range(len(node.parameters))]
        names = [f"d_{self.net.variable(value)}" for value in node.inputs]
        function = getattr(self.net.steps[node].backward, "function", "")
        return len(INDENT * 2 + ", ".join([*names, *keys]) + f" = {function}(") <= WIDTH
