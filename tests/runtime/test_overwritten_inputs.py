"""An input blob that a layer overwrites in place: its owner sees one blob, as in Caffe, whatever memory lies below."""

from __future__ import annotations

import numpy as np
import pytest

from netcc import TRAIN, Net

# Scale needs its bottom in the backward pass, so its top cannot lie in the same memory.
NET = """
force_backward: true
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "scale" type: "Scale" bottom: "x" top: "x" scale_param { filler { value: 3 } } }
"""
READ = NET + 'layer { name: "y" type: "Power" bottom: "x" top: "y" power_param { shift: 1 } }'


@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize(("text", "output", "expected"), [(NET, "x", 6), (READ, "y", 7)])
def test_numbers_put_into_the_blob_are_the_input(text: str, output: str, expected: float, keep_all: bool) -> None:
    net = Net(text, TRAIN, keep_all=keep_all)
    net.blobs["x"].data[...] = 2
    np.testing.assert_array_equal(net.forward()[output], np.full((2, 3), expected))
    np.testing.assert_array_equal(net.forward(x=np.full((2, 3), 2))[output], np.full((2, 3), expected))


def test_blob_shows_what_was_written_over_it_and_is_the_input_of_the_next_pass() -> None:
    net = Net(NET, TRAIN)
    net.forward(x=np.ones((2, 3)))
    np.testing.assert_array_equal(net.blobs["x"].data, np.full((2, 3), 3))
    np.testing.assert_array_equal(net.forward()["x"], np.full((2, 3), 9))


def test_diff_after_a_backward_pass_is_that_of_the_input() -> None:
    net = Net(READ, TRAIN)
    net.forward(x=np.full((2, 3), 5))
    diffs = net.backward(y=np.ones((2, 3)))
    np.testing.assert_array_equal(diffs["x"], np.full((2, 3), 3))
    np.testing.assert_array_equal(net.params["scale"][0].diff, [10, 10, 10])
