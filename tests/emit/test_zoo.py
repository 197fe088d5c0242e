"""Every net of the zoo as plain NumPy gives what its plan gives: forward for use, forward and backward in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.emitted import (
    assert_close,
    check_style,
    emit,
    in_double,
    load_class,
    randomize_statistics,
    results_by_name,
)
from helpers.zoo import ZOO, data_shapes
from helpers.zoo_runs import enlarge_to, fill, resized, with_fillers, with_inputs

import netcc
from netcc.schema import caffe_pb2
from netcc.schema.bind import load_net
from netcc.types import Shape
from zoo.generate.catalogue import NETS
from zoo.generate.gallery import GALLERY

SIDES = {
    "densenet": 32,
    "mobilenet": 32,
    "plain": 32,
    "resnet": 32,
    "se_resnet": 32,
    "shufflenet": 64,
    "squeezenet": 67,
    "inception": 139,
    "nin": 131,
    "fcn8s": 32,
    "xception": 75,
    "unet": 188,
    "deeplab": 65,
    "blocks/aspp": 9,
}
"""The side of an image that is enough for nets of these families."""

FAST = {"char_lstm", "cifar10_quick", "lenet5", "mlp", "mobilenet_v2", "resnet20_cifar", "shufflenet", *GALLERY}
FAST |= {"squeezenet_1_1"}
FAST -= {"blocks/aspp"}
"""Nets that take about a second; the others are for `make test-slow`."""

TRAINED = {"char_lstm", "cifar10_full", "lenet5", "mlp", "resnet20_cifar", "shufflenet"}
"""Nets whose training is tried every time."""

WHOLE: dict[str, dict[str, Shape]] = {
    "ssd300": {"data": (1, 3, 300, 300)},
    "inception_v3": {"data": (2, 3, 299, 299)},
    "unet": {"data": (2, 1, 188, 188), "label": (2, 1, 4, 4)},
    "fcn8s": {"data": (1, 3, 32, 32), "label": (1, 1, 32, 32)},
    "deeplab_v3": {"data": (3, 3, 97, 97), "label": (3, 1, 97, 97)},
}
"""What the boxes, the helper's classifier, labels of pixels and windows with large holes need in training."""

NARROW = {name: {"fc6": 256, "fc7": 256} for name in ("fcn8s", "vgg11", "vgg13", "vgg19")}
"""Layers with fewer outputs than in the nets of the zoo, whose fc6 alone has 103 million weights; vgg16 has all."""

START = {"fcn8s": ("score_fr", "score_pool4", "score_pool3")}
"""Layers that begin at zero in the recipe, and would let no gradient through."""


def small(name: str, batch: int) -> dict[str, Shape]:
    side = next((size for family, size in SIDES.items() if name.startswith(family)), None)
    return {} if side is None or name.endswith("_cifar") else {"data": (batch, 3, side, side)}


def marked(names: list[str], fast: set[str]) -> list[object]:
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", marked([*NETS, *GALLERY], FAST))
def test_forward(name: str, tmp_path: Path) -> None:
    message = with_fillers(resized(load_net(ZOO / name / "deploy.prototxt").message, small(name, 1)))
    with netcc.Net(message, netcc.TEST, seed=3, gradients=False) as net:
        randomize_statistics(net)
        fill(net, name)
        made = emit(net, tmp_path / "net.py")
        check_style(tmp_path / "net.py")
        inputs = [net.blobs[value.name].data.copy() for value in made.inputs]
        results = results_by_name(made, load_class(tmp_path / "net.py", net.name)().forward(*inputs))
        expected = net.forward()
        assert results.keys() == expected.keys()
        for blob, values in expected.items():
            assert_close(results[blob], values, blob)


def training_net(name: str) -> caffe_pb2.NetParameter:
    """The zoo's net with inputs in place of data, as small as it may be, so that every parameter has a gradient."""
    shapes = {**data_shapes(name), **small(name, 2)}
    if shapes.get("data", ())[1:] == (3, 32, 32) and not name.endswith("_cifar"):
        shapes["data"] = (4, 3, 64, 64)  # so that the last BatchNorm has more than two numbers
    shapes |= WHOLE.get(name, {})
    message = with_inputs(load_net(ZOO / name / "train.prototxt").message, shapes)
    enlarge_to(message, data_shapes(name)["data"][-1], shapes["data"][-1])
    for layer in message.layer:
        if layer.name in NARROW.get(name, {}):
            sizes = layer.inner_product_param if layer.type == "InnerProduct" else layer.convolution_param
            sizes.num_output = NARROW[name][layer.name]
        if layer.name in START.get(name, ()):
            layer.convolution_param.weight_filler.type = "xavier"
    return message


@pytest.mark.parametrize("name", marked([*NETS], TRAINED))
def test_training(name: str, tmp_path: Path) -> None:
    with netcc.Net(training_net(name), netcc.TRAIN, seed=3, dtype=np.float64) as net:
        fill(net, name)
        made = emit(net, tmp_path / "net.py", train=True)
        check_style(tmp_path / "net.py")
        inputs = [net.blobs[value.name].data.copy() for value in made.inputs]
        other = load_class(in_double(tmp_path / "net.py"), net.name)()
        if hasattr(other, "random"):
            other.random.bit_generator.state = net._random.bit_generator.state  # what Dropout drops
        expected = {blob: values.copy() for blob, values in net.forward().items()}
        results = results_by_name(made, other.forward(*inputs))
        for blob, values in expected.items():
            assert_close(results[blob], values, blob)
        net.gradient()
        gradients = other.backward()
        parameters, diffs, arrays = made.parameters(), net.parameter_diff_arrays(), net.parameter_arrays()
        assert gradients.keys() == {key for key, item in parameters.items() if item.learns}
        for key, parameter in parameters.items():
            if parameter.learns:
                assert_close(gradients[key], diffs[parameter], key)
            else:
                assert_close(other.parameters[key], arrays[parameter], key)
