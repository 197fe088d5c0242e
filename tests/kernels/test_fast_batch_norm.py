"""Twins for batch normalization, scale and bias against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import batch_norm, scale_bias
from netcc.kernels.twins import twins
from netcc.types import Shape

pytest.importorskip("numba", reason="twins need numba")

SHAPES: list[Shape] = [(2, 5, 7, 37), (3, 9, 8, 16), (1, 2, 2, 3), (5, 1, 1, 64)]


def wide(make: Maker, channels: int) -> Any:
    return make.array(channels).astype(np.float64)


def affine(shape: Shape, gap: int, given: str, relu: float | None) -> Row:
    def arguments(make: Maker) -> Any:
        x, y = make.array(*shape, gap=gap), make.array(*shape, gap=2 * gap)
        numbers = (wide(make, shape[3]) if letter in given else None for letter in "mfs")
        addend = make.array(*shape, gap=gap + 1) if "a" in given else None
        return x, *numbers, addend, y, relu, make.array(scale_bias.ScaleBias(shape, relu).scratch)

    return Row(scale_bias.affine, arguments, scratch=(7,))


def sums(shape: Shape, gap: int, given: str, relu: float | None) -> Row:
    def arguments(make: Maker) -> Any:
        dy, y, x, g = (make.array(*shape, gap=gap) for _ in range(4))
        mean = wide(make, shape[3])
        optional = (value if letter in given else None for letter, value in zip("yxmg", (y, x, mean, g), strict=True))
        scratch = make.array(scale_bias.ScaleBias(shape, relu).scratch_backward)
        return dy, *optional, np.ones((2, shape[3])), relu, scratch

    return Row(scale_bias.gradient_sums, arguments, scratch=(7,), tolerance=1e-4)


def statistics(shape: Shape, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        scratch = make.array(batch_norm.BatchNorm(shape).scratch)
        return make.array(*shape, gap=gap) + make.dtype(3), np.ones((2, shape[3])), scratch

    return Row(batch_norm.statistics, arguments, scratch=(2,))


def gradient(shape: Shape, gap: int, centred: bool) -> Row:
    def arguments(make: Maker) -> Any:
        g, x, dx = (make.array(*shape, gap=gap) for _ in range(3))
        mean = wide(make, shape[3]) if centred else None
        scratch = make.array(batch_norm.BatchNorm(shape).scratch_backward)
        return g, x, mean, *(wide(make, shape[3]) for _ in range(3)), dx, scratch

    return Row(batch_norm.apply_gradient, arguments, scratch=(7,))


ROWS = [
    *(
        affine(shape, gap, given, relu)
        for shape, gap in zip(SHAPES, (0, 3, 0, 3), strict=True)
        for given, relu in (
            ("mfs", 0.0),
            ("mf", None),
            ("fs", 0.25),
            ("f", None),
            ("s", 0.0),
            ("", None),
            ("mfsa", 0.0),
            ("a", None),
        )
    ),
    *(
        sums(shape, gap, given, relu)
        for shape, gap in zip(SHAPES, (0, 3, 0, 3), strict=True)
        for given, relu in (("yxmg", 0.0), ("xm", None), ("yx", 0.25), ("g", None), ("y", 0.0), ("", None))
    ),
    *(statistics(shape, gap) for shape in SHAPES for gap in (0, 3)),
    *(gradient(shape, gap, centred) for shape in SHAPES for gap in (0, 3) for centred in (False, True)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)


@pytest.mark.parametrize("channels", [16, 37])
def test_results_over_what_they_are_made_of(channels: int) -> None:
    make = Maker(np.float32)
    x, factor, dy = make.array(2, 3, 4, channels), make.array(channels), make.array(2, 3, 4, channels)
    y = make.array(2, 3, 4, channels)
    scratch, expected = make.array(1 << 20), x.copy()
    scale_bias.affine(expected, None, factor, factor, None, expected, 0.0, scratch)
    twins()[scale_bias.affine](x, None, factor, factor, None, x, 0.0, scratch)
    np.testing.assert_allclose(x, expected, rtol=1e-6)
    found, kept = np.zeros((2, 2, channels)), dy.copy()
    scale_bias.gradient_sums(kept, y, x, None, kept, found[0], 0.5, scratch)
    twins()[scale_bias.gradient_sums](dy, y, x, None, dy, found[1], 0.5, scratch)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(dy, kept)
