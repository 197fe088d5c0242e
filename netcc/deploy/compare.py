"""Whether a net for training and a net for use are the same net: the question when one of two files was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from netcc.errors import Diagnostic
from netcc.ir.graph import Graph, Node, Value
from netcc.layers.window import PoolingFields, WindowFields
from netcc.schema import caffe_pb2
from netcc.types import Shape, format_shape


def differences(expected: Graph, graph: Graph) -> list[Diagnostic]:
    """What keeps weights of the one net from doing in `graph` what they do in `expected`, the same net made for use.

    Layers are matched by their names, as weights are. A layer without parameters that only one of the nets has at its
    end (a Softmax, say), and one that does nothing in use (Dropout), makes no difference; nor does the number of items.
    """
    return list(_Comparison(expected, graph).run())


class _Comparison:
    def __init__(self, expected: Graph, graph: Graph) -> None:
        self.ours = {node.name: node for node in expected.nodes}
        self.theirs = {node.name: node for node in graph.nodes}
        self.axis = max((node.layer.batch_axis for node in expected.nodes), default=0)
        self.inputs = {value.name: value for value in graph.inputs()}

    def run(self) -> Iterator[Diagnostic]:
        for name, node in self.ours.items():
            if node.layer.is_input:
                yield from self._input(node)
            elif name in self.theirs:
                yield from self._layer(node, self.theirs[name])
            elif not (does_nothing(node) or _ends(node)):
                yield Diagnostic(f"layer {name!r} ({node.type}) is missing")
        for name, node in self.theirs.items():
            if name not in self.ours and not (node.layer.is_input or does_nothing(node) or _ends(node)):
                yield Diagnostic(f"layer {name!r} ({node.type}) is not in the net for training", node.span())

    def _input(self, node: Node) -> Iterator[Diagnostic]:
        for value in node.outputs:
            given = self.inputs.get(value.name)
            if given is None:
                yield Diagnostic(f"input {value.name!r} is missing")
            elif self._of_one_item(given) != self._of_one_item(value):
                yield Diagnostic(
                    f"input {value.name!r} is {format_shape(given.shape)}; trained with {format_shape(value.shape)}",
                    given.producer.span(),
                )

    def _of_one_item(self, value: Value) -> Shape:
        """The shape less the axis that items lie along."""
        return value.shape[: self.axis] + value.shape[self.axis + 1 :]

    def _layer(self, ours: Node, theirs: Node) -> Iterator[Diagnostic]:
        if does_nothing(ours) and does_nothing(theirs):
            return
        where = f"layer {ours.name!r}"
        if ours.type != theirs.type:
            yield Diagnostic(f"{where} is {theirs.type}; trained as {ours.type}", theirs.span("type"))
            return
        for name, (trained, used) in _unlike(ours.layer, theirs.layer, _plane(ours), _plane(theirs)).items():
            yield Diagnostic(f"{where}: {name} is {_shown(used)}; trained with {_shown(trained)}", theirs.span())
        sources = [_source(value) for value in ours.inputs], [_source(value) for value in theirs.inputs]
        if sources[0] != sources[1]:
            trained, used = (", ".join(names) or "nothing" for names in sources)
            yield Diagnostic(f"{where} reads {used}; trained to read {trained}", theirs.span("bottom"))
        shapes = [[spec.shape for spec in node.signature.parameters] for node in (ours, theirs)]
        if shapes[0] != shapes[1]:
            trained, used = (", ".join(map(format_shape, each)) or "none" for each in shapes)
            yield Diagnostic(f"{where} has parameters of {used}; trained with {trained}", theirs.span())


def does_nothing(node: Node) -> bool:
    """Whether the layer passes its bottom on as it is, as Dropout does in use."""
    shapes = {value.shape for value in (*node.inputs, *node.outputs)}
    return node.layer.passes_on() and len(node.inputs) == 1 and len(shapes) == 1


def _ends(node: Node) -> bool:
    """Whether the layer has no parameters and nobody reads what it makes."""
    return not node.signature.parameters and not any(value.uses for value in node.outputs)


def _source(value: Value) -> str:
    """What a blob is, by the layer that makes it: names of blobs may differ."""
    while does_nothing(value.producer):
        value = value.producer.inputs[0]
    node = value.producer
    if node.layer.is_input:
        return f"input {value.name!r}"
    return f"{node.name!r}" if len(node.outputs) == 1 else f"{node.name!r} (top {value.index})"


def _plane(node: Node) -> Shape:
    """The axes of bottom 0 that windows slide along."""
    return node.inputs[0].shape[2:] if node.inputs else ()


def _unlike(trained: object, used: object, *planes: Shape) -> dict[str, tuple[object, object]]:
    """The attributes that differ, down to plain values, but for first values of parameters."""
    found: dict[str, tuple[object, object]] = {}
    for item in fields(trained):  # type: ignore[arg-type]  # a dataclass, as all layers are
        one, other = (
            _window(getattr(layer, item.name), plane) for layer, plane in zip((trained, used), planes, strict=True)
        )
        if isinstance(one, caffe_pb2.FillerParameter) or _equal(one, other):
            continue
        if is_dataclass(one) and type(one) is type(other):
            found.update(_unlike(one, other, *planes))
        else:
            found[item.name] = (one, other)
    return found


def _window(value: object, plane: Shape) -> object:
    """A window however it is spelled: its fields, in full for the plane."""
    if isinstance(value, WindowFields):
        return value.window(len(plane))
    return value.window(plane) if isinstance(value, PoolingFields) else value


def _equal(one: Any, other: Any) -> bool:
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else bool(one == other)


def _shown(value: object) -> str:
    if value is None or value == ():
        return "not given"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
