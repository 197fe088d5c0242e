"""A shaped graph as a list of plain operators: what Caffe's fields mean, without the words of any framework.

Both translators stand on it. BatchNorm and the Scale after it become one operator, as every framework has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.peers.numbers import key
from netcc.ir.graph import Graph, Node, Value
from netcc.layers.window import PoolingFields, WindowFields
from netcc.schema import caffe_pb2


@dataclass
class Operator:
    """One step of a net. Values are numbered; `frees` are those that no later step reads."""

    kind: str
    name: str
    inputs: tuple[int, ...]
    output: int
    parameters: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    in_place: bool = False
    frees: tuple[int, ...] = ()


@dataclass
class Program:
    """Operators in order. `inputs` and `outputs` are numbers of values; `losses` pairs of value and weight."""

    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]
    losses: list[tuple[int, float]]


def translate(graph: Graph) -> Program:
    """Raises NotImplementedError at a layer that the comparison does not know."""
    numbers: dict[Value, int] = {}
    operators: list[Operator] = []
    joined = _joined_scales(graph)
    for node in graph.nodes:
        if node.layer.is_input or node.type == "Accuracy":
            for value in node.outputs:
                numbers[value] = len(numbers)
            continue
        if node in joined:
            numbers[node.outputs[0]] = numbers[node.inputs[0]]
            continue
        if node.type == "Split":
            numbers.update((value, numbers[node.inputs[0]]) for value in node.outputs)
            continue
        kind, attributes = READERS[node.type](node) if node.type in READERS else _unknown(node)
        own = [key(parameter) for parameter in node.parameters]
        if node.type == "BatchNorm":
            scale = next((other for other in joined if other.inputs[0] is node.outputs[0]), None)
            own += [key(parameter) for parameter in scale.parameters] if scale else []
        sources = tuple(numbers[value] for value in node.inputs)
        target = numbers[node.outputs[0]] = len(numbers)
        operators.append(Operator(kind, node.name, sources, target, tuple(own), attributes, node.in_place(0)))
    outputs = [numbers[value] for value in graph.outputs() if value.producer.type != "Accuracy"]
    losses = [(numbers[value], value.loss_weight) for value in graph.loss_values()]
    _mark_last_reads(operators, {*outputs, *(number for number, _ in losses)})
    return Program(operators, [numbers[value] for value in graph.inputs()], outputs, losses)


def _joined_scales(graph: Graph) -> list[Node]:
    """Scale layers with a bias that alone read what a BatchNorm layer gives."""
    return [
        node
        for node in graph.nodes
        if node.type == "Scale"
        and len(node.parameters) == 2
        and node.inputs[0].producer.type == "BatchNorm"
        and len(node.inputs[0].uses) == 1
    ]


def _mark_last_reads(operators: list[Operator], kept: set[int]) -> None:
    seen: set[int] = set(kept)
    for operator in reversed(operators):
        operator.frees = tuple({*operator.inputs} - seen)
        seen.update(operator.inputs)


def _unknown(node: Node) -> tuple[str, dict[str, Any]]:
    raise NotImplementedError(f"layer {node.name!r}: the comparison has no translation of {node.type}")


def _convolution(node: Node) -> tuple[str, dict[str, Any]]:
    fields = node.message.convolution_param
    window = WindowFields.read(fields).window(2)
    kind = "convolution" if node.type == "Convolution" else "deconvolution"
    return kind, {
        "stride": window.stride,
        "pad": window.pad,
        "dilation": window.dilation,
        "group": fields.group,
    }


def _pooling(node: Node) -> tuple[str, dict[str, Any]]:
    fields = node.message.pooling_param
    size, result = node.inputs[0].shape[2:], node.outputs[0].shape[2:]
    window = PoolingFields.read(fields).window(size)
    kind = {caffe_pb2.PoolingParameter.MAX: "max pooling", caffe_pb2.PoolingParameter.AVE: "mean pooling"}[fields.pool]
    # How far the last window reaches beyond the image: the far padding that makes rounding down give Caffe's size.
    reach = [
        max(0, (r - 1) * s + k - length - p)
        for r, s, k, length, p in zip(result, window.stride, window.kernel, size, window.pad, strict=True)
    ]
    return kind, {
        "kernel": window.kernel,
        "stride": window.stride,
        "pad": window.pad,
        "far_pad": tuple(reach),
        "ceil": any(f > p for f, p in zip(reach, window.pad, strict=True)),
        "result": result,
    }


def _inner_product(node: Node) -> tuple[str, dict[str, Any]]:
    fields = node.message.inner_product_param
    if fields.axis != 1 or fields.transpose:
        raise NotImplementedError(f"layer {node.name!r}: inner products of axis 1 only, not transposed")
    return "linear", {}


def _lrn(node: Node) -> tuple[str, dict[str, Any]]:
    fields = node.message.lrn_param
    if fields.norm_region != caffe_pb2.LRNParameter.ACROSS_CHANNELS:
        raise NotImplementedError(f"layer {node.name!r}: LRN across channels only")
    return "lrn", {"size": fields.local_size, "alpha": fields.alpha, "beta": fields.beta, "k": fields.k}


def _batch_norm(node: Node) -> tuple[str, dict[str, Any]]:
    return "batch norm", {"eps": node.message.batch_norm_param.eps}


def _eltwise(node: Node) -> tuple[str, dict[str, Any]]:
    fields = node.message.eltwise_param
    names = {fields.SUM: "sum", fields.PROD: "product", fields.MAX: "maximum"}
    return names[fields.operation], {"coefficients": tuple(fields.coeff) or (1.0,) * len(node.inputs)}


def _loss(node: Node) -> tuple[str, dict[str, Any]]:
    if node.message.HasField("loss_param"):
        raise NotImplementedError(f"layer {node.name!r}: the plain loss only")
    return "softmax loss", {}


READERS = {
    "Convolution": _convolution,
    "Deconvolution": _convolution,
    "Pooling": _pooling,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "BatchNorm": _batch_norm,
    "Eltwise": _eltwise,
    "SoftmaxWithLoss": _loss,
    "ReLU": lambda node: ("relu", {"slope": node.message.relu_param.negative_slope}),
    "Sigmoid": lambda node: ("sigmoid", {}),
    "TanH": lambda node: ("tanh", {}),
    "Concat": lambda node: ("concat", {"axis": node.message.concat_param.axis}),
    "Softmax": lambda node: ("softmax", {"axis": node.message.softmax_param.axis}),
    "Dropout": lambda node: ("dropout", {"ratio": node.message.dropout_param.dropout_ratio}),
    "Flatten": lambda node: ("reshape", {"shape": node.outputs[0].shape}),
    "Reshape": lambda node: ("reshape", {"shape": node.outputs[0].shape}),
}
"""How the fields of each type of layer are read: kind of operator and its attributes."""
