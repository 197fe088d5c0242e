"""The text of a module: a docstring, the functions that the net needs, and a class for the net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netcc.atomic import atomic_write
from netcc.emit.backward import backward_lines
from netcc.emit.forward import extra_key, forward_lines
from netcc.emit.library import needed
from netcc.emit.names import class_name
from netcc.emit.plan import Written
from netcc.emit.text import Group, Piece, call, line, literal, prose, quoted, statement
from netcc.ir.graph import Parameter
from netcc.types import Array
from netcc.version import __version__


def python_module(net: Written, weights: str | None = None) -> str:
    """The net as a module that needs NumPy alone: a class with `forward`, and `backward` if it is written to train.

    `weights` is the name of a file of arrays beside the module, which the class loads by itself.
    """
    name = class_name(net.graph.name)
    head = "\n\n".join([_docstring(net, name, weights), _IMPORTS, _constants(net, weights)])
    functions = [function.text for function in needed(_function_names(net))]
    return "\n\n\n".join([head, *functions, _class(net, name, weights), _demonstration(net, name)]) + "\n"


def write_module(net: Written, path: str | Path, arrays: Mapping[Parameter, Array] | None = None) -> Path | None:
    """Writes the module to `path` and, if there are `arrays`, these to the file of its name that ends in .npz.

    Returns the path of the arrays. Each file appears whole or not at all, the module last.
    Raises OutputError where one cannot be written.
    """
    target = Path(path)
    beside = target.with_suffix(".npz") if arrays is not None else None
    if not net.parameters():
        beside = None
    if arrays is not None and beside is not None:
        with atomic_write(beside) as file:
            named: dict[str, Any] = {key: arrays[parameter] for key, parameter in net.parameters().items()}
            np.savez(file, **named)
    with atomic_write(target) as file:
        file.write(python_module(net, beside.name if beside else None).encode())
    return beside


def _function_names(net: Written) -> list[str]:
    calls = [step.forward for step in net.steps.values()]
    if net.train:
        calls += [step.backward for node, step in net.steps.items() if node.runs_backward]
    return list(dict.fromkeys(made.function for made in calls if made is not None))


def _docstring(net: Written, name: str, weights: str | None) -> str:
    inputs = ", ".join(net.variable(value) for value in net.inputs)
    (result, *more) = [net.variable(value) for value in net.outputs]
    lines = [
        f'"""{prose(net.graph.name) or name} in plain NumPy, phase {net.graph.phase.name}.',
        "",
        f"    net = {name}()",
        f"    {'results' if more else result} = net.forward({inputs})",
    ]
    if net.train:
        lines += [
            "    gradients = net.backward()",
            "    for key in gradients:",
            "        net.parameters[key] -= 0.01 * gradients[key]",
        ]
    if weights is None:
        lines += ["", 'Parameters are zero until net.load("weights.npz") brings others.']
    lines += [
        "",
        "Shapes in comments are those of the batch that the net was compiled for. Written",
        f"by netcc {__version__}, to be read: it takes its time.",
        '"""',
    ]
    return "\n".join(lines)


_IMPORTS = "from __future__ import annotations\n\nfrom pathlib import Path\n\nimport numpy as np"


def _constants(net: Written, weights: str | None) -> str:
    lines = ["Array = np.ndarray", "Shape = tuple[int, ...]", ""]
    if weights is not None:
        lines += [f"WEIGHTS = Path(__file__).with_name({quoted(weights)})", ""]
    items = tuple(literal(item.shape, f"{quoted(key)}: ") for key, item in net.parameters().items())
    return "\n".join([*lines, *_dictionary("PARAMETERS = ", items, 0)])


def _dictionary(head: str, items: tuple[Piece, ...], indent: int) -> list[str]:
    return statement(head, Group("{", items, "}", is_call=False), indent)


