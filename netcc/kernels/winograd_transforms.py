"""The transforms of Winograd's minimal filtering F(4x4, 3x3).

Lavin & Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4: with the points 0, 1, -1, 2, -2 and
infinity, a tile of 4 x 4 results is A^T [(G g G^T) * (B^T d B)] A, where d are the 6 x 6 pixels that it needs.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from netcc.kernels.columns import fill_phases
from netcc.kernels.finish import finish
from netcc.kernels.strips import take
from netcc.types import Array, Shape, count

TILE = 4
"""Rows and columns of the result that a tile makes."""

EDGE = 6
"""Rows and columns of the image that a tile needs."""

_FILTER = np.array(
    [[float(Fraction(number)) for number in row.split()] for row in (
        "1/4 0 0", "-1/6 -1/6 -1/6", "-1/6 1/6 -1/6", "1/24 1/12 1/6", "1/24 -1/12 1/6", "0 0 1",
    )]
)  # fmt: skip
_CHUNK = 1 << 15


def transform_weights(weights: Array, out: Array) -> None:
    """out[6 i + j, c, o] = (G g G^T)[i, j] for g = weights[:, :, c, o]; weights (3, 3, channels, outputs)."""
    channels, outputs = weights.shape[2:]
    result = out.reshape(EDGE, EDGE, -1)
    step = max(1, _CHUNK // outputs)
    for first in range(0, channels, step):
        taps = np.ascontiguousarray(weights[:, :, first : first + step]).reshape(3, 3, -1)
        part = result[:, :, first * outputs : first * outputs + taps.shape[2]]
        halves = np.empty((EDGE, *taps.shape[1:]), out.dtype)
        _weights_line(list(taps), list(halves))
        _weights_line([halves[:, j] for j in range(3)], [part[:, j] for j in range(EDGE)])


def _weights_line(g: list[Array], v: list[Array]) -> None:
    """v = G g along one axis of the kernel."""
    np.multiply(g[0], 1 / 4, out=v[0])
    np.add(g[0], g[2], out=v[5])
    np.multiply(v[5], -1 / 6, out=v[5])
    np.multiply(g[1], -1 / 6, out=v[3])
    np.add(v[5], v[3], out=v[1])  # -(g0 + g1 + g2) / 6
    np.subtract(v[5], v[3], out=v[2])  # -(g0 - g1 + g2) / 6
    np.multiply(g[0], 1 / 24, out=v[4])
    np.multiply(g[2], 1 / 6, out=v[5])
    np.add(v[4], v[5], out=v[4])
    np.multiply(g[1], 1 / 12, out=v[5])
    np.add(v[4], v[5], out=v[3])  # g0 / 24 + g1 / 12 + g2 / 6
    np.subtract(v[4], v[5], out=v[4])  # g0 / 24 - g1 / 12 + g2 / 6
    np.copyto(v[5], g[2])


def input_scratch(tiles: Shape) -> int:
    """Elements of scratch for `transform_input` of `tiles`: (images, tile rows, tile columns, channels)."""
    images, rows, columns, channels = tiles
    width = TILE * (columns + 1) * channels
    lines = images * (TILE * rows + 2)
    return (lines + (EDGE + 2) * images * rows) * width + 2 * EDGE * count(tiles)


def transform_input(x: Array, transformed: Array, scratch: Array, row: int, pad: tuple[int, int]) -> None:
    """transformed[6 i + j, n, r, q] = (B^T d B)[i, j] for the tile whose first result is 4 (row + r), 4 q.

    x (images, height, width, channels), zero outside; transformed (36, images, tile rows, tile columns, channels).
    """
    _, images, rows, columns, channels = transformed.shape
    lines = TILE * rows + 2
    padded = take(scratch, (images, lines, TILE, columns + 1, channels))
    scratch = scratch[padded.size :]
    fill_phases(x, padded, TILE * row - pad[0], -pad[1])
    padded = padded.reshape(images, lines, -1)
    halves = take(scratch, (EDGE, images, rows, padded.shape[-1]))
    scratch = scratch[halves.size :]
    pair = take(scratch, (2, images, rows, padded.shape[-1]))
    scratch = scratch[pair.size :]
    last = TILE * (rows - 1) + 1
    _input_line([padded[:, i : i + last : TILE] for i in range(EDGE)], list(halves), pair)
    phases = halves.reshape(EDGE, images, rows, TILE, columns + 1, channels)
    sources = [phases[:, :, :, j % TILE, j // TILE : j // TILE + columns] for j in range(EDGE)]
    result = transformed.reshape(EDGE, EDGE, images, rows, columns, channels)
    pair = take(scratch, (2, EDGE, images, rows, columns, channels))
    _input_line(sources, [result[:, j] for j in range(EDGE)], pair)


def _input_line(d: list[Array], v: list[Array], pair: Array) -> None:
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


def gradient_scratch(tiles: Shape) -> int:
    """Elements of scratch for `transform_gradient` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return (TILE * TILE + 2 * TILE + EDGE * TILE + 2 * EDGE) * count(tiles)


