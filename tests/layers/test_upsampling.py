"""Upsample: blocks of equal pixels, and pixels put back where pooling found them."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


def test_every_pixel_becomes_a_block() -> None:
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    dy = np.random.default_rng(1).uniform(size=(1, 1, 4, 6))
    result = run_layer(make_layer("Upsample", "upsample_param { scale: 2 }"), [x], top_diffs=[dy])
    np.testing.assert_array_equal(result.tops[0], x.repeat(2, axis=2).repeat(2, axis=3))
    np.testing.assert_allclose(result.bottom_diffs[0], dy.reshape(1, 1, 2, 2, 3, 2).sum(axis=(3, 5)))


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ("", (6, 10)),
        ("scale: 3", (9, 15)),
        ("scale_h: 2 scale_w: 3", (6, 15)),
        ("upsample_h: 7 upsample_w: 9", (7, 9)),
        ("upsample_h: 7 upsample_w: 9 scale_h: 2 scale_w: 2", (7, 9)),
        ("pad_out_h: true", (5, 10)),
        ("scale: 2 pad_out_h: true pad_out_w: true", (5, 9)),
    ],
)
def test_sizes_with_a_mask(fields: str, size: Shape) -> None:
    layer = make_layer("Upsample", f"upsample_param {{ {fields} }}", bottoms=2)
    assert layer.infer([(2, 4, 3, 5)] * 2, 1).tops == ((2, 4, *size),)


def test_pixels_go_to_their_positions() -> None:
    x, mask = np.array([5.0, 6, 7]).reshape(1, 3, 1, 1), np.array([3.0, 0, 2]).reshape(1, 3, 1, 1)
    dy = np.arange(12.0).reshape(1, 3, 2, 2)
    result = run_layer(make_layer("Upsample", bottoms=2), [x, mask], top_diffs=[dy])
    np.testing.assert_array_equal(result.tops[0].reshape(3, 4), [[0, 0, 0, 5], [6, 0, 0, 0], [0, 0, 7, 0]])
    np.testing.assert_array_equal(result.bottom_diffs[0].reshape(3), [3, 4, 10])
    np.testing.assert_array_equal(result.bottom_diffs[1], np.zeros((1, 3, 1, 1)))


def test_a_given_size_wins_over_the_scale() -> None:
    layer = make_layer("Upsample", "upsample_param { scale: 2 upsample_h: 45 upsample_w: 60 }", bottoms=2)
    assert layer.infer([(1, 8, 23, 30), (1, 8, 23, 30)], 1).tops == ((1, 8, 45, 60),)


def test_of_two_pixels_at_one_position_the_later_stays() -> None:
    x, mask = np.array([5.0, 6]).reshape(1, 1, 1, 2), np.array([1.0, 1]).reshape(1, 1, 1, 2)
    result = run_layer(make_layer("Upsample", bottoms=2), [x, mask], top_diffs=[np.arange(8.0).reshape(1, 1, 2, 4)])
    np.testing.assert_array_equal(result.tops[0].reshape(-1), [0, 6, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(result.bottom_diffs[0].reshape(-1), [1, 1])


def test_a_decoder_undoes_a_pooling_layer() -> None:
    net = netcc.Net(
        """force_backward: true
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 6 } } }
        layer { name: "t" type: "TanH" bottom: "x" top: "t" }
        layer { name: "p" type: "Pooling" bottom: "t" top: "p" top: "m" pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "p" bottom: "m" top: "y"
                upsample_param { upsample_h: 5 upsample_w: 6 } }""",
        netcc.TRAIN,
    )
    x = np.random.default_rng(2).uniform(1, 2, (2, 3, 5, 6))
    top = net.forward(x=x)["y"]
    assert np.count_nonzero(top) == 2 * 3 * 3 * 3
    np.testing.assert_allclose(top[top != 0], np.tanh(x)[top != 0], rtol=1e-6)
    net.blobs["y"].diff[...] = 1
    net.backward()
    np.testing.assert_array_equal(net.blobs["t"].diff, top != 0)


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ("scale: 0", 1, "scale must be at least 1"),
        ("scale: 2 scale_h: 2 scale_w: 2", 2, "scale excludes scale_h and scale_w"),
        ("upsample_h: 4", 2, "upsample_h and upsample_w go together, each above 1"),
        ("scale_h: 1 scale_w: 2", 2, "scale_h and scale_w go together, each above 1"),
        ("scale: 3 pad_out_w: true", 2, "pad_out_w goes with scale 2 only"),
    ],
)
def test_refused_fields(fields: str, bottoms: int, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Upsample", f"upsample_param {{ {fields} }}", bottoms=bottoms)
    assert caught.value.message == message


def test_refused_shapes_and_masks() -> None:
    layer = make_layer("Upsample", bottoms=2)
    with pytest.raises(ShapeError) as caught:
        layer.infer([(1, 2, 3, 4), (1, 1, 3, 4)], 1)
    assert caught.value.message == "the mask must have the shape of bottom 0, 1 x 2 x 3 x 4, not 1 x 1 x 3 x 4"
    for position in (4, -1):
        with pytest.raises(LayerError) as fault:
            run_layer(layer, [np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), position)])
        assert fault.value.message == f"the mask holds position {position}, but planes of 2 x 2 have 4 pixels"
