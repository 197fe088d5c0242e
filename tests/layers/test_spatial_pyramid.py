"""SPP: a vector of one length for images of any size."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


@pytest.mark.parametrize("size", [(4, 4), (7, 6), (13, 9), (6, 20)])
def test_one_length_for_all_sizes(size: Shape) -> None:
    layer = make_layer("SPP", "spp_param { pyramid_height: 3 }")
    assert layer.infer([(2, 5, *size)], 1).tops == ((2, 5 * (1 + 4 + 16)),)


def test_levels_stand_side_by_side() -> None:
    x = np.random.default_rng(1).uniform(size=(2, 3, 8, 4))
    top = run_layer(make_layer("SPP", "spp_param { pyramid_height: 2 pool: AVE }"), [x]).tops[0]
    whole = x.mean(axis=(2, 3))
    quarters = x.reshape(2, 3, 2, 4, 2, 2).mean(axis=(3, 5)).reshape(2, -1)
    np.testing.assert_allclose(top, np.concatenate([whole, quarters], axis=1))


def test_a_single_level_keeps_its_axes() -> None:
    x = np.random.default_rng(2).uniform(size=(2, 3, 5, 4))
    top = run_layer(make_layer("SPP", "spp_param { pyramid_height: 1 }"), [x]).tops[0]
    np.testing.assert_array_equal(top, x.max(axis=(2, 3), keepdims=True))


def test_bins_are_padded_on_both_sides() -> None:
    # 5 pixels in 2 bins: kernel 3, padding 1; the bins hold pixels 0 1 and 2 3 4.
    x = np.arange(5.0).reshape(1, 1, 5, 1) * np.ones((1, 1, 1, 2))
    top = run_layer(make_layer("SPP", "spp_param { pyramid_height: 2 }"), [x]).tops[0]
    np.testing.assert_array_equal(top, [[4, 1, 1, 4, 4]])


def test_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("SPP", "")
    assert caught.value.message == "SPP needs a pyramid_height of at least 1"
    with pytest.raises(ShapeError) as caught:
        make_layer("SPP", "spp_param { pyramid_height: 4 }").infer([(2, 4, 6, 6)], 1)
    assert caught.value.message == "a plane of 6 x 6 is too small for 8 x 8 bins"
    with pytest.raises(ShapeError) as caught:
        make_layer("SPP", "spp_param { pyramid_height: 2 pool: STOCHASTIC }").infer([(2, 4, 6, 5)], 1)
    assert caught.value.message == "STOCHASTIC pooling takes no padding, so 2 x 2 bins must divide 6 x 5"
    with pytest.raises(ShapeError) as caught:
        make_layer("SPP", "spp_param { pyramid_height: 1 }").infer([(2, 4, 6)], 1)
    assert caught.value.message == "SPP needs a bottom of 4 axes (N x C x H x W), not 2 x 4 x 6"
