"""Runs of the zoo's nets on random numbers in place of data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import netcc
from helpers.zoo import ZOO, data_shapes
from netcc.schema import caffe_pb2
from netcc.schema.bind import load_net, load_solver
from netcc.types import Array, Shape

BOX = (0, 1, 0, 0.1, 0.2, 0.5, 0.7, 0)
"""Item, class, instance, corners and difficulty of the box that every image gets."""


def resized(message: caffe_pb2.NetParameter, shapes: Mapping[str, Shape]) -> caffe_pb2.NetParameter:
    """The net with other shapes of its inputs, and maps enlarged to what is now their size."""
    for layer in message.layer:
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False):
            if top in shapes:
                enlarge_to(message, shape.dim[-1], shapes[top][-1])
                shape.dim[:] = shapes[top]
    return message


def enlarge_to(message: caffe_pb2.NetParameter, old: int, new: int) -> None:
    """Lets maps be enlarged for images of side `new` that were made for images of side `old`."""
    sides = {old: new, at_stride(old): at_stride(new)}
    for layer in message.layer:
        if layer.type == "Interp":
            layer.interp_param.height = layer.interp_param.width = sides[layer.interp_param.height]


def at_stride(side: int) -> int:
    """The side of the map on which DeepLab looks at an image of this side."""
    return (side - 1) // 8 + 1


def outputs_of(name: str, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """What the net for use makes of one random example with initial parameters.

    BatchNorm needs means and variances, which one pass in the phase TRAIN leaves behind.
    """
    message = with_fillers(resized(load_net(ZOO / name / "deploy.prototxt").message, shapes))
    learner = None
    if any(layer.type == "BatchNorm" for layer in message.layer):
        learner = netcc.Net(message, netcc.TRAIN, seed=3, gradients=False)
        fill(learner, name)
        learner.forward()
    with netcc.Net(message, netcc.TEST, seed=3, share=learner, gradients=False) as net:
        fill(net, name)
        return {blob: values.copy() for blob, values in net.forward().items()}


def with_fillers(message: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """Random weights where the net for use names none, so that what comes out depends on what went in."""
    for layer in message.layer:
        own = {
            "Convolution": layer.convolution_param,
            "InnerProduct": layer.inner_product_param,
            "LSTM": layer.recurrent_param,
            "Embed": layer.embed_param,
        }.get(layer.type)
        if own is not None:
            own.weight_filler.type = "xavier"
    return message


def trained_once(name: str, shapes: Mapping[str, Shape]) -> tuple[float, list[str]]:
    """The loss of the first iteration, and the layers that learned nothing from it."""
    message = load_net(ZOO / name / "train.prototxt").message
    solver = load_solver(ZOO / name / "solver.prototxt").message
    for field in ("net", "test_iter", "test_interval", "snapshot", "iter_size", "eval_type", "ap_version"):
        solver.ClearField(field)
    solver.snapshot_after_train = False
    with netcc.Solver(solver, net=with_inputs(message, {**data_shapes(name), **shapes}), seed=3) as run:
        fill(run.net, name)
        before = {layer: [blob.data.copy() for blob in blobs] for layer, blobs in run.net.params.items()}
        run.step(1)
        unchanged = [
            layer
            for layer, blobs in run.net.params.items()
            if all(np.array_equal(blob.data, old) for blob, old in zip(blobs, before[layer], strict=True))
        ]
        return run.net.loss, unchanged


def with_inputs(message: caffe_pb2.NetParameter, shapes: Mapping[str, Shape]) -> caffe_pb2.NetParameter:
    """The training net with Input layers in place of its data layers."""
    kept = [layer for layer in message.layer if layer.bottom]
    sources = [layer for layer in message.layer if not layer.bottom and layer.include[0].phase == caffe_pb2.TRAIN]
    made = caffe_pb2.NetParameter(name=message.name)
    for source in sources:
        for top in source.top:
            layer = made.layer.add(name=top, type="Input", top=[top])
            layer.input_param.shape.add(dim=shapes.get(top) or shapes["data"][:1])
    made.layer.extend(kept)
    return made


def fill(net: netcc.Net, name: str) -> None:
    """Random images, labels of the first two classes (letters: of the first 20), one box for each image."""
    random = np.random.default_rng(5)
    letters = name == "char_lstm"
    for blob in net.inputs:
        values = net.blobs[blob].data
        if blob == "cont":
            values[...] = 1
        elif blob == "label" and name == "ssd300":
            values[...] = BOX
            values[0, 0, :, 0] = np.arange(values.shape[2]) % net.blobs["data"].shape[0]
        elif blob == "label" or letters:
            values[...] = random.integers(0, 20 if letters else 2, values.shape)
        else:
            values[...] = random.normal(size=values.shape)
