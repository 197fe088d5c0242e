"""A backward pass in parts, where a blob has readers inside and outside of a part."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

SCALES = "".join(
    layer(name, "Power", "a", name, f"power_param {{ scale: {scale} }}") for name, scale in (("p", 2), ("q", 3))
)
NET = (
    "force_backward: true\n"
    + input_layer("x", 1, 2)
    + layer("a", "Power", "x", "a")
    + SCALES
    + inner_product("ip", "q", "o", 2)
)


@pytest.fixture
def net(caffe: ModuleType, write: Callable[[str, str], str]) -> Any:
    made = caffe.Net(write("net.prototxt", NET), caffe.TEST)
    made.forward()
    made.blobs["p"].diff[...] = 1
    made.blobs["q"].diff[...] = 1
    return made


@pytest.mark.parametrize("hooked", [False, True])
def test_a_part_can_be_repeated(net: Any, hooked: bool) -> None:
    if hooked:
        net.before_backward(lambda number: None)
    for _ in range(3):
        net.backward(start="p")
        np.testing.assert_array_equal(net.blobs["x"].diff, [[2, 2]])


@pytest.mark.parametrize("times", [1, 2])
def test_parts_one_after_the_other_are_one_pass(net: Any, times: int) -> None:
    for _ in range(times):
        net.backward(start="q", end="q")
        net.backward(start="p", end="p")
        np.testing.assert_array_equal(net.blobs["a"].diff, [[5, 5]])
        net.backward(start="a")
    np.testing.assert_array_equal(net.blobs["x"].diff, [[5, 5]])


def test_a_whole_pass_after_a_part_begins_anew(net: Any) -> None:
    net.backward(start="p")
    net.params["ip"][0].data[...] = 0
    net.backward(p=np.ones((1, 2)), o=np.ones((1, 2)))
    np.testing.assert_array_equal(net.blobs["x"].diff, [[2, 2]])
