"""Products of a large matrix, tall or wide, with a small one, cut up as BLAS likes it.

OpenBLAS has kernels for small products on processors with AVX-512, which spare the copies that it otherwise makes of
both matrices: ten to thirty per cent of the time where the small matrix has few columns, more than half where few rows
meet many weights.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from threadpoolctl import threadpool_info

from netcc.kernels.geometry import Pair
from netcc.types import Array

_SMALL = 10**6
"""Multiplications up to which OpenBLAS takes a product for small."""

_LEAST_BLOCK, _LARGEST_BLOCK = 4, 8
"""Rows of weights that one small product takes: with fewer, products are too many."""

_COLUMNS = 512
"""Columns of a wide matrix that one small product takes."""

_LEAST_ROWS, _ROWS = 96, 160
"""Rows that one small product of a transposed matrix takes: so many at least, and if columns are cut for it."""

_MOST_OUTPUTS, _LEAST_COLUMNS = 48, 32
"""Columns are cut for so many outputs at most, into ranges of so many at least. More outputs gain little."""

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
        rows = _even(len(tall), self._rows, self._rows // 2)
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
def _even(length: int, most: int, fewest: int) -> int:
    """How many rows a piece has if all have the same number, `most` or fewer; `most` if that would be `fewest`."""
    return next((rows for rows in range(most, fewest, -1) if length % rows == 0), most)


class TransposedProduct:
    """left^T right for matrices (rows, outputs) and (rows, inner) of at most `most` rows: a sum of small products.

    Where a product of few rows would be the largest small one, the columns of `right` are cut up too.
    """

    def __init__(self, outputs: int, inner: int, most: int) -> None:
        rows, self._across = _small_pieces(outputs, inner)
        self._rows = rows if most >= 2 * rows else 0
        self._fewest = rows * 5 // 8
        self.scratch = most // (self._fewest + 1) * outputs * inner if self._rows else 0

    def __call__(self, left: Array, right: Array, out: Array, scratch: Array) -> None:
        rows = _even(len(left), self._rows, self._fewest)
        whole = len(left) // rows if rows else 0
        if whole < 2:
            np.matmul(left.T, right, out=out)
            return
        cut = whole * rows
        parts = scratch[: whole * out.size].reshape(whole, *out.shape)
        pieces = left[:cut].reshape(whole, 1, rows, -1).swapaxes(2, 3)
        columns = right[:cut].reshape(whole, rows, self._across, -1).swapaxes(1, 2)
        np.matmul(pieces, columns, out=parts.reshape(whole, len(out), self._across, -1).swapaxes(1, 2))
        np.add.reduce(parts, axis=0, out=out)
        if cut < len(left):
            np.matmul(left[cut:].T, right[cut:], out=parts[0])
            np.add(out, parts[0], out=out)


def _small_pieces(outputs: int, inner: int) -> Pair:
    """How many rows a small product of a `TransposedProduct` takes, none if it is not cut up; in how many ranges of
    columns."""
    rows = _SMALL // (outputs * inner)
    if not _has_small_kernels() or (rows < _LEAST_ROWS and outputs > _MOST_OUTPUTS):
        return 0, 1
    if rows >= _LEAST_ROWS:
        return rows, 1
    cuts = (number for number in range(2, inner // _LEAST_COLUMNS + 1) if inner % number == 0)
    return next(((rows, cut) for cut in cuts if (rows := _SMALL * cut // (outputs * inner)) >= _ROWS), (0, 1))


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
