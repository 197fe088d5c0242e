"""Do two files say the same net?"""

from __future__ import annotations

import pytest
from helpers.nets import inner_product, input_layer, layer, shaped

from netcc.deploy.compare import differences
from netcc.types import TEST

NET = (
    input_layer("data", 1, 3, 8, 8)
    + layer("conv", "Convolution", "data", "conv", "convolution_param { num_output: 4 kernel_size: 3 }")
    + layer("relu", "ReLU", "conv", "conv")
    + layer("drop", "Dropout", "conv", "conv")
    + layer("pool", "Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    + inner_product("ip", "pool", "score", 5)
    + layer("prob", "Softmax", "score", "prob")
)


def found(text: str) -> list[str]:
    return [str(item).splitlines()[0] for item in differences(shaped(NET, TEST), shaped(text, TEST))]


@pytest.mark.parametrize(
    "change",
    [
        ("", ""),
        ("kernel_size: 3", "kernel_h: 3 kernel_w: 3"),
        ('name: "prob"', 'name: "probabilities"'),
        (layer("prob", "Softmax", "score", "prob"), ""),
        (layer("drop", "Dropout", "conv", "conv"), ""),
        (layer("drop", "Dropout", "conv", "conv"), layer("drop", "Dropout", "conv", "dropped")),
        ("dim: 1 dim: 3 dim: 8 dim: 8", "dim: 10 dim: 3 dim: 8 dim: 8"),
        ('"gaussian"', '"xavier"'),
        ("std: 0.5", ""),
    ],
)
def test_what_makes_no_difference(change: tuple[str, str]) -> None:
    text = NET.replace(*change) if change[0] else NET
    text = text.replace('bottom: "conv" top: "pool"', 'bottom: "dropped" top: "pool"') if "dropped" in text else text
    assert found(text) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("stride: 2", "stride: 1"), [
            "<text>:5:1: error: layer 'pool': stride is 1 x 1; trained with 2 x 2",
            "<text>:6:1: error: layer 'ip' has parameters of 5 x 100, 5; trained with 5 x 36, 5",
        ]),
        (('"relu" type: "ReLU"', '"relu" type: "TanH"'), ["<text>:3:22: error: layer 'relu' is TanH; trained as ReLU"]),
        (("num_output: 5", "num_output: 6"), [
            "<text>:6:1: error: layer 'ip': num_output is 6; trained with 5",
            "<text>:6:1: error: layer 'ip' has parameters of 6 x 36, 6; trained with 5 x 36, 5",
        ]),
        (('name: "ip"', 'name: "ip2"'), [
            "error: layer 'ip' (InnerProduct) is missing",
            "<text>:7:38: error: layer 'prob' reads 'ip2'; trained to read 'ip'",
            "<text>:6:1: error: layer 'ip2' (InnerProduct) is not in the net for training",
        ]),
        (("dim: 8 dim: 8", "dim: 9 dim: 8"), [
            "<text>:1:1: error: input 'data' is 1 x 3 x 9 x 8; trained with 1 x 3 x 8 x 8",
            "<text>:6:1: error: layer 'ip' has parameters of 5 x 48, 5; trained with 5 x 36, 5",
        ]),
        ((layer("relu", "ReLU", "conv", "conv"), ""), [
            "error: layer 'relu' (ReLU) is missing",
            "<text>:4:38: error: layer 'pool' reads 'conv'; trained to read 'relu'",
        ]),
    ],
)  # fmt: skip
def test_what_makes_one(change: tuple[str, str], told: list[str]) -> None:
    assert found(NET.replace(*change)) == told


def test_an_input_of_another_name() -> None:
    assert found(NET.replace('"data"', '"image"'))[0] == "error: input 'data' is missing"
