"""Products of a large matrix, tall or wide, with a small one, cut up as BLAS likes it.

OpenBLAS has kernels for small products on processors with AVX-512, which spare the copies that it otherwise makes of
both matrices: ten to thirty per cent of the time where the small matrix has few columns, more than half where few rows
meet many weights.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from threadpoolctl import threadpool_info

from netcc.types import Array

_SMALL = 10**6
"""Multiplications up to which OpenBLAS takes a product for small."""

_LEAST_BLOCK, _LARGEST_BLOCK = 4, 8
"""Rows of weights that one small product takes: with fewer, products are too many."""

_COLUMNS = 512
"""Columns of a wide matrix that one small product takes."""

_ARCHITECTURES = {"SkylakeX", "Cooperlake", "SapphireRapids"}


class Product:
    """tall (rows, inner) times small (inner, columns) into out, for any number of rows.

    `small` may be several matrices (number, inner, columns) that give as many results (number, rows, columns).
    """

    def __init__(self, inner: int, columns: int) -> None:
        rows = _SMALL // (inner * columns)
        self._rows = rows if columns <= 128 and rows >= 24 and _has_small_kernels() else 0

    @property
    def is_cut(self) -> bool:
        """Whether it is cut up."""
        return self._rows > 0

    def __call__(self, tall: Array, small: Array, out: Array) -> None:
        rows = _even(len(tall), self._rows)
        whole = len(tall) // rows if rows else 0
        if whole > 1:
            cut = whole * rows
            pieces = tall[:cut].reshape(whole, rows, -1)
            results = out[..., :cut, :].reshape(*out.shape[:-2], whole, rows, -1)
            np.matmul(pieces, small[..., None, :, :], out=results)
            tall, out = tall[cut:], out[..., cut:, :]
        if len(tall):
            np.matmul(tall, small, out=out)


@lru_cache(maxsize=1024)
def _even(length: int, most: int) -> int:
    """How many rows a piece has if all have the same number, at most `most`; that where it would be less than half."""
    return next((rows for rows in range(most, most // 2, -1) if length % rows == 0), most)


class TransposedProduct:
    """left^T right for matrices (rows, outputs) and (rows, inner) of at most `most` rows: a sum of small products."""

    def __init__(self, outputs: int, inner: int, most: int) -> None:
        rows = _SMALL // (outputs * inner)
        self._rows = rows if rows >= 96 and most >= 2 * rows and _has_small_kernels() else 0
        self.scratch = most // rows * outputs * inner if self._rows else 0

    def __call__(self, left: Array, right: Array, out: Array, scratch: Array) -> None:
        rows = self._rows
        whole = len(left) // rows if rows else 0
        if whole < 2:
            np.matmul(left.T, right, out=out)
            return
        cut = whole * rows
        parts = scratch[: whole * out.size].reshape(whole, *out.shape)
        np.matmul(left[:cut].reshape(whole, rows, -1).swapaxes(1, 2), right[:cut].reshape(whole, rows, -1), out=parts)
        np.add.reduce(parts, axis=0, out=out)
        if cut < len(left):
            np.matmul(left[cut:].T, right[cut:], out=parts[0])
            np.add(out, parts[0], out=out)


class WeightsProduct:
    """x w^T for x (rows, inner) with few rows and weights w (outputs, inner), which are read once, in their order.

    BLAS brings the second matrix of a product into order first, which takes longer than multiplying with few rows.
    """

    def __init__(self, rows: int, inner: int) -> None:
        block = min(_LARGEST_BLOCK, _SMALL // max(1, rows * inner))
        self._block = block if block >= _LEAST_BLOCK and _has_small_kernels() else 0

    def __call__(self, x: Array, matrix: Array, out: Array) -> None:
        """out = x matrix, for `matrix` = w^T."""
        weights = matrix.T
        cut = len(weights) // self._block * self._block if self._block else 0
        if cut:
            blocks = weights[:cut].reshape(-1, self._block, weights.shape[1])
            result = np.matmul(blocks, x.T)
            np.copyto(out[:, :cut], result.reshape(cut, -1).T)
        if cut < len(weights):
            np.copyto(out[:, cut:], np.matmul(weights[cut:], x.T).T)


def wide_product(small: Array, wide: Array, out: Array) -> None:
    """out (rows, columns) = small (rows, inner) times wide (inner, columns), for any number of columns."""
    columns = wide.shape[1]
    cut = columns // _COLUMNS * _COLUMNS if small.size * _COLUMNS <= _SMALL and _has_small_kernels() else 0
    if cut:
        pieces, results = (array[:, :cut].reshape(len(array), -1, _COLUMNS).swapaxes(0, 1) for array in (wide, out))
        np.matmul(small, pieces, out=results)
    if cut < columns:
        np.matmul(small, wide[:, cut:], out=out[:, cut:])


@cache
def _has_small_kernels() -> bool:
    return any(library.get("architecture") in _ARCHITECTURES for library in threadpool_info())
