"""`caffe.draw`: nets as graphs of layers and blobs, by pydot (extra `draw`) and Graphviz.

Shapes, colours and labels are those of python/caffe/draw.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from netcc.atomic import atomic_write
from netcc.errors import OutputError, UsageError
from netcc.schema import caffe_pb2

_WINDOWED = ("Convolution", "Deconvolution", "Pooling")
_LEARNING = ("Convolution", "Deconvolution", "InnerProduct")
_COLOURS = {
    "Convolution": "#FF5050",
    "Deconvolution": "#FF5050",
    "Pooling": "#FF9900",
    "InnerProduct": "#CC33FF",
}
LAYER_STYLE_DEFAULT = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
NEURON_LAYER_STYLE = {**LAYER_STYLE_DEFAULT, "fillcolor": "#90EE90"}
BLOB_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_NO_LABEL = '""'


def get_pooling_types_dict() -> dict[int, str]:
    """The names of the kinds of pooling by their numbers."""
    return {number: name for name, number in caffe_pb2.PoolingParameter.PoolMethod.items()}


def choose_color_by_layertype(layertype: str) -> str:
    """The colour of layers of this type."""
    return _COLOURS.get(layertype, LAYER_STYLE_DEFAULT["fillcolor"])


def get_edge_label(layer: caffe_pb2.LayerParameter) -> str:
    """What stands at the arrow from a layer to its top: the number of channels or images, where the layer says it."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return _NO_LABEL


def get_layer_lr_mult(layer: caffe_pb2.LayerParameter) -> tuple[float, float]:
    """The rate multipliers of weights and bias. Raises UsageError for a layer that has no such two."""
    if layer.type not in _LEARNING:
        raise UsageError(f"{layer.type} layers do not have a learning rate multiplier")
    given = [param.lr_mult for param in layer.param]
    if len(given) > 2:
        raise UsageError(f"layer {layer.name!r} has {len(given)} params; expected those of weights and bias")
    weights, bias = [*given, 1.0, 1.0][:2]
    return weights, bias


def get_layer_label(layer: caffe_pb2.LayerParameter, rankdir: str, display_lrm: bool = False) -> str:
    """The text in a layer's box, in quotes: side by side where the graph runs down, one below the other else."""
    separator = " " if rankdir in ("TB", "BT") else r"\n"
    return f'"{separator.join(_descriptions(layer, separator, display_lrm))}"'


def _descriptions(layer: caffe_pb2.LayerParameter, separator: str, display_lrm: bool) -> Iterator[str]:
    yield layer.name
    if layer.type == "Pooling":
        yield f"({layer.type} {get_pooling_types_dict()[layer.pooling_param.pool]})"
    else:
        yield f"({layer.type})"
    if layer.type in _WINDOWED:
        kernel, stride, pad = _window(layer)
        yield separator.join([f"kernel size: {kernel}", f"stride: {stride}", f"pad: {pad}"])
    if display_lrm and layer.type in _LEARNING:
        multipliers = get_layer_lr_mult(layer)
        if any(multipliers):
            yield "lr mult: {:.1f}, {:.1f}".format(*multipliers)


def _window(layer: caffe_pb2.LayerParameter) -> tuple[int, int, int]:
    """Kernel size, stride and padding along the first axis."""
    if layer.type == "Pooling":
        pooling = layer.pooling_param
        return pooling.kernel_size, pooling.stride, pooling.pad
    window = layer.convolution_param
    return next(iter(window.kernel_size), 1), next(iter(window.stride), 1), next(iter(window.pad), 0)


def get_pydot_graph(
    caffe_net: caffe_pb2.NetParameter,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> Any:
    """The net as a `pydot.Dot`, from left to right ("LR"), down ("TB") or up ("BT").

    `phase` leaves only the layers of TRAIN or TEST; `display_lrm` shows rate multipliers. Raises UsageError without
    pydot, or for a layer that has both include and exclude.
    """
    pydot = _pydot()
    graph = pydot.Dot(caffe_net.name or "Net", graph_type="digraph", rankdir=rankdir)
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str, str]] = []
    for layer in caffe_net.layer:
        if phase is not None and not _included(layer, phase):
            continue
        name = f"{layer.name}_{layer.type}"
        style = {**LAYER_STYLE_DEFAULT, "fillcolor": _colour(layer)}
        nodes[name] = pydot.Node(get_layer_label(layer, rankdir, display_lrm), **style)
        for blob in (*layer.bottom, *layer.top):
            nodes[f"{blob}_blob"] = pydot.Node(f'"{blob}"', **BLOB_STYLE)
        edges += [(f"{bottom}_blob", name, _NO_LABEL) for bottom in layer.bottom]
        label = get_edge_label(layer) if label_edges else _NO_LABEL
        edges += [(name, f"{top}_blob", label) for top in layer.top]
    for node in nodes.values():
        graph.add_node(node)
    for start, end, label in edges:
        graph.add_edge(pydot.Edge(nodes[start], nodes[end], label=label))
    return graph


def _colour(layer: caffe_pb2.LayerParameter) -> str:
    in_place = len(layer.bottom) == len(layer.top) == 1 and layer.bottom[0] == layer.top[0]
    return NEURON_LAYER_STYLE["fillcolor"] if in_place else choose_color_by_layertype(layer.type)


def _included(layer: caffe_pb2.LayerParameter, phase: int) -> bool:
    if layer.include and layer.exclude:
        raise UsageError(f"layer {layer.name!r} has both include and exclude")
    if layer.include:
        return any(rule.phase == phase for rule in layer.include)
    return all(rule.phase != phase for rule in layer.exclude)


def draw_net(
    caffe_net: caffe_pb2.NetParameter,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """The picture of the net in the format `ext`; "raw" is the text for Graphviz.

    Raises UsageError without pydot, OutputError if Graphviz is missing or fails.
    """
    graph = get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm)
    if ext == "raw":
        return str(graph.to_string()).encode()
    try:
        picture: bytes = graph.create(format=ext)
    except (OSError, AssertionError) as error:
        notes = [
            str(error).strip().partition("\n")[0],
            "the ending .raw gives the text for Graphviz, which needs no dot",
        ]
        raise OutputError(f"Graphviz's dot cannot draw the net as {ext}", notes=notes) from error
    return picture


def draw_net_to_file(
    caffe_net: caffe_pb2.NetParameter,
    filename: str | os.PathLike[str],
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Writes the picture of the net in the format that the file's ending says. Raises as `draw_net` does."""
    ending = os.fspath(filename).rpartition(".")[2]
    picture = draw_net(caffe_net, rankdir, ending, phase, display_lrm)
    with atomic_write(filename) as file:
        file.write(picture)


def _pydot() -> ModuleType:
    try:
        import pydot
    except ImportError:
        raise UsageError("drawing needs pydot", notes=['pip install "netcc[draw]"']) from None
    module: ModuleType = pydot
    return module
