"""Twins for local response normalization against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import lrn
from netcc.kernels.twins import twins
from netcc.types import Shape

pytest.importorskip("numba", reason="twins need numba")


def forward(shape: Shape, size: int, beta: float, gap: int, saves: bool, within: bool = False) -> Row:
    def arguments(make: Maker) -> Any:
        scratch = make.array(lrn.LRN(shape, size, 0.1, beta, 1, within=within).scratch)
        sums = make.array(*shape) if saves else None
        return make.array(*shape, gap=gap), make.array(*shape, gap=gap), sums, scratch, size, 0.02, beta, 1.5

    return Row(lrn.within_forward if within else lrn.across_forward, arguments, scratch=(3,))


def backward(shape: Shape, size: int, beta: float, gap: int, within: bool = False) -> Row:
    def arguments(make: Maker) -> Any:
        scratch = make.array(lrn.LRN(shape, size, 0.1, beta, 1, within=within).scratch_backward)
        x, sums = make.array(*shape, gap=gap), make.positive(*shape)
        return x, sums, make.array(*shape, gap=gap), make.array(*shape, gap=gap), scratch, size, 0.02, beta

    return Row(lrn.within_backward if within else lrn.across_backward, arguments, scratch=(4,))


SHAPES: list[Shape] = [(2, 5, 7, 37), (1, 3, 9, 16), (1, 2, 2, 3), (2, 1, 1, 64)]
ROWS = [
    *(
        forward(shape, size, 0.75, gap, gap == 0, within)
        for shape in SHAPES
        for size in (1, 3, 5)
        for gap in (0, 3)
        for within in (False, True)
    ),
    *(
        backward(shape, size, 0.75, gap, within)
        for shape in SHAPES
        for size in (1, 3, 5)
        for gap in (0, 3)
        for within in (False, True)
    ),
    *(forward(SHAPES[0], 5, 0.6, 0, True, within) for within in (False, True)),
    *(backward(SHAPES[0], 5, 0.6, 0, within) for within in (False, True)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)


def test_within_channels_results_may_replace_what_they_are_made_of() -> None:
    x, sums, dy = (Maker(np.float64).positive(2, 5, 7, 37) for _ in range(3))
    kernel = lrn.LRN(x.shape, 3, 0.1, 0.75, 1, within=True)
    scratch = np.empty(max(kernel.scratch, kernel.scratch_backward))
    y, dx = np.empty_like(x), np.empty_like(x)
    forward, backward = twins()[lrn.within_forward], twins()[lrn.within_backward]
    forward(x, y, None, scratch, 3, 0.02, 0.75, 1.5)
    backward(x, sums, dy, dx, scratch, 3, 0.02, 0.75)
    backward(x, sums, dy, dy, scratch, 3, 0.02, 0.75)
    forward(x, x, None, scratch, 3, 0.02, 0.75, 1.5)
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(dy, dx)
