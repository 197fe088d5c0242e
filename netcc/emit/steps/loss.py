"""Softmax, losses and metrics."""

from __future__ import annotations

from typing import Any

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults
from netcc.layers.loss import Normalization
from netcc.schema import caffe_pb2

_Modes = caffe_pb2.LossParameter.NormalizationMode


def _normalization(given: Normalization, default: str) -> dict[str, Any]:
    """What a loss is divided by, as the functions have it."""
    name = _Modes.Name(_Modes.ValueType(given.mode))
    options = {"normalization": name, "fixed": given.fixed if name == "PRE_FIXED" else 1.0}
    return without_defaults(options, normalization=default, fixed=1.0)


def _axis(placed: Placed) -> dict[str, Any]:
    return without_defaults({"axis": placed.layer.axis % len(placed.bottoms[0])}, axis=1)


def _ignored(placed: Placed) -> dict[str, Any]:
    return without_defaults({"ignore_label": placed.layer.ignore_label}, ignore_label=None)


@emits("Softmax")
def softmax(placed: Placed) -> Step:
    axis = _axis(placed)
    return Step(Call("softmax", "x0", "y0", axis), Call("softmax_backward", "dy0 y0", "dx0", axis))


@emits("SoftmaxWithLoss")
def softmax_with_loss(placed: Placed) -> Step:
    layer = placed.layer
    refuse("a second top", when=len(placed.tops) > 1)
    weights = without_defaults({"class_weights": layer.class_weights}, class_weights=())
    options = {**_axis(placed), **_ignored(placed), **_normalization(layer.normalization, "VALID"), **weights}
    return Step(
        Call("softmax_with_loss", "x0 x1", "y0", options),
        Call("softmax_with_loss_backward", "dy0 x0 x1", "dx0", options),
    )


@emits("EuclideanLoss")
def euclidean_loss(placed: Placed) -> Step:
    return Step(Call("euclidean_loss", "x0 x1", "y0"), Call("euclidean_loss_backward", "dy0 x0 x1", "dx0 dx1"))


@emits("SigmoidCrossEntropyLoss")
def sigmoid_cross_entropy_loss(placed: Placed) -> Step:
    options = {**_ignored(placed), **_normalization(placed.layer.normalization, "BATCH_SIZE")}
    name = "sigmoid_cross_entropy_loss"
    return Step(Call(name, "x0 x1", "y0", options), Call(f"{name}_backward", "dy0 x0 x1", "dx0", options))


@emits("HingeLoss")
def hinge_loss(placed: Placed) -> Step:
    options = without_defaults({"squared": placed.layer.squared}, squared=False)
    return Step(Call("hinge_loss", "x0 x1", "y0", options), Call("hinge_loss_backward", "dy0 x0 x1", "dx0", options))


@emits("Accuracy")
def accuracy(placed: Placed) -> Step:
    top_k = without_defaults({"top_k": placed.layer.top_k}, top_k=1)
    options = {**top_k, **_axis(placed), **_ignored(placed)}
    if len(placed.tops) == 1:
        return Step(Call("accuracy", "x0 x1", "y0", options))
    return Step(Call("accuracy_by_class", "x0 x1", "y0 y1", options))


@emits("ArgMax")
def arg_max(placed: Placed) -> Step:
    layer = placed.layer
    axis = None if layer.axis is None else layer.axis % len(placed.bottoms[0])
    options = without_defaults(
        {"top_k": layer.top_k, "axis": axis, "values": layer.values}, top_k=1, axis=None, values=False
    )
    return Step(Call("arg_max", "x0", "y0", options))


@emits("Reduction")
def reduction(placed: Placed) -> Step:
    layer = placed.layer
    name = caffe_pb2.ReductionParameter.ReductionOp.Name(layer.operation)
    axis = layer.axis % len(placed.bottoms[0])
    options = without_defaults(
        {"operation": name, "axis": axis, "coefficient": layer.coefficient}, axis=0, coefficient=1
    )
    return Step(Call("reduce", "x0", "y0", options), Call("reduce_backward", "dy0 x0", "dx0", options))


@emits("ContrastiveLoss")
def contrastive_loss(placed: Placed) -> Step:
    options = without_defaults({"margin": placed.layer.margin, "legacy": placed.layer.legacy}, margin=1, legacy=False)
    return Step(
        Call("contrastive_loss", "x0 x1 x2", "y0", options),
        Call("contrastive_loss_backward", "dy0 x0 x1 x2", "dx0 dx1", options),
    )


@emits("MultinomialLogisticLoss")
def multinomial_logistic_loss(placed: Placed) -> Step:
    name = "multinomial_logistic_loss"
    return Step(Call(name, "x0 x1", "y0"), Call(f"{name}_backward", "dy0 x0 x1", "dx0"))
