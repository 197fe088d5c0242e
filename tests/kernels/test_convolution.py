"""Channels-last convolution kernels against the plain sum over taps."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from helpers import plain_convolution as plain

from netcc.kernels.convolution import ConvolutionKernel, Geometry, choose
from netcc.kernels.depthwise import Depthwise
from netcc.kernels.im2col import Im2col
from netcc.kernels.pixel_blocks import PixelBlocks
from netcc.kernels.pointwise import Pointwise, ScaledPointwise
from netcc.kernels.twins import use_target
from netcc.kernels.winograd import Winograd
from netcc.types import Array

WINDOWED = [
    Geometry(2, 9, 8, 3, 5, kernel=(3, 3), pad=(1, 1)),
    Geometry(1, 5, 7, 4, 6, kernel=(3, 3)),
    Geometry(3, 11, 10, 3, 4, kernel=(5, 4), stride=(2, 3), pad=(2, 1)),
    Geometry(1, 9, 9, 1, 4, kernel=(5, 5)),
    Geometry(2, 10, 11, 4, 6, groups=2, kernel=(3, 3), pad=(1, 2)),
    Geometry(2, 10, 11, 4, 6, groups=2, kernel=(3, 2), stride=(2, 2), pad=(1, 1)),
    Geometry(2, 12, 9, 2, 3, kernel=(3, 3), pad=(2, 2), dilation=(2, 2)),
    Geometry(1, 12, 13, 2, 3, kernel=(3, 2), stride=(2, 1), pad=(3, 1), dilation=(3, 2)),
    Geometry(2, 4, 4, 3, 2, kernel=(3, 3), pad=(4, 3)),
    Geometry(2, 4, 4, 3, 2, kernel=(1, 1), pad=(1, 1)),
    Geometry(2, 6, 6, 3, 2, kernel=(6, 6)),
    Geometry(1, 7, 1, 3, 2, kernel=(3, 1), pad=(1, 0)),
    Geometry(1, 70, 40, 32, 8, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 60, 60, 3, 32, kernel=(5, 5), pad=(2, 2)),
    Geometry(3, 6, 5, 6, 6, groups=6, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 2, 3, 5, 20, kernel=(3, 3), pad=(1, 1)),
    Geometry(1, 3, 3, 4, 24, groups=2, kernel=(3, 2), pad=(1, 0)),
]
POINTWISE = [
    Geometry(2, 5, 6, 7, 3),
    Geometry(1, 1, 1, 4, 5),
    Geometry(2, 7, 6, 5, 4, stride=(2, 2)),
    Geometry(2, 8, 7, 5, 4, stride=(3, 2)),
    Geometry(1, 40, 40, 48, 64),
    Geometry(1, 50, 41, 16, 64),
    Geometry(2, 65, 61, 32, 64, stride=(2, 1)),
]
DEPTHWISE = [
    Geometry(3, 6, 5, 6, 6, groups=6, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 7, 8, 4, 4, groups=4, kernel=(3, 3), stride=(2, 2), pad=(1, 1)),
    Geometry(2, 11, 10, 3, 3, groups=3, kernel=(4, 5), stride=(3, 2), pad=(2, 1)),
    Geometry(1, 11, 12, 3, 3, groups=3, kernel=(3, 3), pad=(2, 2), dilation=(2, 3)),
    Geometry(1, 13, 12, 3, 3, groups=3, kernel=(3, 3), stride=(2, 2), pad=(1, 2), dilation=(2, 3)),
    Geometry(1, 13, 12, 3, 3, groups=3, kernel=(2, 2), stride=(3, 4), pad=(0, 1)),
    Geometry(1, 1, 1, 2, 2, groups=2, kernel=(3, 3), pad=(1, 1)),
    Geometry(1, 300, 20, 16, 16, groups=16, kernel=(3, 3), pad=(1, 1)),
]
MINIMAL = [
    Geometry(2, 8, 12, 3, 5, kernel=(3, 3), pad=(1, 1)),
    Geometry(3, 7, 7, 4, 2, kernel=(3, 3), pad=(1, 1)),
    Geometry(1, 14, 6, 4, 2, kernel=(3, 3)),
    Geometry(2, 5, 9, 2, 3, kernel=(3, 3), pad=(2, 0)),
    Geometry(2, 1, 1, 2, 3, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 90, 40, 32, 16, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 9, 10, 6, 8, groups=2, kernel=(3, 3), pad=(1, 1)),
    Geometry(2, 8, 7, 3, 4, kernel=(5, 5), pad=(2, 2)),
    Geometry(1, 9, 6, 4, 6, groups=2, kernel=(5, 5), pad=(0, 4)),
    Geometry(1, 60, 31, 32, 16, kernel=(5, 5), pad=(2, 2)),
]
FEW_CHANNELS = [
    Geometry(3, 12, 12, 1, 20, kernel=(5, 5)),
    Geometry(2, 16, 16, 3, 32, kernel=(5, 5), pad=(2, 2)),
    Geometry(2, 9, 17, 1, 6, kernel=(3, 2), stride=(2, 2), pad=(1, 0)),
    Geometry(40, 28, 28, 1, 20, kernel=(5, 5)),
]
CASES: list[tuple[type[ConvolutionKernel], Geometry]] = [
    *((Im2col, geometry) for geometry in WINDOWED),
    *((kind, geometry) for kind in (Pointwise, ScaledPointwise) for geometry in POINTWISE),
    *((Depthwise, geometry) for geometry in DEPTHWISE),
    *((PixelBlocks, geometry) for geometry in FEW_CHANNELS),
    *((Winograd, geometry) for geometry in MINIMAL),
]


class Operands:
    """Random arrays for one geometry; with `gap` every pixel is followed by channels that are not the convolution's."""

    def __init__(self, geometry: Geometry, gap: int = 0, dtype: type = np.float64) -> None:
        generator = np.random.default_rng(7)
        sizes = geometry.images, geometry.out_height, geometry.out_width

        def blob(*shape: int) -> Array:
            wide = generator.standard_normal((*shape[:-1], shape[-1] + gap)).astype(dtype)
            return wide[..., gap // 2 : gap // 2 + shape[-1]]

        self.x = blob(geometry.images, geometry.height, geometry.width, geometry.channels)
        self.y, self.dy, self.addend = (blob(*sizes, geometry.outputs) for _ in range(3))
        self.dx = np.full_like(self.x, np.nan) if not gap else blob(*self.x.shape)
        shape = (geometry.outputs, geometry.channels // geometry.groups, *geometry.kernel)
        self.weights, self.dw = (generator.standard_normal(shape).astype(dtype) for _ in range(2))
        self.bias, self.db = (generator.standard_normal(geometry.outputs).astype(dtype) for _ in range(2))


def scratch(kernel: ConvolutionKernel, dtype: type = np.float64) -> Array:
    return np.full(max(kernel.scratch, kernel.scratch_backward), np.nan, dtype)


def forward_weights(kernel: ConvolutionKernel, weights: Array) -> Array:
    if kernel.prepared is None:
        return weights
    out = np.full(kernel.prepared, np.nan, weights.dtype)
    kernel.prepare(weights, out)
    return out


def backward_weights(kernel: ConvolutionKernel, weights: Array) -> Array:
    if kernel.prepared_backward is None:
        return weights
    out = np.full(kernel.prepared_backward, np.nan, weights.dtype)
    kernel.prepare_backward(weights, out)
    return out


@pytest.fixture(params=["numpy", "fast"])
def target(request: pytest.FixtureRequest) -> str:
    if request.param == "fast":
        pytest.importorskip("numba")
    return str(request.param)


@pytest.mark.parametrize("gap", [0, 4])
@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_forward(kind: type[ConvolutionKernel], geometry: Geometry, gap: int, target: str) -> None:
    with use_target(target):
        kernel = kind(geometry)
    given = Operands(geometry, gap)
    expected = plain.forward(geometry, given.x, given.weights)
    tolerance = 1e-11 * np.abs(expected).max()
    weights = forward_weights(kernel, given.weights)
    kernel.forward(given.x, weights, None, given.y, scratch(kernel))
    np.testing.assert_allclose(given.y, expected, rtol=0, atol=tolerance)
    expected += given.bias
    kernel.forward(given.x, weights, given.bias, given.y, scratch(kernel))
    np.testing.assert_allclose(given.y, expected, rtol=0, atol=tolerance)
    expected += given.addend
    kernel.forward(given.x, weights, given.bias, given.y, scratch(kernel), addend=given.addend)
    np.testing.assert_allclose(given.y, expected, rtol=0, atol=tolerance)
    for slope in (0.0, 0.25, -2.0):
        kernel.forward(given.x, weights, given.bias, given.y, scratch(kernel), addend=given.addend, relu=slope)
        bent = np.where(expected > 0, expected, slope * expected)
        np.testing.assert_allclose(given.y, bent, rtol=0, atol=2 * tolerance)


@pytest.mark.parametrize("gap", [0, 4])
@pytest.mark.parametrize("geometry", POINTWISE)
def test_gains_of_the_result(geometry: Geometry, gap: int, target: str) -> None:
    with use_target(target):
        kernel = ScaledPointwise(geometry)
    given = Operands(geometry, gap)
    gains = np.linspace(-2, 2, geometry.outputs)
    expected = np.maximum(plain.forward(geometry, given.x, given.weights) * gains + given.bias + given.addend, 0)
    weights = forward_weights(kernel, given.weights)
    operands = (given.x, weights, given.bias, given.y, scratch(kernel))
    kernel.forward(*operands, addend=given.addend, relu=0.0, gain=gains)
    np.testing.assert_allclose(given.y, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


def test_weights_are_taken_as_they_are_if_a_batch_has_pixels_enough() -> None:
    few, many = Geometry(2, 7, 7, 512, 2048), Geometry(8, 7, 7, 512, 2048)
    assert type(choose(many, exact=False)) is ScaledPointwise
    assert choose(many, exact=False).prepared is None
    assert choose(few, exact=False).prepared == (512, 2048)
    assert type(choose(many, exact=False, training=True)) is ScaledPointwise
    assert type(choose(Geometry(8, 14, 14, 512, 2048), exact=False)) is Pointwise


@pytest.mark.parametrize("gap", [0, 4])
@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_image_gradient(kind: type[ConvolutionKernel], geometry: Geometry, gap: int, target: str) -> None:
    with use_target(target):
        kernel = kind(geometry)
    given = Operands(geometry, gap)
    kernel.image_gradient(given.dy, backward_weights(kernel, given.weights), given.dx, scratch(kernel))
    expected = plain.image_gradient(geometry, given.weights, given.dy)
    np.testing.assert_allclose(given.dx, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("gap", [0, 4])
@pytest.mark.parametrize(("kind", "geometry"), [case for case in CASES if case[0].adds_image_gradient])
def test_image_gradient_that_is_added(kind: type[ConvolutionKernel], geometry: Geometry, gap: int, target: str) -> None:
    with use_target(target):
        kernel = kind(geometry)
    given = Operands(geometry, gap)
    given.dx[...] = np.random.default_rng(7).standard_normal(given.dx.shape)
    expected = given.dx + plain.image_gradient(geometry, given.weights, given.dy)
    kernel.add_image_gradient(given.dy, backward_weights(kernel, given.weights), given.dx, scratch(kernel))
    np.testing.assert_allclose(given.dx, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("gap", [0, 4])
@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_weights_gradient(kind: type[ConvolutionKernel], geometry: Geometry, gap: int, target: str) -> None:
    with use_target(target):
        kernel = kind(geometry)
    given = Operands(geometry, gap)
    expected = plain.weights_gradient(geometry, given.x, given.dy)
    tolerance = 1e-11 * np.abs(expected).max()
    kernel.weights_gradient(given.x, given.dy, given.dw, scratch(kernel), add=False, db=given.db)
    np.testing.assert_allclose(given.dw, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(given.db, given.dy.sum((0, 1, 2)), rtol=0, atol=tolerance)
    kernel.weights_gradient(given.x, given.dy, given.dw, scratch(kernel), add=True, db=given.db)
    np.testing.assert_allclose(given.dw, 2 * expected, rtol=0, atol=2 * tolerance)
    np.testing.assert_allclose(given.db, 2 * given.dy.sum((0, 1, 2)), rtol=0, atol=2 * tolerance)


@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_slices_of_any_size_take_the_same_weights(
    kind: type[ConvolutionKernel], geometry: Geometry, target: str
) -> None:
    weights = Operands(replace(geometry, images=1)).weights
    with use_target(target):
        kernels = [kind(replace(geometry, images=images)) for images in (1, 3, 4, 8, 40)]
    for kernel in kernels[1:]:
        np.testing.assert_array_equal(forward_weights(kernel, weights), forward_weights(kernels[0], weights))
        np.testing.assert_array_equal(backward_weights(kernel, weights), backward_weights(kernels[0], weights))


@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_nothing_is_written_between_the_pixels(kind: type[ConvolutionKernel], geometry: Geometry) -> None:
    kernel = kind(geometry)
    given = Operands(geometry, gap=4)
    wide = [blob.base for blob in (given.y, given.dx) if blob.base is not None]
    assert len(wide) == 2
    for blob in wide:
        blob[..., :2] = blob[..., -2:] = 5
    kernel.forward(given.x, forward_weights(kernel, given.weights), given.bias, given.y, scratch(kernel), relu=0)
    kernel.image_gradient(given.dy, backward_weights(kernel, given.weights), given.dx, scratch(kernel))
    for blob in wide:
        assert (blob[..., :2] == 5).all()
        assert (blob[..., -2:] == 5).all()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("geometry", [*WINDOWED, *POINTWISE, *DEPTHWISE, *MINIMAL])
def test_single_precision(geometry: Geometry, exact: bool, target: str) -> None:
    with use_target(target):
        kernel = choose(geometry, exact=exact)
    given = Operands(geometry, 0, np.float32)
    for result, expected in (
        (given.y, plain.forward(geometry, given.x, given.weights)),
        (given.dx, plain.image_gradient(geometry, given.weights, given.dy)),
        (given.dw, plain.weights_gradient(geometry, given.x, given.dy)),
    ):
        memory = scratch(kernel, np.float32)
        if result is given.y:
            kernel.forward(given.x, forward_weights(kernel, given.weights), None, given.y, memory)
        elif result is given.dx:
            kernel.image_gradient(given.dy, backward_weights(kernel, given.weights), given.dx, memory)
        else:
            kernel.weights_gradient(given.x, given.dy, given.dw, memory, add=False)
        np.testing.assert_allclose(result, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def parts(length: int) -> list[slice]:
    cuts = sorted({0, 1, length - 1, length})
    return [slice(*cut) for cut in pairwise(cuts)]


@pytest.mark.parametrize(("kind", "geometry"), CASES)
def test_parts_make_the_whole(kind: type[ConvolutionKernel], geometry: Geometry, target: str) -> None:
    with use_target(target):
        kernel = kind(geometry)
    weights = Operands(geometry, dtype=np.float32).weights
    if kernel.prepares_parts:
        assert kernel.prepared is not None
        out = np.full(kernel.prepared, np.nan, np.float32)
        for part in parts(weights.shape[1]):
            kernel.prepare(weights[:, part], out[..., part, :])
        np.testing.assert_allclose(out, forward_weights(kernel, weights), rtol=1e-6, atol=1e-7)
    if kernel.prepares_backward_parts:
        assert kernel.prepared_backward is not None
        out = np.full(kernel.prepared_backward, np.nan, np.float32)
        for part in parts(len(weights)):
            kernel.prepare_backward(weights[part], out[..., part, :])
        np.testing.assert_allclose(out, backward_weights(kernel, weights), rtol=1e-6, atol=1e-7)


def test_large_weights_come_in_parts() -> None:
    """Those kernels whose weights are large can share out the work."""
    assert Pointwise(Geometry(8, 7, 7, 512, 2048)).prepares_parts
    for kernel in (kind(Geometry(8, 7, 7, 512, 512, kernel=(3, 3), pad=(1, 1))) for kind in (Winograd, Im2col)):
        assert kernel.prepares_parts
        assert kernel.prepares_backward_parts
