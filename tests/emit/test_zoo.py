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
from helpers.zoo_runs import fill, resized, with_fillers, with_inputs

import netcc
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
}
"""What the boxes, the helper's classifier and labels of pixels need in training."""

UNTRAINED = {"deeplab_v3", "fcn8s", "resnet1202_cifar"}
"""Maps of 65 x 65 with 2048 channels; scores that begin at zero, with gradients of 1e-8 beside a loss of 1e4; and 3,600
layers: nets whose training is not compared."""


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


@pytest.mark.parametrize("name", marked([name for name in NETS if name not in UNTRAINED], TRAINED))
def test_training(name: str, tmp_path: Path) -> None:
    shapes = {**data_shapes(name), **small(name, 2)}
    if shapes.get("data", ())[1:] == (3, 32, 32) and not name.endswith("_cifar"):
        shapes["data"] = (4, 3, 64, 64)  # so that the last BatchNorm has more than two numbers
    shapes |= WHOLE.get(name, {})
    message = with_inputs(load_net(ZOO / name / "train.prototxt").message, shapes)
    with netcc.Net(message, netcc.TRAIN, seed=3, dtype=np.float64) as net:
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
        learning = {key for key, item in made.parameters().items() if item.learns}
        assert gradients.keys() == learning
        for key, parameter in made.parameters().items():
            if parameter.learns:
                diff = net.parameter_diff_arrays()[parameter]
                assert_close(gradients[key], diff, key)
            else:
                assert_close(other.parameters[key], net.parameter_arrays()[parameter], key)
