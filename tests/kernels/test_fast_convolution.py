"""Twins for convolution against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import columns, finish
from netcc.kernels import winograd_transforms as winograd
from netcc.kernels.geometry import Pair
from netcc.kernels.twins import twins
from netcc.types import Shape

pytest.importorskip("numba", reason="twins need numba")


def gathering(
    x: Shape, kernel: Pair, stride: Pair, pad: Pair, dilation: Pair, row: int, rows: int, gap: int = 0
) -> Any:
    """Arguments of gather_columns for one strip of rows."""
    reach = (kernel[1] - 1) * dilation[1] + 1
    shape = (x[0], rows, (x[2] + 2 * pad[1] - reach) // stride[1] + 1, *kernel, x[3])

    def arguments(make: Maker) -> Any:
        padded = make.array(*columns.padded_shape(shape, stride, dilation))
        return make.array(*x, gap=gap), make.array(*shape), padded, row, stride, pad, dilation

    return arguments


def scattering(*sizes: Any, gap: int = 0) -> Any:
    """Arguments of scatter_columns for the same strip."""
    gather = gathering(*sizes, gap=gap)

    def arguments(make: Maker) -> Any:
        x, values, _, row, stride, pad, dilation = gather(make)
        return values, x, row, stride, pad, dilation

    return arguments


WINDOWS: list[tuple[Any, ...]] = [
    ((2, 9, 8, 3), (3, 3), (1, 1), (1, 1), (1, 1), 0, 9),
    ((1, 9, 8, 16), (3, 3), (1, 1), (1, 1), (1, 1), 4, 3),
    ((1, 11, 10, 21), (5, 4), (2, 3), (2, 1), (1, 1), 1, 4),
    ((2, 28, 28, 1), (5, 5), (1, 1), (0, 0), (1, 1), 0, 24),
    ((1, 12, 13, 2), (3, 2), (2, 1), (3, 1), (3, 2), 2, 3),
    ((2, 4, 4, 3), (3, 3), (1, 1), (4, 3), (1, 1), 0, 10),
    ((1, 19, 19, 3), (7, 7), (4, 4), (0, 0), (1, 1), 1, 3),
]

TILES: list[tuple[Shape, Pair, int, int, int, int]] = [
    ((2, 8, 8, 16), (1, 1), 0, 2, 2, 4),
    ((1, 13, 11, 37), (1, 1), 1, 3, 3, 4),
    ((1, 9, 7, 16), (0, 2), 0, 2, 2, 4),
    ((1, 5, 6, 3), (1, 1), 0, 2, 2, 4),
    ((1, 9, 7, 16), (2, 2), 1, 4, 4, 2),
    ((2, 9, 7, 3), (2, 2), 0, 5, 4, 2),
]
"""Shape of the image, pad, first row of tiles, rows and columns of tiles, rows of the result in a tile."""


def tiles_in(x: Shape, pad: Pair, row: int, rows: int, across: int, tile: int, gap: int) -> Any:
    """Arguments of transform_input."""
    tiles = x[0], rows, across, x[3]
    return lambda make: (
        make.array(*x, gap=gap),
        make.array(36, *tiles),
        make.array(winograd.input_scratch(tiles, tile)),
        row,
        pad,
        tile,
    )


def tiles_out(y: Shape, tile: int, gap: int, bias: bool, addend: bool, relu: float | None) -> Any:
    """Arguments of transform_output."""
    tiles = y[0], -(-y[1] // tile), -(-y[2] // tile), y[3]
    return lambda make: (
        make.array(36, *tiles),
        make.array(*y, gap=gap),
        make.array(y[3]) if bias else None,
        make.array(*y, gap=2 * gap) if addend else None,
        relu,
        make.array(winograd.output_scratch(tiles, tile)),
        tile,
    )


def tiles_of_gradients(dy: Shape, row: int, rows: int, tile: int, gap: int) -> Any:
    """Arguments of transform_gradient."""
    tiles = dy[0], rows, -(-dy[2] // tile), dy[3]
    return lambda make: (
        make.array(*dy, gap=gap),
        make.array(36, *tiles),
        make.array(winograd.gradient_scratch(tiles, tile)),
        row,
        tile,
    )


def filters(channels: int, outputs: int, size: int) -> Any:
    """Arguments of transform_weights."""
    return lambda make: (
        make.array(outputs, channels, size, size).transpose(2, 3, 1, 0),
        make.array(36, channels, outputs),
    )


ROWS = [
    *(
        Row(winograd.transform_gradient, tiles_of_gradients(shape, row, rows, tile, gap), scratch=(2,))
        for tile in (2, 4)
        for shape, row, rows in (((2, 8, 8, 16), 0, 2), ((1, 11, 9, 37), 1, 2), ((1, 5, 6, 3), 0, 2))
        for gap in (0, 3)
    ),
    *(
        Row(winograd.transform_weights, filters(*sizes))
        for sizes in ((5, 7, 3), (130, 520, 3), (2, 2, 3), (1, 16, 3), (4, 6, 5))
    ),
    *(
        Row(
            winograd.gather_weights_gradient,
            lambda make, sizes=sizes, size=size, add=add: (
                make.array(36, *sizes),
                make.array(*sizes, size, size),
                add,
            ),
        )
        for sizes in ((5, 16), (3, 37), (2, 150), (4, 3))
        for size in (3, 5)
        for add in (False, True)
    ),
    *(Row(winograd.transform_input, tiles_in(*sizes, gap), scratch=(2,)) for sizes in TILES for gap in (0, 3)),
    *(
        Row(winograd.transform_output, tiles_out(shape, tile, gap, *ends), scratch=(0, 5))
        for tile in (2, 4)
        for shape in ((2, 8, 8, 16), (1, 7, 6, 37), (1, 5, 4, 3), (1, 1, 3, 16))
        for gap, *ends in ((0, True, True, 0.0), (3, True, False, None), (0, False, True, 0.1), (3, False, False, -1.0))
    ),
    *(Row(columns.gather_columns, gathering(*sizes), scratch=(2,), exact=True) for sizes in WINDOWS),
    *(Row(columns.gather_columns, gathering(*sizes, gap=5), scratch=(2,), exact=True) for sizes in WINDOWS),
    *(Row(columns.scatter_columns, scattering(*sizes)) for sizes in WINDOWS),
    *(Row(columns.scatter_columns, scattering(*sizes, gap=5)) for sizes in WINDOWS),
    *(
        Row(
            finish.finish,
            lambda make, c=channels, gap=gap, bias=bias, addend=addend, relu=relu: (
                make.array(2, 3, 4, c, gap=gap),
                make.array(c) if bias else None,
                make.array(2, 3, 4, c, gap=2 * gap) if addend else None,
                relu,
            ),
        )
        for channels, gap in ((3, 0), (16, 0), (37, 3))
        for bias, addend, relu in (
            (True, False, None),
            (True, True, 0),
            (False, True, 0.1),
            (False, False, 0.0),
            (True, False, -0.5),
            (False, False, 2),
            (False, False, None),
        )
    ),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)


def test_relu_of_what_is_no_number() -> None:
    values = np.array([np.nan, -np.inf, np.inf, -1, 2], np.float32).reshape(1, 1, 1, 5)
    expected = values.copy()
    finish.finish(expected, None, None, 0.0)
    twins()[finish.finish](values, None, None, 0.0)
    np.testing.assert_array_equal(values, expected)
