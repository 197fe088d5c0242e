"""The numbers of a net layer by layer: shapes, parameters, multiply-accumulates, memory of the blobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from netcc.errors import Diagnostic
from netcc.ir.graph import Graph, Node, Parameter
from netcc.layers.opaque import Opaque
from netcc.types import Phase, Shape, count

FLOAT_BYTES = 4
"""Blobs and parameters are float32."""


@dataclass(frozen=True)
class ParameterRow:
    """One parameter of a layer. `shared` says that another layer owns it, so that it adds nothing to totals."""

    name: str
    shape: Shape
    lr_mult: float
    decay_mult: float
    shared: bool

    @property
    def count(self) -> int:
        return count(self.shape)


@dataclass(frozen=True)
class LayerRow:
    """One layer. `macs` are multiply-accumulates of one forward pass over the whole batch.

    The shapes of the tops and `macs` are None where they are not known. `activation_bytes` is the memory of the tops;
    a top written in place costs nothing more.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[tuple[str, Shape | None], ...]
    parameters: tuple[ParameterRow, ...]
    macs: int | None
    activation_bytes: int


@dataclass(frozen=True, repr=False)
class ShapeTable:
    """A net's layers in order, and totals (a shared parameter counts once) of all that is known.

    `faults` are those that keep some of it from being known.
    """

    name: str
    phase: Phase
    layers: tuple[LayerRow, ...]
    faults: tuple[Diagnostic, ...] = ()

    @property
    def unknown_layers(self) -> int:
        """How many layers have a top whose shape is not known."""
        return sum(any(shape is None for _, shape in layer.tops) for layer in self.layers)

    @property
    def parameter_count(self) -> int:
        return sum(item.count for layer in self.layers for item in layer.parameters if not item.shared)

    @property
    def macs(self) -> int:
        return sum(layer.macs or 0 for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        return FLOAT_BYTES * self.parameter_count

    def __str__(self) -> str:
        from netcc.ir.table_text import table_text

        return table_text(self)

    def __repr__(self) -> str:
        """As text, but the middle of a long table is left out."""
        from netcc.ir.table_text import MOST_SHOWN, table_text

        return table_text(self, most=MOST_SHOWN)

    def _repr_html_(self) -> str:
        from netcc.ir.table_text import table_html

        return table_html(self)

    def as_json(self) -> dict[str, Any]:
        """The table as objects that JSON knows."""
        return {
            "name": self.name,
            "phase": self.phase.name,
            "layers": [_layer_json(layer) for layer in self.layers],
            "totals": {
                "parameters": self.parameter_count,
                "parameter_bytes": self.parameter_bytes,
                "macs": self.macs,
                "activation_bytes": self.activation_bytes,
            },
        }


def shape_table(graph: Graph, unknown: Collection[Node] = (), faults: Sequence[Diagnostic] = ()) -> ShapeTable:
    """The table of a graph whose shapes are known but for those of the nodes in `unknown`, because of `faults`."""
    rows = tuple(_unknown_row(node) if node in unknown else _row(node) for node in graph.nodes)
    return ShapeTable(graph.name, graph.phase, rows, tuple(faults))


def _row(node: Node) -> LayerRow:
    stored = [value for index, value in enumerate(node.outputs) if not node.in_place(index)]
    return LayerRow(
        node.name,
        node.message.type,
        tuple(value.name for value in node.inputs),
        tuple((value.name, value.shape) for value in node.outputs),
        tuple(_parameter_row(node, index, parameter) for index, parameter in enumerate(node.parameters)),
        None if isinstance(node.layer, Opaque) else node.signature.macs,
        FLOAT_BYTES * sum(count(value.shape) for value in stored),
    )


def _unknown_row(node: Node) -> LayerRow:
    tops = tuple((value.name, None) for value in node.outputs)
    return LayerRow(node.name, node.message.type, tuple(node.message.bottom), tops, (), None, 0)


def _parameter_row(node: Node, index: int, parameter: Parameter) -> ParameterRow:
    spec = node.signature.parameters[index]
    shared = parameter.owner is not node or parameter.index != index
    return ParameterRow(spec.name, spec.shape, parameter.lr_mult, parameter.decay_mult, shared)


def _layer_json(layer: LayerRow) -> dict[str, Any]:
    return {
        "name": layer.name,
        "type": layer.type,
        "bottoms": list(layer.bottoms),
        "tops": [{"name": name, "shape": None if shape is None else list(shape)} for name, shape in layer.tops],
        "parameters": [
            {
                "name": item.name,
                "shape": list(item.shape),
                "count": item.count,
                "lr_mult": item.lr_mult,
                "decay_mult": item.decay_mult,
                "shared": item.shared,
            }
            for item in layer.parameters
        ],
        "macs": layer.macs,
        "activation_bytes": layer.activation_bytes,
    }