def transform_gradient(dy: Array, transformed: Array, scratch: Array, row: int) -> None:
    """transformed[6 i + j, n, r, q] = (A d A^T)[i, j] for the 4 x 4 gradients d from 4 (row + r), 4 q on.

    dy (images, height, width, outputs), zero outside; transformed (36, images, tile rows, tile columns, outputs).
    """
    _, images, rows, columns, outputs = transformed.shape
    padded = take(scratch, (images, TILE * rows, TILE, columns, outputs))
    scratch = scratch[padded.size :]
    fill_phases(dy, padded, TILE * row, 0)
    halves = take(scratch, (EDGE, images, rows, TILE, columns, outputs))
    scratch = scratch[halves.size :]
    _gradient_line(
        [padded[:, i::TILE] for i in range(TILE)],
        list(halves),
        take(scratch, (2, images, rows, TILE, columns, outputs)),
    )
    result = transformed.reshape(EDGE, EDGE, images, rows, columns, outputs)
    _gradient_line(
        [halves[:, :, :, j] for j in range(TILE)],
        [result[:, j] for j in range(EDGE)],
        take(scratch, (2, EDGE, images, rows, columns, outputs)),
    )


def _gradient_line(d: list[Array], v: list[Array], pair: Array) -> None:
    """v = A d along one axis of the tile."""
    a, b = pair
    np.copyto(v[0], d[0])
    np.copyto(v[5], d[3])
    np.add(d[0], d[2], out=a)
    np.add(d[1], d[3], out=b)
    np.add(a, b, out=v[1])  # d0 + d1 + d2 + d3
    np.subtract(a, b, out=v[2])  # d0 - d1 + d2 - d3
    np.multiply(d[2], 4, out=a)
    np.add(a, d[0], out=a)
    np.multiply(d[3], 4, out=b)
    np.add(b, d[1], out=b)
    np.multiply(b, 2, out=b)
    np.add(a, b, out=v[3])  # d0 + 2 d1 + 4 d2 + 8 d3
    np.subtract(a, b, out=v[4])  # d0 - 2 d1 + 4 d2 - 8 d3


def gather_weights_gradient(products: Array, dw: Array, *, add: bool) -> None:
    """dw[o, c] = G^T m G, or is added to, with m = products[:, c, o] as 6 x 6; dw (outputs, channels, 3, 3).

    The bilinear form of the forward pass read the other way: dg = G^T [(A dy A^T) * (B^T d B)] G, summed over tiles.
    """
    channels, outputs = products.shape[1:]
    matrix = np.kron(_FILTER, _FILTER).astype(products.dtype).T
    step = max(1, _CHUNK // (9 * outputs))
    for first in range(0, channels, step):
        last = min(first + step, channels)
        part = products.reshape(36, -1)[:, first * outputs : last * outputs]
        taps = np.matmul(matrix, part).reshape(3, 3, -1, outputs).transpose(3, 2, 0, 1)
        target = dw[:, first:last]
        if add:
            np.add(target, taps, out=target)
        else:
            np.copyto(target, taps)


def output_scratch(tiles: Shape) -> int:
    """Elements of scratch for `transform_output` of `tiles`: (images, tile rows, tile columns, outputs)."""
    return (4 * EDGE + 2 * EDGE + TILE * TILE) * count(tiles)


def transform_output(
    products: Array, y: Array, bias: Array | None, addend: Array | None, relu: float | None, scratch: Array
) -> None:
    """y[n, 4 r + i, 4 q + j] = (A^T m A)[i, j] with m = products[:, n, r, q] as 6 x 6; then `finish`.

    products (36, images, tile rows, tile columns, outputs), lost; y (images, rows, width, outputs) and addend may end
    within the last tiles.
    """
    _, images, rows, columns, outputs = products.shape
    height, width = y.shape[1:3]
    size = images * rows * columns * outputs
    halves = take(scratch, (TILE, EDGE, size))
    pair = take(scratch[halves.size :], (2, EDGE, size))
    _output_line(list(products.reshape(EDGE, EDGE, size)), list(halves), pair)
    whole = (height, width) == (TILE * rows, TILE * columns)
    result = y if whole else take(scratch[halves.size + pair.size :], (images, TILE * rows, TILE * columns, outputs))
    split = result.reshape(images, rows, TILE, columns, TILE, outputs).transpose(4, 2, 0, 1, 3, 5)
    sources = [halves[:, j].reshape(TILE, images, rows, columns, outputs) for j in range(EDGE)]
    pair = take(scratch[halves.size :], (2, TILE, images, rows, columns, outputs))
    _output_line(sources, list(split), pair)
    if not whole:
        np.copyto(y, result[:, :height, :width])
    finish(y, bias, addend, relu)


def _output_line(m: list[Array], o: list[Array], pair: Array) -> None:
    """o = A^T m along one axis of the tile; m is lost."""
    a, b = pair
    np.subtract(m[1], m[2], out=a)
    np.subtract(m[3], m[4], out=b)
    np.add(m[1], m[2], out=m[1])
    np.add(m[3], m[4], out=m[3])
    np.add(m[0], m[1], out=m[0])
    np.add(m[0], m[3], out=o[0])  # m0 + m1 + m2 + m3 + m4
    np.multiply(m[3], 4, out=m[3])
    np.add(m[1], m[3], out=o[2])  # m1 + m2 + 4 (m3 + m4)
    np.multiply(b, 2, out=b)
    np.add(a, b, out=o[1])  # m1 - m2 + 2 (m3 - m4)
    np.multiply(b, 4, out=b)
    np.add(m[5], a, out=a)
    np.add(a, b, out=o[3])  # m1 - m2 + 8 (m3 - m4) + m5
