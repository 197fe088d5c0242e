"""Every blob gets an order of memory; where two layers want different ones, a layer that changes it is put between.

Blobs take the order of the layer that writes them. A layer that goes with any order takes that of its first bottom.
"""

from __future__ import annotations

from netcc.ir.graph import Graph, Node, Use, Value
from netcc.layers.base import Signature
from netcc.schema import caffe_pb2
from netcc.targets.base import Target, is_trivial, layout_of
from netcc.targets.choose import choose
from netcc.targets.options import Options
from netcc.targets.relayout import Relayout
from netcc.types import Layout


def place_layouts(graph: Graph, targets: dict[Node, Target], options: Options) -> None:
    """Sets `Value.layout` and adds Relayout nodes, with their targets, in place."""
    made: dict[tuple[Value, Layout], Value] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        need = targets[node].layout
        offered: Layout = next((value.layout for value in node.inputs if len(value.shape) == 4), "plain")
        for index, value in enumerate(node.inputs):
            wanted = layout_of(need, value.shape, offered)
            if value.layout != wanted and not node.layer.is_constant():
                if (value, wanted) not in made:
                    between = _relayout(value, wanted, node)
                    targets[between] = choose(between, options)
                    made[value, wanted] = between.outputs[0]
                    nodes.append(between)
                _read_instead(node, index, made[value, wanted])
        for value in node.outputs:
            value.layout = layout_of(need, value.shape, offered)
        nodes.append(node)
    graph.nodes[:] = nodes


def _relayout(value: Value, layout: Layout, reader: Node) -> Node:
    node = Node(
        f"{value.name} {layout}",
        Relayout(is_view=is_trivial(value.shape)),
        caffe_pb2.LayerParameter(),
        inputs=[value],
        signature=Signature(tops=(value.shape,)),
        place=reader.place,
    )
    value.uses.append(Use(node, 0))
    top = Value(value.name, node, 0, value.version, value.shape, layout=layout)
    node.outputs.append(top)
    return node


def _read_instead(node: Node, index: int, value: Value) -> None:
    """Lets bottom `index` of `node` be `value`, and the gradient flow through it."""
    old = node.inputs[index]
    old.uses = [use for use in old.uses if use.node is not node or use.index != index]
    node.inputs[index] = value
    value.uses.append(Use(node, index))
    between = value.producer
    between.propagate = [bool(between.propagate and between.propagate[0]) or node.propagate[index]]
    between.runs_backward = between.runs_backward or node.propagate[index]
    value.needs_gradient = value.needs_gradient or node.propagate[index]
