"""LRN kernels against the layer's own, image by image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.gaps import planes, scratch, with_gaps

from netcc.kernels import lrn
from netcc.kernels.twins import use_target
from netcc.testing import make_layer, run_layer
from netcc.types import Shape

FIELDS = [
    "",
    "local_size: 3 alpha: 1.5 beta: 0.5 k: 2",
    "local_size: 1 alpha: 0.6 beta: 1",
    "local_size: 7 alpha: 0.5",
    "local_size: 9 alpha: 0.5 beta: 1.3 k: 0.4",
    "local_size: 3 alpha: 0.6 norm_region: WITHIN_CHANNEL k: 7",
    "local_size: 7 alpha: 0.6 beta: 0.3 norm_region: WITHIN_CHANNEL",
]
SHAPES: list[Shape] = [(2, 7, 3, 5), (1, 1, 2, 2), (3, 16, 9, 4), (2, 37, 2, 3)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("piece", [1, 50, 1 << 16])
def test_lrn(fields: str, shape: Shape, dtype: type, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lrn, "PIECE", piece)
    tolerance = 1e-11 if dtype is np.float64 else 1e-5
    random = np.random.default_rng(0)
    x, dy = (random.uniform(-2, 2, shape).astype(dtype) for _ in range(2))
    layer: Any = make_layer("LRN", f"lrn_param {{ {fields} }}")
    expected = run_layer(layer, [x], top_diffs=[dy], dtype=dtype)
    with use_target("numpy"):
        kernel = lrn.LRN(
            (shape[0], *shape[2:], shape[1]), layer.local_size, layer.alpha, layer.beta, layer.k, within=layer.within
        )
    saved = np.full(kernel.saved.shape, np.nan, dtype)
    for memory in (None, saved):
        y = with_gaps(np.full_like(x, np.nan))
        kernel.forward(with_gaps(x), y, memory, scratch(kernel.scratch, dtype))
        np.testing.assert_allclose(planes(y), expected.tops[0], rtol=tolerance, atol=tolerance)
    dx = with_gaps(np.full_like(x, np.nan))
    kernel.backward(with_gaps(x), saved, with_gaps(dy), dx, scratch(kernel.scratch_backward, dtype))
    np.testing.assert_allclose(planes(dx), expected.bottom_diffs[0], rtol=tolerance, atol=tolerance)
    kernel.backward(with_gaps(x), saved, dx := with_gaps(dy), dx, scratch(kernel.scratch_backward, dtype))
    np.testing.assert_allclose(planes(dx), expected.bottom_diffs[0], rtol=tolerance, atol=tolerance)
    kernel.forward(y := with_gaps(x), y, None, scratch(kernel.scratch, dtype))
    np.testing.assert_allclose(planes(y), expected.tops[0], rtol=tolerance, atol=tolerance)


def test_what_has_no_logarithm_is_left_to_the_layer() -> None:
    assert lrn.LRN.allows(1e-4, 1)
    assert not lrn.LRN.allows(-1e-4, 1)
    assert not lrn.LRN.allows(1e-4, 0)


@pytest.mark.parametrize("logarithms", [False, True])
@pytest.mark.parametrize("exponent", [-0.75, -0.5, -1.3, -1.0])
def test_powers(exponent: float, logarithms: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lrn, "_vector_logarithms", lambda: logarithms)
    base = np.random.default_rng(0).uniform(0.5, 3, 100)
    out = np.empty_like(base)
    lrn.power(base, exponent, out, np.empty_like(base))
    np.testing.assert_allclose(out, base**exponent, rtol=1e-14)
