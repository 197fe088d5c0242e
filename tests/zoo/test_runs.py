"""The nets of the zoo run: one forward pass, and one iteration of training for those that are not too large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.zoo_runs import outputs_of, trained_once

from netcc.types import Shape
from zoo.generate.catalogue import NETS
from zoo.generate.gallery import GALLERY

SMALL = {
    "densenet": 64,
    "mobilenet": 64,
    "plain": 64,
    "resnet": 64,
    "se_resnet": 64,
    "shufflenet": 64,
    "squeezenet": 67,
    "inception": 139,
    "nin": 131,
    "fcn8s": 32,
    "deeplab": 65,
    "unet": 188,
    "blocks/aspp": 9,
}
"""The side of an image that is enough for nets of these families: their last pooling takes any size."""

CIFAR_SIDE = 16

FAST = {"alexnet", "char_lstm", "cifar10_full", "cifar10_quick", "lenet5", "mlp", "nin", "shufflenet"}
FAST |= {"mobilenet_v1", "mobilenet_v2", "resnet18", "resnet20_cifar", "resnet56_cifar"}
FAST |= {"squeezenet_1_0", "squeezenet_1_1", *GALLERY} - {"blocks/aspp"}
"""Nets and blocks that take less than a second; the others are for `make test-slow`."""

LARGEST = 30_000_000
"""Parameters up to which a net is trained for an iteration."""

WHOLE = {"googlenet": {}, "inception_v3": {}, "ssd300": {"data": (1, 3, 300, 300)}}
"""Nets that are trained on full images: auxiliary classifiers and default boxes need their maps."""


def side(name: str) -> int | None:
    if name.endswith("_cifar"):
        return CIFAR_SIDE
    return next((size for family, size in SMALL.items() if name.startswith(family)), None)


def small_images(name: str, batch: int) -> dict[str, Shape]:
    size = side(name)
    if size is None:
        return {}
    channels = NETS[name].input[0] if name in NETS else GALLERY[name].input[0]
    return {"data": (batch, channels, size, size)}


def marked(names: list[str]) -> list[object]:
    return [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", marked([*NETS, *GALLERY]))
def test_a_forward_pass(name: str) -> None:
    for blob, values in outputs_of(name, small_images(name, 1)).items():
        assert np.isfinite(values).all(), blob
        if blob == "prob":
            classes = 2 if name == "char_lstm" else 1
            assert np.allclose(values.sum(axis=classes), 1, atol=1e-4)
            assert values.std() > 0


@pytest.mark.parametrize("name", marked([name for name, net in NETS.items() if net.parameters < LARGEST]))
def test_an_iteration_of_training(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loss, unchanged = trained_once(name, WHOLE.get(name, small_images(name, 2)))
    assert np.isfinite(loss)
    assert loss > 0
    assert unchanged == []
