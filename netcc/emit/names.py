"""Names of Caffe, which may be any text, as names of Python."""

from __future__ import annotations

import builtins
import keyword
import re

from netcc.emit.library import functions
from netcc.ir.graph import Node, Value

TAKEN = {"p", "g", "np", "self", "saved", "random", "Path", "Array", "Shape", "PARAMETERS", "WEIGHTS"}


LONGEST = 30
"""Letters of a variable: a statement then has room on its line."""


class Names:
    """A variable for every value, a key for every parameter. Used once for each net."""

    def __init__(self, nodes: list[Node], *, versions: bool) -> None:
        """With `versions` a blob that is written in place gets a new variable each time."""
        self._versions = versions
        self._used = {*TAKEN, *functions(), *keyword.kwlist, *dir(builtins)}
        self._stems: dict[str, str] = {}
        self._variables: dict[Value, str] = {}
        self._keys: dict[tuple[Node, int], str] = {}
        for node in nodes:
            for value in node.outputs:
                self._name(value)
            self._name_parameters(node)

    def _name(self, value: Value) -> None:
        if value.name not in self._stems:
            stem = re.sub(r"\W", "_", value.name, flags=re.ASCII)
            self._stems[value.name] = self._free(stem[:LONGEST])
        stem = self._stems[value.name]
        if self._versions and value.version:
            stem = self._free(f"{stem}_{value.version + 1}")
        self._variables[value] = stem

    def _free(self, name: str) -> str:
        """`name`, or the like, as a variable that no other has, and whose gradient `d_...` no other has."""
        name = f"blob_{name}" if not name or name[0].isdigit() or name.startswith("d_") else name
        while name in self._used or f"d_{name}" in self._used:
            name += "_"
        self._used |= {name, f"d_{name}"}
        return name

    def _name_parameters(self, node: Node) -> None:
        for index, (parameter, spec) in enumerate(zip(node.parameters, node.signature.parameters, strict=True)):
            owned = parameter.owner is node and parameter.index == index
            key = self._keys.get((parameter.owner, parameter.index))
            if owned or key is None:
                key = f"{node.name}.{spec.name.replace(' ', '_')}"
                while key in self._keys.values():
                    key += "_"
                self._keys[parameter.owner, parameter.index] = key
            self._keys[node, index] = key

    def variable(self, value: Value) -> str:
        return self._variables[value]

    def parameter(self, node: Node, index: int) -> str:
        """The key of a parameter; layers that share one have the same."""
        return self._keys[node, index]


def class_name(net: str) -> str:
    """The net's name as the name of a class."""
    words = re.findall(r"[A-Za-z0-9]+", net)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name in TAKEN or hasattr(builtins, name):
        name = f"Net{name}"
    return name
