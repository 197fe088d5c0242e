"""One forward pass is enough for any number of backward passes, as in Caffe."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.runtime.net import Net
from netcc.types import TRAIN

TEXT = (
    "force_backward: true\n"
    + input_layer("x", 4, 3, 9, 9)
    + input_layer("y", 4)
    + layer(
        "conv",
        "Convolution",
        "x",
        "c",
        'convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "xavier" } }',
    )
    + layer("norm", "LRN", "c", "n")
    + layer("pool", "Pooling", "n", "p", "pooling_param { kernel_size: 3 stride: 2 }")
    + layer("drop", "Dropout", "p", "p")
    + inner_product("ip", "p", "z", 5)
    + layer("loss", "SoftmaxWithLoss", "z y", "loss")
)


@pytest.mark.parametrize("part", [None, "ip"])
def test_backward_runs_again_with_the_same_result(part: str | None) -> None:
    net = Net(TEXT, TRAIN, seed=0)
    net.forward(x=np.random.default_rng(0).normal(size=(4, 3, 9, 9)), y=np.arange(4))
    first = net.backward()["x"].copy()
    assert first.any()
    for _ in range(3):
        np.testing.assert_array_equal(net.backward(start=part)["x"], first)
    net.forward(start="pool")
    net.blobs["x"].diff[...] = 0
    assert net.backward()["x"].any()


def test_another_gradient_of_the_same_pass() -> None:
    net, other = (Net(TEXT, TRAIN, seed=0) for _ in range(2))
    inputs = {"x": np.random.default_rng(0).normal(size=(4, 3, 9, 9)), "y": np.arange(4)}
    for each in (net, other):
        each.forward(**inputs)
    net.backward(loss=1)
    np.testing.assert_array_equal(net.backward(loss=2)["x"], other.backward(loss=2)["x"])