def _class(net: Written, name: str, weights: str | None) -> str:
    lines = [
        f"class {name}:",
        '    """The net: its parameters by name, and what it computes."""',
        "",
        *_constructor(net, weights),
        "",
        *_LOAD_AND_SAVE.splitlines(),
        "",
        *_forward(net),
    ]
    if net.train:
        lines += ["", *_backward(net)]
    return "\n".join(lines)


def _constructor(net: Written, weights: str | None) -> list[str]:
    lines = [
        f"    def __init__(self, weights: str | Path | None = {'WEIGHTS' if weights else None}) -> None:",
        "        self.parameters = {}",
        "        for key, shape in PARAMETERS.items():",
        "            self.parameters[key] = np.zeros(shape, np.float32)",
    ]
    starts = {extra_key(node, name): shape for node, step in net.steps.items() for name, shape in step.starts.items()}
    if starts:
        lines += ["        # What goes on from one pass to the next.", "        self.state = {}"]
        lines += [line(f"self.state[{key}] = np.zeros({shape}, np.float32)") for key, shape in starts.items()]
    if "random" in _words_read(net):
        lines.append("        self.random = np.random.default_rng(0)")
    return [*lines, "        if weights is not None:", "            self.load(weights)"]


def _words_read(net: Written) -> set[str]:
    return {word for step in net.steps.values() if step.forward for word in step.forward.reads.split()}


_LOAD_AND_SAVE = """\
    def load(self, path: str | Path) -> None:
        \"""Takes the parameters from an .npz file.\"""
        with np.load(path) as arrays:
            for key, shape in PARAMETERS.items():
                if arrays[key].shape != shape:
                    raise ValueError(f"{key} is {arrays[key].shape}, not {shape}")
                self.parameters[key] = arrays[key]

    def save(self, path: str | Path) -> None:
        \"""Writes the parameters to an .npz file.\"""
        np.savez(path, **self.parameters)
"""


def _forward(net: Written) -> list[str]:
    arguments = [f"{net.variable(value)}: Array" for value in net.inputs]
    lines = _definition("forward", arguments, "Array" if len(net.outputs) == 1 else "dict[str, Array]")
    lines += ['        """From what goes in to what comes out."""', "        p = self.parameters"]
    if net.train:
        lines += ["        saved = self.saved = {}  # what backward needs"]
    for value in net.inputs:
        name = net.variable(value)
        lines.append(f"        {name} = np.asarray({name}, np.float32)")
        if value in net.read_by_backward:
            lines.append(f'        saved["{name}"] = {name}')
    if not net.parameters():
        lines.remove("        p = self.parameters")
    lines += [*forward_lines(net), ""]
    if len(net.outputs) == 1:
        return [*lines, f"        return {net.variable(net.outputs[0])}"]
    items = tuple(f"{quoted(value.name)}: {net.variable(value)}" for value in net.outputs)
    return [*lines, *_dictionary("return ", items, 2)]


def _definition(name: str, arguments: list[str], result: str) -> list[str]:
    return statement(f"def {name}", Group("(", ("self", *arguments), f") -> {result}:"), 1)


def _backward(net: Written) -> list[str]:
    lines = [
        *_definition("backward", [], "dict[str, Array]"),
        '        """Gradients of the loss with respect to the parameters, after forward."""',
        "        p, saved = self.parameters, self.saved",
        "        g = {}",
        *backward_lines(net),
    ]
    text = "\n".join(lines[4:])
    if "p[" not in text:
        lines[2] = "        saved = self.saved"
    return [*lines, "", "        return g"]


def _demonstration(net: Written, name: str) -> str:
    lines = ['if __name__ == "__main__":', f"    net = {name}()"]
    zeros: list[Piece] = [f"np.zeros({value.shape}, np.float32)" for value in net.inputs]
    lines += statement("result = ", call("net.forward", zeros), 1)
    shown = "result.shape" if len(net.outputs) == 1 else "{key: value.shape for key, value in result.items()}"
    return "\n".join([*lines, f"    print({shown})"])
