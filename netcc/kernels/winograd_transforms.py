"""The transforms of Winograd's minimal filtering F(4x4, 3x3) and F(2x2, 5x5).

Lavin & Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4: a tile of m x m results of a kernel
r x r is A^T [(G g G^T) * (B^T d B)] A, where d are the (m + r - 1) x (m + r - 1) = 6 x 6 pixels that it needs. A row of
the matrices belongs to one of the points 0, 1, -1, 2, -2 and infinity: A and G evaluate polynomials there, of gradients
and of weights, and B^T is the same for all kernels. Below, `tile` is m.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.kernels.columns import fill_phases
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Pair
from netcc.kernels.strips import take
from netcc.types import Array, Shape, count

EDGE = 6
"""Rows and columns of the image that a tile needs."""

_SCALES = 1 / 4, -1 / 6, 1 / 24
"""What G multiplies values at 0, at 1 and -1, and at 2 and -2 with."""

_CHUNK = 1 << 15


def transform_weights(weights: Array, out: Array) -> None:
    """out[6 i + j, c, o] = (G g G^T)[i, j] for g = weights[:, :, c, o]; weights (r, r, channels, outputs)."""
    channels, outputs = weights.shape[2:]
    result = out.reshape(EDGE, EDGE, -1)
    step = max(1, _CHUNK // outputs)
    for first in range(0, channels, step):
        taps = np.ascontiguousarray(weights[:, :, first : first + step]).reshape(*weights.shape[:2], -1)
        part = result[:, :, first * outputs : first * outputs + taps.shape[2]]
        halves = np.empty((EDGE, *taps.shape[1:]), out.dtype)
        _evaluate(list(taps), list(halves), _SCALES)
        _evaluate([halves[:, j] for j in range(taps.shape[1])], [part[:, j] for j in range(EDGE)], _SCALES)


def _evaluate(polynomial: Sequence[Array], values: Sequence[Array], scales: Sequence[float]) -> None:
    """The values of polynomials at 0, 1, -1, 2, -2 and infinity, scaled."""
    _weighted_sum(polynomial[:1], scales[:1], values[0], values[0])
    even = values[5]
    for point, scale, plus, minus in ((1, scales[1], values[1], values[2]), (2, scales[2], values[3], values[4])):
        factors = [scale * point**power for power in range(len(polynomial))]
        _weighted_sum(polynomial[0::2], factors[0::2], even, plus)
        _weighted_sum(polynomial[1::2], factors[1::2], minus, plus)
        np.add(even, minus, out=plus)
        np.subtract(even, minus, out=minus)
    np.copyto(values[5], polynomial[-1])


def _weighted_sum(terms: Sequence[Array], factors: Sequence[float], total: Array, spare: Array) -> None:
    so_far: Array | None = None
    for term, factor in zip(terms, factors, strict=True):
        if factor != 1:
            term = np.multiply(term, factor, out=total if so_far is None else spare)
        so_far = term if so_far is None else np.add(so_far, term, out=total)
    if so_far is not None and so_far is not total:
        np.copyto(total, so_far)


def input_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_input` of `tiles`: (images, tile rows, tile columns, channels)."""
    images, rows, columns, channels = tiles
    width = tile * _spread(columns, tile) * channels
    lines = images * (tile * rows + EDGE - tile)
    return (lines + (EDGE + 2) * images * rows) * width + 2 * EDGE * count(tiles)


