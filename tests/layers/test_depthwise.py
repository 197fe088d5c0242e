"""Convolutions channel by channel are convolutions with as many groups as channels."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape

X = np.random.default_rng(1).uniform(-1, 1, (2, 4, 6, 5))
WINDOW = "kernel_size: 3 pad: 1 stride: 2"


@pytest.mark.parametrize("kind", ["DepthwiseConvolution", "ConvolutionDepthwise"])
def test_each_channel_has_its_own_kernel(kind: str) -> None:
    layer = make_layer(kind, f"convolution_param {{ num_output: 4 {WINDOW} }}")
    plain = make_layer("Convolution", f"convolution_param {{ num_output: 4 group: 4 {WINDOW} }}")
    signature = layer.infer([X.shape], 1)
    assert [parameter.shape for parameter in signature.parameters] == [(4, 1, 3, 3), (4,)]
    weights = np.random.default_rng(2).uniform(size=(4, 1, 3, 3))
    found, expected = (run_layer(one, [X], [weights, np.arange(4)]) for one in (layer, plain))
    np.testing.assert_array_equal(found.tops[0], expected.tops[0])


@pytest.mark.parametrize(
    ("kind", "fields", "weights"),
    [
        ("DepthwiseConvolution", "num_output: 8", (8, 1, 3, 3)),
        ("DepthwiseConvolution", "num_output: 6 group: 2", (6, 2, 3, 3)),
        ("DepthwiseConvolution", "num_output: 6 group: 1", (6, 4, 3, 3)),
        ("ConvolutionDepthwise", "num_output: 4 group: 2", (4, 1, 3, 3)),
        ("ConvolutionDepthwise", "num_output: 4 group: 1", (4, 1, 3, 3)),
    ],
)
def test_groups(kind: str, fields: str, weights: Shape) -> None:
    layer = make_layer(kind, f"convolution_param {{ kernel_size: 3 {fields} }}")
    assert layer.infer([X.shape], 1).parameters[0].shape == weights


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("DepthwiseConvolution", "num_output 6 is not a multiple of the 4 channels"),
        ("ConvolutionDepthwise", "num_output 6 must be the number of channels, 4"),
    ],
)
def test_refused_outputs(kind: str, message: str) -> None:
    layer = make_layer(kind, "convolution_param { num_output: 6 kernel_size: 3 }")
    with pytest.raises(ShapeError) as caught:
        layer.infer([X.shape], 1)
    assert caught.value.message == message


def test_fields_are_checked_as_those_of_a_convolution() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("ConvolutionDepthwise", "convolution_param { kernel_size: 3 }")
    assert caught.value.message == "ConvolutionDepthwise needs num_output"
