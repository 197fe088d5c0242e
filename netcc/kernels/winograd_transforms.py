"""The transforms of Winograd's minimal filtering F(4x4, 3x3) and F(2x2, 5x5), each as one product of matrices.

Lavin & Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4: a tile of m x m results of a kernel
r x r is A^T [(G g G^T) * (B^T d B)] A, where d are the (m + r - 1) x (m + r - 1) = 6 x 6 pixels that it needs. A row of
the matrices belongs to one of the points 0, 1, -1, 2, -2 and infinity: A and G evaluate polynomials there, of gradients
and of weights, and B^T is the same for all kernels. Below, `tile` is m.

B^T d B is (B (x) B)^T times the 36 numbers of d. That multiplies more than row by row, but it is one long call: where
two threads make many short ones, they lose more time waiting for the interpreter.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netcc.kernels.blocks import take
from netcc.kernels.columns import fill_padded
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Pair
from netcc.kernels.products import wide_product
from netcc.kernels.strips import copy_transposed
from netcc.types import Array, Shape, count

EDGE = 6
"""Rows and columns of the image that a tile needs."""

_POINTS = (0, 1, -1, 2, -2)

_SCALES = (1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1)
"""What G multiplies values at the points, and at infinity, with."""

_B = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
"""B^T."""

_CHUNK = 1 << 18
"""Numbers of weights that are brought from one form into another at a time."""


@cache
def _both_axes(name: str, size: int, dtype: np.dtype[np.generic]) -> Array:
    """(36, size x size): what takes the numbers of a square, row by row, to the 36 points.

    `G` weights, `A` gradients, `B` pixels of the image.
    """
    powers = [[float(point**power) for power in range(size)] for point in _POINTS]
    evaluate = np.array([*powers, [0.0] * (size - 1) + [1.0]])
    line = {"A": evaluate, "G": evaluate * np.array(_SCALES)[:, None], "B": np.array(_B, float)}[name]
    return np.kron(line, line).astype(dtype)


def transform_weights(weights: Array, out: Array) -> None:
    """out[6 i + j, c, o] = (G g G^T)[i, j] for g = weights[:, :, c, o]; weights (r, r, channels, outputs).

    The 36 planes of `out`, each without gaps, may lie apart.
    """
    size, _, channels, outputs = weights.shape
    matrix = _both_axes("G", size, out.dtype)
    step = max(1, _CHUNK // (size * size * outputs))
    for first in range(0, channels, step):
        part = weights[:, :, first : first + step]
        taps = np.empty(part.shape, out.dtype)
        copy_transposed(part, taps)
        result = out.reshape(EDGE * EDGE, -1)[:, first * outputs : (first + part.shape[2]) * outputs]
        wide_product(matrix, taps.reshape(size * size, -1), result)


def input_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_input` of `tiles`: (images, tile rows, tile columns, channels)."""
    return count(_reached(tiles, tile)) + EDGE * EDGE * count(tiles)


def _reached(tiles: Shape, tile: int) -> Shape:
    """All pixels that tiles need."""
    images, rows, columns, channels = tiles
    return images, tile * rows + EDGE - tile, tile * columns + EDGE - tile, channels


def transform_input(x: Array, transformed: Array, scratch: Array, row: int, pad: Pair, tile: int) -> None:
    """transformed[6 i + j, n, r, q] = (B^T d B)[i, j] for the tile whose first result is tile (row + r), tile q.

    x (images, height, width, channels), zero outside; transformed (36, images, tile rows, tile columns, channels).
    """
    tiles = transformed.shape[1:]
    padded = take(scratch, _reached(tiles, tile))
    fill_padded(x, padded, tile * row - pad[0], -pad[1])
    by_image, by_row, by_pixel, item = padded.strides
    windows = as_strided(
        padded, (EDGE, EDGE, *tiles), (by_row, by_pixel, by_image, tile * by_row, tile * by_pixel, item)
    )
    pixels = take(scratch[padded.size :], windows.shape)
    np.copyto(pixels, windows)
    _transform("B", EDGE, pixels, transformed)


def _transform(name: str, size: int, source: Array, out: Array) -> None:
    """out (36, ...) from source (size, size, ...)."""
    square = size * size
    wide_product(_both_axes(name, size, out.dtype), source.reshape(square, -1), out.reshape(EDGE * EDGE, -1))


def gradient_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_gradient` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return 2 * tile * tile * count(tiles)


def transform_gradient(dy: Array, transformed: Array, scratch: Array, row: int, tile: int) -> None:
    """transformed[6 i + j, n, r, q] = (A d A^T)[i, j] for the tile x tile gradients d from tile (row + r), tile q on.

    dy (images, height, width, outputs), zero outside; transformed (36, images, tile rows, tile columns, outputs).
    """
    _, images, rows, columns, outputs = transformed.shape
    padded = take(scratch, (images, tile * rows, tile * columns, outputs))
    fill_padded(dy, padded, tile * row, 0)
    split = _by_place(padded, tile)
    gradients = take(scratch[padded.size :], split.shape)
    np.copyto(gradients, split)
    _transform("A", tile, gradients, transformed)


def _by_place(image: Array, tile: int) -> Array:
    """(images, tile rows, tile columns, ...) as (tile, tile, images, rows, columns, ...): a view."""
    images, height, width, channels = image.shape
    split = image.reshape(images, height // tile, tile, width // tile, tile, channels)
    return split.transpose(2, 4, 0, 1, 3, 5)


def gather_weights_gradient(products: Array, dw: Array, add: bool) -> None:
    """dw[o, c] = G^T m G, or is added to, with m = products[:, o, c] as 6 x 6; dw (outputs, channels, r, r), no gaps.

    The bilinear form of the forward pass read the other way: dg = G^T [(A dy A^T) * (B^T d B)] G, summed over tiles.
    """
    size = dw.shape[2]
    matrix, target = _both_axes("G", size, products.dtype), dw.reshape(-1, size * size)
    numbers = products.reshape(EDGE * EDGE, -1).T
    if not add:
        np.matmul(numbers, matrix, out=target)
        return
    step = max(1, _CHUNK // (size * size))
    for first in range(0, len(target), step):
        part = target[first : first + step]
        np.add(part, np.matmul(numbers[first : first + step], matrix), out=part)


def output_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_output` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return 2 * tile * tile * count(tiles)


def transform_output(
    products: Array, y: Array, bias: Array | None, addend: Array | None, relu: float | None, scratch: Array, tile: int
) -> None:
    """y[n, tile r + i, tile q + j] = (A^T m A)[i, j] with m = products[:, n, r, q] as 6 x 6; then `finish`.

    products (36, images, tile rows, tile columns, outputs), lost; y (images, rows, width, outputs) and addend may end
    within the last tiles.
    """
    _, images, rows, columns, outputs = products.shape
    height, width = y.shape[1:3]
    if bias is not None:
        # The value at (1, 1) goes into every result of the tile as it is.
        np.add(products[EDGE + 1], bias, out=products[EDGE + 1])
    results = take(scratch, (tile, tile, images, rows, columns, outputs))
    matrix = _both_axes("A", tile, products.dtype).T
    wide_product(matrix, products.reshape(EDGE * EDGE, -1), results.reshape(tile * tile, -1))
    if (height, width) == (tile * rows, tile * columns):
        np.copyto(_by_place(y, tile), results)
    else:
        whole = take(scratch[results.size :], (images, tile * rows, tile * columns, outputs))
        np.copyto(_by_place(whole, tile), results)
        np.copyto(y, whole[:, :height, :width])
    finish(y, None, addend, relu)
