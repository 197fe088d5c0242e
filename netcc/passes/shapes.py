"""Shape inference: every value and every parameter gets its shape. Nothing is allocated and no file is read here.

Behaves as the Reshape and AppendParam calls of Net::Init in src/caffe/net.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netcc.errors import GraphError, LayerError, ShapeError, UsageError, closest
from netcc.ir.graph import Graph, Node, Parameter, Use
from netcc.layers.base import ParameterSpec, Signature, SourceLayer
from netcc.layers.opaque import Opaque
from netcc.schema import caffe_pb2
from netcc.types import Shape, count, format_shape

Probe = Callable[[Node], "tuple[Shape, ...] | None"]
"""Asks a data source for the shapes of a node's tops; None where no source is at hand."""


def infer_shapes(
    graph: Graph,
    given: Mapping[str, Shape] | None = None,
    probe: Probe | None = None,
    measured: Mapping[int, tuple[Shape, ...]] | None = None,
) -> None:
    """Fills in `Value.shape`, `Node.signature` and `Node.parameters`, in place.

    `given` maps names of source tops to shapes and wins over everything; `probe` is asked for data layers not given;
    `measured` has the shapes of the tops of dynamic layers by the layer's place in the net.
    Raises ShapeError naming the layer and the shapes of its bottoms, UsageError for a `given` name that no source
    has, GraphError where shared parameters do not fit.
    """
    given = dict(given or {})
    check_given(graph, given)
    shared: dict[str, Parameter] = {}
    for index, node in enumerate(graph.nodes):
        infer_node(node, given, probe, shared, measured.get(index) if measured else None)


def infer_node(
    node: Node,
    given: Mapping[str, Shape],
    probe: Probe | None,
    shared: dict[str, Parameter],
    measured: tuple[Shape, ...] | None = None,
) -> None:
    """Fills in what `infer_shapes` does, for one node whose inputs have their shapes.

    `shared` has the named parameters of the nodes before, and gets those of this one.
    """
    node.signature = _signature(node, given, probe)
    if measured is not None:
        node.signature = replace(node.signature, tops=measured)
    for value, shape in zip(node.outputs, node.signature.tops, strict=True):
        value.shape = shape
    _check_in_place(node)
    _make_parameters(node, shared)


def check_given(graph: Graph, given: Mapping[str, Shape]) -> None:
    """Raises UsageError for a name in `given` that is not the top of a layer which takes shapes from outside."""
    sources = [value.name for node in graph.nodes if node.layer.from_outside for value in node.outputs]
    for name in given:
        if name not in sources:
            raise UsageError(
                f"a shape is given for {name!r}, which no data or input layer produces",
                notes=[f"sources of this net: {', '.join(sources) or 'none'}"],
                suggestion=closest(name, sources),
            )


def _signature(node: Node, given: Mapping[str, Shape], probe: Probe | None) -> Signature:
    bottoms = [value.shape for value in node.inputs]
    try:
        if isinstance(node.layer, SourceLayer):
            return node.layer.infer_given(_given_tops(node, given, probe), len(node.outputs))
        return node.layer.infer(bottoms, len(node.outputs))
    except LayerError as error:
        where = f"in layer {node.name!r} ({node.type})"
        if bottoms:
            where += ", bottoms: " + ", ".join(f"{value.name!r} {format_shape(value.shape)}" for value in node.inputs)
        raise error.located(node.span(*error.field), where) from error.__cause__


def _check_in_place(node: Node) -> None:
    """Refuses a new shape for a blob that is written in place: there, Caffe reads what it has overwritten."""
    for index, value in enumerate(node.outputs):
        if node.in_place(index) and value.shape != node.inputs[index].shape:
            shapes = f"{format_shape(node.inputs[index].shape)} becomes {format_shape(value.shape)}"
            raise ShapeError(
                f"layer {node.name!r} writes blob {value.name!r} in place, but changes its shape: {shapes}",
                span=node.span("top", str(index)),
                notes=["give its top a name of its own"],
            )


def _given_tops(node: Node, given: Mapping[str, Shape], probe: Probe | None) -> list[Shape | None]:
    shapes: list[Shape | None] = [given.get(value.name) for value in node.outputs]
    if probe is not None and all(shape is None for shape in shapes):
        probed = probe(node)
        if probed is not None:
            shapes = list(probed)
    return shapes


def _make_parameters(node: Node, shared: dict[str, Parameter]) -> None:
    specs, fields = node.signature.parameters, node.message.param
    if len(fields) > len(specs) and not isinstance(node.layer, Opaque):
        raise LayerError(
            f"layer {node.name!r} has {len(fields)} param blocks, but {node.type} has {len(specs)} parameters here",
            span=node.span("param", str(len(specs))),
        )
    node.parameters = []
    for index, spec in enumerate(specs):
        field = fields[index] if index < len(fields) else caffe_pb2.ParamSpec()
        parameter = _owned(node, index, spec, field)
        if field.name:
            owner = shared.setdefault(field.name, parameter)
            if owner is not parameter:
                _share(owner, parameter, field, node)
                parameter = owner
        parameter.uses.append(Use(node, index))
        node.parameters.append(parameter)


def _owned(node: Node, index: int, spec: ParameterSpec, field: caffe_pb2.ParamSpec) -> Parameter:
    lr_mult = field.lr_mult if spec.learns else 0.0
    return Parameter(
        node,
        index,
        spec.name,
        spec.shape,
        spec.filler,
        lr_mult,
        field.decay_mult,
        share_name=field.name,
        values=spec.values,
    )


def _share(owner: Parameter, other: Parameter, field: caffe_pb2.ParamSpec, node: Node) -> None:
    """Checks that `other` may be the parameter `owner` under another layer's name; merges their multipliers."""
    who = f"parameter {field.name!r} is shared by layers {owner.owner.name!r} and {node.name!r}"
    span = node.span("param", str(other.index))
    permissive = field.share_mode == caffe_pb2.ParamSpec.PERMISSIVE
    fits = count(owner.shape) == count(other.shape) if permissive else owner.shape == other.shape
    if not fits:
        what = "sizes" if permissive else "shapes"
        shapes = f"{format_shape(owner.shape)} and {format_shape(other.shape)}"
        raise ShapeError(f"{who} with different {what}: {shapes}", span=span)
    for name in ("lr_mult", "decay_mult"):
        if not field.HasField(name):
            continue
        if _is_given(owner, name) and getattr(owner, name) != getattr(other, name):
            raise GraphError(
                f"{who} with different {name}: {getattr(owner, name):g} and {getattr(other, name):g}", span=span
            )
        setattr(owner, name, getattr(other, name))


def _is_given(parameter: Parameter, multiplier: str) -> bool:
    """Whether one of the layers that use `parameter` so far says what the multiplier is."""
    return any(use.node.message.param[use.index].HasField(multiplier) for use in parameter.uses)
