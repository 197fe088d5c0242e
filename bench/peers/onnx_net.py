"""A program of operators as an ONNX model, for inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper

from bench.peers.numbers import Floats
from bench.peers.operators import Operator, Program
from netcc.types import Shape

OPSET = 19


class Model:
    """Collects the nodes of a model."""

    def __init__(self, program: Program, weights: Mapping[str, Floats]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for operator in program.operators:
            WRITERS[operator.kind](self, operator)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def constant(self, name: str, array: Floats) -> str:
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def parameters(self, operator: Operator) -> list[str]:
        return [self.constant(name, self.weights[name]) for name in operator.parameters]


def onnx_model(program: Program, weights: Mapping[str, Floats], batch: Shape, outputs: list[Shape]) -> bytes:
    """The serialized model; `batch` is the shape of its one input."""
    model = Model(program, weights)
    tensor = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        model.nodes,
        "net",
        [helper.make_tensor_value_info(str(program.inputs[0]), tensor, batch)],
        [
            helper.make_tensor_value_info(str(number), tensor, shape)
            for number, shape in zip(program.outputs, outputs, strict=True)
        ],
        model.constants,
    )
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    return bytes(whole.SerializeToString())


def _names(operator: Operator) -> tuple[list[str], str]:
    return [str(number) for number in operator.inputs], str(operator.output)


def _plain(kind: str, *attributes: str) -> Callable[[Model, Operator], None]:
    """An operator that ONNX has under the same attributes."""

    def write(model: Model, operator: Operator) -> None:
        chosen = {name: operator.attributes[name] for name in attributes}
        model.node(kind, *_names(operator), **chosen)

    return write


def _convolution(model: Model, operator: Operator) -> None:
    inputs, output = _names(operator)
    a = operator.attributes
    model.node(
        "Conv" if operator.kind == "convolution" else "ConvTranspose",
        [*inputs, *model.parameters(operator)],
        output,
        strides=a["stride"],
        pads=(*a["pad"], *a["pad"]),
        dilations=a["dilation"],
        group=a["group"],
    )


def _pooling(model: Model, operator: Operator) -> None:
    """Caffe rounds sizes up and clips windows; explicit far padding says the same without `ceil_mode`."""
    a = operator.attributes
    pads = {"pads": (*a["pad"], *a["far_pad"])}
    if operator.kind == "max pooling":
        model.node("MaxPool", *_names(operator), kernel_shape=a["kernel"], strides=a["stride"], **pads)
        return
    padded = any(a["pad"])
    if padded and a["ceil"]:
        raise NotImplementedError(f"layer {operator.name!r}: a mean over padding that ONNX cannot count as Caffe does")
    model.node(
        "AveragePool",
        *_names(operator),
        kernel_shape=a["kernel"],
        strides=a["stride"],
        count_include_pad=int(padded),
        **pads,
    )


def _linear(model: Model, operator: Operator) -> None:
    inputs, output = _names(operator)
    model.node("Flatten", inputs, f"{output} flat", axis=1)
    model.node("Gemm", [f"{output} flat", *model.parameters(operator)], output, transB=1)


def _batch_norm(model: Model, operator: Operator) -> None:
    inputs, output = _names(operator)
    mean, variance, factor, *affine = (model.weights[name] for name in operator.parameters)
    scale, bias = affine or (np.ones_like(mean), np.zeros_like(mean))
    arrays = {"scale": scale, "bias": bias, "mean": mean / factor, "variance": variance / factor}
    names = [model.constant(f"{operator.name} {name}", array) for name, array in arrays.items()]
    model.node("BatchNormalization", [*inputs, *names], output, epsilon=operator.attributes["eps"])


def _lrn(model: Model, operator: Operator) -> None:
    a = operator.attributes
    model.node("LRN", *_names(operator), size=a["size"], alpha=a["alpha"], beta=a["beta"], bias=a["k"])


def _relu(model: Model, operator: Operator) -> None:
    slope = operator.attributes["slope"]
    if slope:
        model.node("LeakyRelu", *_names(operator), alpha=slope)
    else:
        model.node("Relu", *_names(operator))


def _sum(model: Model, operator: Operator) -> None:
    if any(factor != 1 for factor in operator.attributes["coefficients"]):
        raise NotImplementedError(f"layer {operator.name!r}: sums with coefficients")
    model.node("Add" if len(operator.inputs) == 2 else "Sum", *_names(operator))


def _reshape(model: Model, operator: Operator) -> None:
    inputs, output = _names(operator)
    shape = numpy_helper.from_array(np.array(operator.attributes["shape"], np.int64), f"{output} shape")
    model.constants.append(shape)
    model.node("Reshape", [*inputs, shape.name], output)


WRITERS: dict[str, Callable[[Model, Operator], None]] = {
    "convolution": _convolution,
    "deconvolution": _convolution,
    "max pooling": _pooling,
    "mean pooling": _pooling,
    "batch norm": _batch_norm,
    "linear": _linear,
    "lrn": _lrn,
    "relu": _relu,
    "sum": _sum,
    "reshape": _reshape,
    "product": _plain("Mul"),
    "maximum": _plain("Max"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "concat": _plain("Concat", "axis"),
    "softmax": _plain("Softmax", "axis"),
    "dropout": _plain("Identity"),
}
