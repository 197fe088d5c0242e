"""Products of tall matrices, and of few rows with weights."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.kernels import products
from netcc.kernels.products import Product, TransposedProduct, WeightsProduct


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize(
    ("rows", "inner", "outputs"), [(1, 7, 5), (3, 300, 21), (16, 9216, 13), (128, 40, 30), (2, 5, 3)]
)
def test_few_rows(rows: int, inner: int, outputs: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_has_small_kernels", lambda: small)
    random = np.random.default_rng(rows)
    x, weights = random.standard_normal((rows, inner)), random.standard_normal((outputs, inner))
    wide = np.full((rows, outputs + 2), np.nan)
    WeightsProduct(rows, inner)(x, weights.T, wide[:, 1:-1])
    np.testing.assert_allclose(wide[:, 1:-1], x @ weights.T, rtol=0, atol=1e-12 * inner)
    assert np.isnan(wide[:, [0, -1]]).all()


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize(("rows", "inner", "columns"), [(2048, 50, 20), (2011, 50, 20), (700, 300, 8), (3, 4, 5)])
def test_several_matrices_at_once(
    rows: int, inner: int, columns: int, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "_has_small_kernels", lambda: small)
    random = np.random.default_rng(rows)
    tall, weights = random.standard_normal((rows, inner)), random.standard_normal((3, inner, columns))
    out = np.full((3, rows, columns), np.nan)
    Product(inner, columns)(tall, weights, out)
    np.testing.assert_allclose(out, tall @ weights, rtol=0, atol=1e-12 * inner)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize(
    ("rows", "outputs", "inner"), [(1280, 32, 800), (1283, 32, 800), (700, 50, 500), (2000, 64, 147), (900, 20, 40)]
)
def test_transposed(rows: int, outputs: int, inner: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_has_small_kernels", lambda: small)
    random = np.random.default_rng(rows)
    left, right = random.standard_normal((rows, outputs + 1))[:, 1:], random.standard_normal((rows, inner))
    product, out = TransposedProduct(outputs, inner, rows + 100), np.full((outputs, inner), np.nan)
    product(left, right, out, np.full(product.scratch, np.nan))
    np.testing.assert_allclose(out, left.T @ right, rtol=0, atol=1e-12 * rows)


def test_few_outputs_of_many_columns_are_cut_both_ways() -> None:
    assert products._small_pieces(32, 800) == ((195, 5) if products._has_small_kernels() else (0, 1))
