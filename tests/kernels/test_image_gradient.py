"""The ways to the gradient of an image that im2col has: each of them for sizes that would choose another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import plain_convolution as plain

from netcc.kernels import convolution_cost as cost
from netcc.kernels import geometry as geometries
from netcc.kernels.convolution import Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.twins import use_target

LENET = Geometry(32, 12, 12, 20, 50, kernel=(5, 5))


@pytest.mark.parametrize("way", ["mirrored", "scattered", "taps"])
@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize(
    "geometry",
    [
        Geometry(5, 9, 8, 3, 5, kernel=(3, 3), pad=(1, 1)),
        Geometry(2, 10, 11, 4, 6, groups=2, kernel=(3, 4), pad=(1, 2)),
        Geometry(2, 12, 9, 2, 3, kernel=(3, 3), pad=(2, 2), dilation=(2, 1)),
        Geometry(2, 4, 4, 3, 2, kernel=(3, 3), pad=(4, 3)),
        Geometry(1, 40, 40, 24, 8, kernel=(5, 5)),
        Geometry(7, 12, 12, 20, 50, kernel=(5, 5)),
    ],
)
def test_every_way_gives_the_same(geometry: Geometry, gap: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "cheapest_gradient", lambda _: way)
    monkeypatch.setattr(
        geometries, "_STRIP_BYTES", {"numpy": 1 << 17}
    )  # several strips, some of them parts of an image
    with use_target("numpy"):
        kernel = Im2col(geometry)
    random = np.random.default_rng(3)
    assert kernel.prepared_backward is not None
    weights = random.standard_normal((geometry.outputs, geometry.channels // geometry.groups, *geometry.kernel))
    prepared = np.full(kernel.prepared_backward, np.nan)
    kernel.prepare_backward(weights, prepared)
    dy = random.standard_normal((geometry.images, geometry.out_height, geometry.out_width, geometry.outputs))
    wide = np.full((geometry.images, geometry.height, geometry.width, geometry.channels + gap), 7.0)
    kernel.image_gradient(dy, prepared, wide[..., gap:], np.full(kernel.scratch_backward, np.nan))
    expected = plain.image_gradient(geometry, weights, dy)
    np.testing.assert_allclose(wide[..., gap:], expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    assert (wide[..., :gap] == 7).all()


def test_few_channels_and_no_padding_go_tap_by_tap() -> None:
    with use_target("numpy"):
        assert cost.cheapest_gradient(LENET) == "taps"
        assert cost.cheapest_gradient(replace(LENET, pad=(2, 2))) == "mirrored"
        assert cost.cheapest_gradient(replace(LENET, stride=(2, 2))) == "scattered"
    pytest.importorskip("numba")
    with use_target("fast"):
        assert cost.cheapest_gradient(LENET) == "scattered"
