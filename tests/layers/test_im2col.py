"""Im2col against a convolution with a unit kernel, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


@pytest.mark.parametrize(
    ("fields", "size", "kernel"),
    [
        ("kernel_size: 3 pad: 1 stride: 2", (6, 5), (3, 3)),
        ("kernel_h: 2 kernel_w: 1", (4, 3), (2, 1)),
        ("kernel_size: 2 dilation: 3", (5, 7), (2, 2)),
        ("kernel_size: 3", (5,), (3,)),
        ("kernel_size: 2 pad: 1", (2, 3, 2), (2, 2, 2)),
    ],
)
def test_a_product_with_the_weights_is_the_convolution(fields: str, size: Shape, kernel: Shape) -> None:
    random = np.random.default_rng(1)
    x, weights = random.uniform(size=(2, 3, *size)), random.uniform(size=(4, 3, *kernel))
    columns = run_layer(make_layer("Im2col", f"convolution_param {{ {fields} }}"), [x]).tops[0]
    convolution = make_layer("Convolution", f"convolution_param {{ num_output: 4 bias_term: false {fields} }}")
    expected = run_layer(convolution, [x], [weights]).tops[0]
    found = np.einsum("ok,nk...->no...", weights.reshape(4, -1), columns)
    np.testing.assert_allclose(found, expected)


def test_axes_before_the_channels_are_batch() -> None:
    layer = make_layer("Im2col", "convolution_param { kernel_size: 2 axis: 2 }")
    assert layer.infer([(2, 3, 4, 5, 6)], 1).tops == ((2, 3, 16, 4, 5),)


def test_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Im2col", "")
    assert caught.value.message == "kernel_size is missing"
    with pytest.raises(ShapeError) as caught:
        make_layer("Im2col", "convolution_param { kernel_size: 2 }").infer([(3, 4)], 1)
    assert caught.value.message == "Im2col needs axes after the channels, but the bottom is 3 x 4"
    with pytest.raises(ShapeError) as caught:
        make_layer("Im2col", "convolution_param { kernel_size: 4 }").infer([(1, 1, 3, 5)], 1)
    assert caught.value.message == "the kernel reaches over 4 x 4 but the padded input is 3 x 5"