def _spread(columns: int, tile: int) -> int:
    """Every tile-th pixel of a row, for all tiles: how many."""
    return columns - 1 + -(-EDGE // tile)


def transform_input(x: Array, transformed: Array, scratch: Array, row: int, pad: Pair, tile: int) -> None:
    """transformed[6 i + j, n, r, q] = (B^T d B)[i, j] for the tile whose first result is tile (row + r), tile q.

    x (images, height, width, channels), zero outside; transformed (36, images, tile rows, tile columns, channels).
    """
    _, images, rows, columns, channels = transformed.shape
    lines, across = tile * rows + EDGE - tile, _spread(columns, tile)
    padded = take(scratch, (images, lines, tile, across, channels))
    scratch = scratch[padded.size :]
    fill_phases(x, padded, tile * row - pad[0], -pad[1])
    padded = padded.reshape(images, lines, -1)
    halves = take(scratch, (EDGE, images, rows, padded.shape[-1]))
    scratch = scratch[halves.size :]
    pair = take(scratch, (2, images, rows, padded.shape[-1]))
    scratch = scratch[pair.size :]
    last = tile * (rows - 1) + 1
    _input_line([padded[:, i : i + last : tile] for i in range(EDGE)], list(halves), pair)
    phases = halves.reshape(EDGE, images, rows, tile, across, channels)
    sources = [phases[:, :, :, j % tile, j // tile : j // tile + columns] for j in range(EDGE)]
    result = transformed.reshape(EDGE, EDGE, images, rows, columns, channels)
    pair = take(scratch, (2, EDGE, images, rows, columns, channels))
    _input_line(sources, [result[:, j] for j in range(EDGE)], pair)


def _input_line(d: Sequence[Array], v: Sequence[Array], pair: Array) -> None:
    """v = B^T d along one axis of the tile."""
    a, b = pair
    np.subtract(d[4], d[2], out=a)
    np.subtract(d[3], d[1], out=b)
    np.subtract(d[2], d[0], out=v[0])
    np.multiply(v[0], 4, out=v[0])
    np.subtract(a, v[0], out=v[0])  # 4 d0 - 5 d2 + d4
    np.multiply(b, 4, out=v[4])
    np.subtract(d[5], d[3], out=v[5])
    np.subtract(v[5], v[4], out=v[5])  # 4 d1 - 5 d3 + d5
    np.multiply(b, 2, out=v[4])
    np.add(a, v[4], out=v[3])  # d4 - d2 + 2 (d3 - d1)
    np.subtract(a, v[4], out=v[4])  # d4 - d2 - 2 (d3 - d1)
    np.multiply(d[2], 3, out=v[1])
    np.subtract(a, v[1], out=a)
    np.multiply(d[1], 3, out=v[2])
    np.subtract(b, v[2], out=b)
    np.add(a, b, out=v[1])  # d4 - 4 d2 + d3 - 4 d1
    np.subtract(a, b, out=v[2])  # d4 - 4 d2 - d3 + 4 d1


def gradient_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_gradient` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return (tile * tile + EDGE * tile) * count(tiles)


def transform_gradient(dy: Array, transformed: Array, scratch: Array, row: int, tile: int) -> None:
    """transformed[6 i + j, n, r, q] = (A d A^T)[i, j] for the tile x tile gradients d from tile (row + r), tile q on.

    dy (images, height, width, outputs), zero outside; transformed (36, images, tile rows, tile columns, outputs).
    """
    _, images, rows, columns, outputs = transformed.shape
    padded = take(scratch, (images, tile * rows, tile, columns, outputs))
    fill_phases(dy, padded, tile * row, 0)
    halves = take(scratch[padded.size :], (EDGE, images, rows, tile, columns, outputs))
    result = transformed.reshape(EDGE, EDGE, images, rows, columns, outputs)
    _evaluate([padded[:, i::tile] for i in range(tile)], list(halves), (1, 1, 1))
    _evaluate([halves[:, :, :, j] for j in range(tile)], [result[:, j] for j in range(EDGE)], (1, 1, 1))


def gather_weights_gradient(products: Array, dw: Array, add: bool) -> None:
    """dw[o, c] = G^T m G, or is added to, with m = products[:, c, o] as 6 x 6; dw (outputs, channels, r, r).

    The bilinear form of the forward pass read the other way: dg = G^T [(A dy A^T) * (B^T d B)] G, summed over tiles.
    """
    channels, outputs = products.shape[1:]
    size = dw.shape[2]
    line = np.empty((EDGE, size), products.dtype)
    _evaluate(list(np.eye(size, dtype=products.dtype)), list(line), _SCALES)
    matrix = np.kron(line, line).T
    step = max(1, _CHUNK // (size * size * outputs))
    for first in range(0, channels, step):
        last = min(first + step, channels)
        part = products.reshape(EDGE * EDGE, -1)[:, first * outputs : last * outputs]
        taps = np.matmul(matrix, part).reshape(size, size, -1, outputs).transpose(3, 2, 0, 1)
        target = dw[:, first:last]
        if add:
            np.add(target, taps, out=target)
        else:
            np.copyto(target, taps)


def output_scratch(tiles: Shape, tile: int) -> int:
    """Elements of scratch for `transform_output` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return (tile * EDGE + 2 * EDGE + tile * tile) * count(tiles)


def transform_output(
    products: Array, y: Array, bias: Array | None, addend: Array | None, relu: float | None, scratch: Array, tile: int
) -> None:
    """y[n, tile r + i, tile q + j] = (A^T m A)[i, j] with m = products[:, n, r, q] as 6 x 6; then `finish`.

    products (36, images, tile rows, tile columns, outputs), lost; y (images, rows, width, outputs) and addend may end
    within the last tiles.
    """
    _, images, rows, columns, outputs = products.shape
    height, width = y.shape[1:3]
    size = images * rows * columns * outputs
    halves = take(scratch, (tile, EDGE, size))
    pair = take(scratch[halves.size :], (2, EDGE, size))
    if bias is not None:
        # The value at (1, 1) goes into every result of the tile as it is.
        np.add(products[EDGE + 1], bias, out=products[EDGE + 1])
    _output_line(list(products.reshape(EDGE, EDGE, size)), list(halves), pair)
    whole = (height, width) == (tile * rows, tile * columns)
    result = y if whole else take(scratch[halves.size + pair.size :], (images, tile * rows, tile * columns, outputs))
    split = result.reshape(images, rows, tile, columns, tile, outputs).transpose(4, 2, 0, 1, 3, 5)
    sources = [halves[:, j].reshape(tile, images, rows, columns, outputs) for j in range(EDGE)]
    pair = take(scratch[halves.size :], (2, tile, images, rows, columns, outputs))
    _output_line(sources, list(split), pair)
    if not whole:
        np.copyto(y, result[:, :height, :width])
    finish(y, None, addend, relu)


def _output_line(m: Sequence[Array], o: Sequence[Array], pair: Array) -> None:
    """o = A^T m along one axis of the tile; m is lost."""
    odd, far_odd = pair
    np.subtract(m[1], m[2], out=odd)
    np.subtract(m[3], m[4], out=far_odd)
    even, far_even = m[1], m[3]
    np.add(m[1], m[2], out=even)
    np.add(m[3], m[4], out=far_even)
    np.add(m[0], even, out=m[0])
    np.add(m[0], far_even, out=o[0])
    for power in range(1, len(o)):
        near, far = (odd, far_odd) if power % 2 else (even, far_even)
        np.multiply(far, 2**power, out=m[0])
        np.add(near, m[0], out=o[power])
    np.add(o[-1], m[5], out=o[-1])
