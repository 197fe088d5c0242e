"""Which kernel a convolution gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netcc.kernels.convolution import Geometry, candidates, choose
from netcc.kernels.twins import use_target
from netcc.kernels.winograd import Winograd

SQUARE = Geometry(4, 56, 56, 64, 64, kernel=(3, 3), pad=(1, 1))


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize(
    ("geometry", "name"),
    [
        (SQUARE, "Winograd F(4x4, 3x3)"),
        (replace(SQUARE, groups=2), "Winograd F(4x4, 3x3)"),
        (replace(SQUARE, kernel=(5, 5), pad=(2, 2), outputs=256, channels=96, groups=2), "Winograd F(2x2, 5x5)"),
        (replace(SQUARE, stride=(2, 2)), "im2col"),
        (replace(SQUARE, dilation=(2, 2), pad=(2, 2)), "im2col"),
        (replace(SQUARE, channels=3), "im2col"),
        (replace(SQUARE, kernel=(3, 1)), "im2col"),
        (replace(SQUARE, kernel=(7, 7), pad=(3, 3)), "im2col"),
        (replace(SQUARE, kernel=(1, 1), pad=(0, 0)), "pointwise"),
        (replace(SQUARE, kernel=(1, 1), pad=(0, 0), stride=(2, 2)), "pointwise"),
        (replace(SQUARE, kernel=(1, 1), pad=(1, 1)), "im2col"),
        (replace(SQUARE, kernel=(1, 1), pad=(0, 0), groups=2), "im2col"),
        (replace(SQUARE, groups=64), "depthwise"),
        (Geometry(32, 28, 28, 1, 20, kernel=(5, 5)), "im2col by 4 pixels"),
        (Geometry(50, 32, 32, 3, 32, kernel=(5, 5), pad=(2, 2)), "im2col by 2 pixels"),
        (Geometry(8, 224, 224, 3, 64, kernel=(7, 7), stride=(2, 2), pad=(3, 3)), "im2col"),
        (replace(SQUARE, groups=64, outputs=128), "im2col"),
    ],
)
def test_the_kernel_of_a_convolution(geometry: Geometry, name: str, target: str) -> None:
    if target == "fast":
        pytest.importorskip("numba")
    with use_target(target):
        assert choose(geometry, exact=False).name == name


def test_an_exact_plan_has_no_kernel_that_rounds_worse() -> None:
    assert {type(kernel) for kernel in candidates(SQUARE, exact=False)} > {Winograd}
    assert Winograd not in {type(kernel) for kernel in candidates(SQUARE, exact=True)}
    assert choose(SQUARE, exact=True).name == "im2col"


def test_training_pays_for_weights_that_are_made_ready_in_every_step() -> None:
    few_pixels = Geometry(4, 7, 7, 512, 512, kernel=(3, 3), pad=(1, 1))
    with use_target("numpy"):
        assert choose(few_pixels, exact=False).name == "Winograd F(4x4, 3x3)"
        assert choose(few_pixels, exact=False, training=True).name == "im2col"
        assert choose(SQUARE, exact=False, training=True).name == "Winograd F(4x4, 3x3)"
