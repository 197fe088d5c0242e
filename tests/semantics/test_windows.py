"""Rules of windowed layers that no test of a single layer holds."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import input_layer, layer

import netcc
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_axes_before_the_channel_axis_are_batch(kind: str) -> None:
    fields = "convolution_param {{ num_output: 5 kernel_size: 2 stride: 2 {} }}"
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 4, 6, 5))
    late = run_layer(make_layer(kind, fields.format("axis: 2")), [x])
    merged = run_layer(make_layer(kind, fields.format("")), [x.reshape(6, 4, 6, 5)], late.operands.parameters)
    assert late.tops[0].shape[:3] == (2, 3, 5)
    np.testing.assert_allclose(late.tops[0].reshape(merged.tops[0].shape), merged.tops[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("fields", "top"),
    [
        ("pad_h: 0 pad_w: 1", (1, 1, 3, 5)),
        ("pad_h: 1 pad_w: 0", (1, 1, 5, 3)),
        ("stride_h: 1 stride_w: 2", (1, 1, 3, 2)),
        ("dilation: 1 dilation: 2", (1, 1, 3, 1)),
    ],
)
def test_each_axis_has_its_own_padding_stride_and_dilation(fields: str, top: Shape) -> None:
    convolution = make_layer("Convolution", f"convolution_param {{ num_output: 1 kernel_size: 3 {fields} }}")
    assert convolution.infer([(1, 1, 5, 5)], 1).tops == (top,)


UPSAMPLING = 'kernel_size: 4 stride: 2 pad: 1 bias_term: false weight_filler { type: "bilinear" }'


def upsampled(group: int) -> np.ndarray:
    """Twice the size of two planes, all 1 and all 10."""
    text = input_layer("x", 1, 2, 4, 4) + layer(
        "up", "Deconvolution", "x", "y", f"convolution_param {{ num_output: 2 group: {group} {UPSAMPLING} }}"
    )
    planes = np.stack([np.full((4, 4), 1), np.full((4, 4), 10)])[np.newaxis]
    return netcc.Net(text, netcc.TEST).forward(x=planes)["y"]


def test_bilinear_weights_keep_channels_apart_in_as_many_groups_alone() -> None:
    inner = upsampled(group=2)[0, :, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, np.stack([np.full((6, 6), 1), np.full((6, 6), 10)]))
    np.testing.assert_allclose(upsampled(group=1)[0, :, 1:-1, 1:-1], np.full((2, 6, 6), 11))


def test_bilinear_upsampling_of_a_ramp_is_a_ramp() -> None:
    text = input_layer("x", 1, 1, 1, 6) + layer(
        "up", "Deconvolution", "x", "y", f"convolution_param {{ num_output: 1 {UPSAMPLING} }}"
    )
    (row,) = netcc.Net(text, netcc.TEST).forward(x=np.arange(6.0).reshape(1, 1, 1, 6))["y"][0, 0, :1]
    np.testing.assert_allclose(np.diff(row[1:-1]), 0.75 * np.full(9, 0.5))


def test_a_mean_counts_padding_but_no_place_beyond_it() -> None:
    """The last window of 3 x 3 ends with the padding, 2 x 2: 1 pixel of 4 places, not of 9 and not of 1."""
    layer_ = make_layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }")
    corner = run_layer(layer_, [np.ones((1, 1, 4, 4))]).tops[0][0, 0, 2, 2]
    assert corner == pytest.approx(1 / 4)
