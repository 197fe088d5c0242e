"""Batch normalization in phases, and Scale, against the layers one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.gaps import planes, scratch, with_gaps

from netcc.kernels import scale_bias
from netcc.kernels.batch_norm import BatchNorm, coefficients, is_near_zero, join
from netcc.kernels.scale_bias import ScaleBias
from netcc.kernels.twins import use_target
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

EPS = 1e-3
SHAPES: list[Shape] = [(4, 3, 5, 2), (2, 1, 1, 3), (5, 16, 4, 4)]


@pytest.fixture(params=[1, 60, 1 << 16])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_bias, "PIECE", request.param)


def draw(shape: Shape, dtype: type, count: int) -> list[Array]:
    random = np.random.default_rng(5)
    return [random.normal(3, 2, shape).astype(dtype) for _ in range(count)]


def layers(
    x: Array, dy: Array, gamma: Array, beta: Array, slope: float | None, dtype: type
) -> tuple[Array, Array, Array, Array]:
    """y, dx, dgamma and dbeta of BatchNorm, Scale and, with a slope, ReLU."""
    norm = make_layer("BatchNorm", f"batch_norm_param {{ eps: {EPS} }}")
    scale = make_layer("Scale", "scale_param { bias_term: true }")
    channels = x.shape[1]
    zeros = [np.zeros(channels), np.zeros(channels), np.zeros(1)]
    normal = run_layer(norm, [x], zeros, dtype=dtype).tops[0]
    scaled = run_layer(scale, [normal], [gamma, beta], dtype=dtype).tops[0]
    y = scaled
    if slope is not None:
        result = run_layer(
            make_layer("ReLU", f"relu_param {{ negative_slope: {slope} }}"), [scaled], None, [dy], dtype=dtype
        )
        y, dy = result.tops[0], result.bottom_diffs[0]  # type: ignore[assignment]
    back = run_layer(scale, [normal], [gamma, beta], [dy], dtype=dtype)
    dgamma, dbeta = back.parameter_diffs
    assert dgamma is not None
    assert dbeta is not None
    assert back.bottom_diffs[0] is not None
    dx = run_layer(norm, [x], zeros, [back.bottom_diffs[0]], dtype=dtype).bottom_diffs[0]
    assert dx is not None
    return y, dx, dgamma, dbeta


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("slope", [None, 0.0, 0.25])
@pytest.mark.parametrize("shape", SHAPES)
def test_slices_join_to_what_the_layers_give(shape: Shape, slope: float | None, dtype: type) -> None:
    tolerance: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9} if dtype is np.float64 else {"rtol": 1e-4, "atol": 1e-4}
    x, dy = draw(shape, dtype, 2)
    gamma, beta = draw((shape[1],), dtype, 2)
    y, dx, dgamma, dbeta = layers(x, dy, gamma, beta, slope, dtype)
    channels, cut = shape[1], shape[0] // 2
    edges = [(0, cut), (cut, shape[0])]
    x, dy = with_gaps(x), with_gaps(dy)
    found = with_gaps(np.full(shape, np.nan, dtype))
    with use_target("numpy"):
        kernels = [BatchNorm(x[start:stop].shape, slope) for start, stop in edges]
    pairs = list(zip(kernels, (slice(*edge) for edge in edges), strict=True))
    parts = [np.full((2, channels), np.nan) for _ in pairs]
    for (kernel, here), part in zip(pairs, parts, strict=True):
        kernel.statistics(x[here], part, scratch(kernel.scratch, dtype))
    counts = [x[here].size // channels for _, here in pairs]
    mean, variance = join(parts, counts)
    inverse = 1 / np.sqrt(variance + EPS)
    for kernel, here in pairs:
        kernel.normalise(x[here], mean, inverse * gamma, beta, found[here], scratch(kernel.scratch, dtype))
    np.testing.assert_allclose(planes(found), y, **tolerance)
    normalised = with_gaps(np.empty(shape, dtype))
    normalised[...] = (x - mean) * inverse
    for source, around in ((x, mean), (normalised, None)):
        g = with_gaps(np.full(shape, np.nan, dtype))
        for (kernel, here), part in zip(pairs, parts, strict=True):
            kernel.sums(
                dy[here], found[here], source[here], around, g[here], part, scratch(kernel.scratch_backward, dtype)
            )
        result = coefficients(parts[0] + parts[1], inverse, gamma, sum(counts), normalised=around is None)
        for kernel, here in pairs:
            kernel.apply(g[here], source[here], around, result, g[here], scratch(kernel.scratch_backward, dtype))
        np.testing.assert_allclose(planes(g), dx, **tolerance)
        np.testing.assert_allclose(result.gamma, dgamma, **tolerance)
        np.testing.assert_allclose(result.beta, dbeta, **tolerance)


@pytest.mark.usefixtures("piece")
def test_a_large_mean_costs_no_digits() -> None:
    x = (np.random.default_rng(0).normal(1000, 1, (8, 3, 20, 20))).astype(np.float32)
    kernel = BatchNorm((8, 20, 20, 3))
    out = np.empty((2, 3))
    kernel.statistics(with_gaps(x), out, scratch(kernel.scratch, np.float32))
    mean, variance = join([out], [8 * 20 * 20])
    np.testing.assert_allclose(mean, x.mean(axis=(0, 2, 3), dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(variance, x.var(axis=(0, 2, 3), dtype=np.float64), rtol=1e-4)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("mean", [0.0, 1.0, 30.0])
def test_statistics_where_means_are_near_and_far(mean: float) -> None:
    random = np.random.default_rng(2)
    x = random.normal(mean, random.uniform(0.5, 2, (1, 24, 1, 1)), (3, 24, 11, 7))
    kernel, out = BatchNorm((3, 11, 7, 24)), np.empty((2, 24))
    kernel.statistics(with_gaps(x), out, scratch(kernel.scratch, np.float64))
    np.testing.assert_allclose(out[0], x.mean(axis=(0, 2, 3)), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(out[1] / (3 * 11 * 7), x.var(axis=(0, 2, 3)), rtol=1e-11)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("slope", [None, 0.0, 0.25])
def test_a_sum_before_the_rectifier(slope: float | None) -> None:
    x, other = draw((3, 5, 4, 6), np.float64, 2)
    factor, shift = draw((5,), np.float64, 2)
    kernel = BatchNorm((3, 4, 6, 5), slope)
    y = with_gaps(np.full_like(x, np.nan))
    work = scratch(kernel.scratch, np.float64)
    kernel.normalise(with_gaps(x), None, factor, shift, y, work, with_gaps(other))
    expected = x * factor[:, None, None] + shift[:, None, None] + other
    if slope is not None:
        expected = np.where(expected > 0, expected, slope * expected)
    np.testing.assert_allclose(planes(y), expected, rtol=1e-12)


def test_which_means_are_near_zero() -> None:
    assert is_near_zero(np.array([0.0, -4.0]), np.array([3.0, 1.0]))
    assert not is_near_zero(np.array([0.0, -4.1]), np.array([3.0, 1.0]))
    assert not is_near_zero(np.array([0.0, np.nan]), np.array([3.0, 1.0]))


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bias", [False, True])
def test_scale(bias: bool, dtype: type) -> None:
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    x, dy = draw((3, 5, 4, 6), dtype, 2)
    factor, shift = draw((5,), dtype, 2)
    layer = make_layer("Scale", f"scale_param {{ bias_term: {str(bias).lower()} }}")
    expected = run_layer(layer, [x], [factor, shift][: 1 + bias], [dy], dtype=dtype)
    kernel = ScaleBias((3, 4, 6, 5))
    y, dx, out = with_gaps(np.full_like(x, np.nan)), with_gaps(dy), np.empty((2, 5))
    kernel.forward(with_gaps(x), None, factor, shift if bias else None, y, scratch(kernel.scratch, dtype))
    kernel.sums(dx, None, with_gaps(x), None, None, out, scratch(kernel.scratch_backward, dtype))
    kernel.backward(dx, factor, dx, scratch(kernel.scratch_backward, dtype))
    np.testing.assert_allclose(planes(y), expected.tops[0], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(planes(dx), expected.bottom_diffs[0], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(out[1], expected.parameter_diffs[0], rtol=10 * tolerance)
    if bias:
        np.testing.assert_allclose(out[0], expected.parameter_diffs[1], rtol=10 * tolerance)
