"""Twins for activations, Dropout, Eltwise, Softmax and losses against their definitions in the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels.twins import twins
from netcc.layers import activation, cross_entropy_loss, distance_loss, dropout, eltwise, softmax
from netcc.types import Shape

pytest.importorskip("numba", reason="twins need numba")

Shaped = Callable[[Shape, int], Row]
SHAPES: list[tuple[Shape, int]] = [((1003,), 0), ((5, 16), 3), ((2, 3, 5, 7), 0), ((2, 3, 5, 7), 2), ((1, 1), 0)]


def rectify(slope: float) -> Shaped:
    def row(shape: Shape, gap: int) -> Row:
        return Row(
            activation.rectify,
            lambda make: (make.array(*shape, gap=gap), make.array(*shape, gap=gap), slope, make.array(*shape)),
            scratch=(3,),
        )

    return row


def rectified_gradient(slope: float) -> Shaped:
    def row(shape: Shape, gap: int) -> Row:
        def arguments(make: Maker) -> Any:
            arrays = [make.array(*shape, gap=gap) for _ in range(3)]
            bent = () if slope == 0 else (make.array(*shape),)
            return *arrays, slope, np.empty(shape, np.bool_), *bent

        return Row(activation.rectified_gradient, arguments, scratch=(4, 5), exact=True)

    return row


def scaled_difference(shape: Shape, gap: int) -> Row:
    return Row(distance_loss.scaled_difference, lambda make: (*(make.array(*shape, gap=gap) for _ in range(3)), -0.3))


def squared_distance(shape: Shape, gap: int) -> Row:
    return Row(
        distance_loss.squared_distance,
        lambda make: (make.array(*shape, gap=gap), make.array(*shape, gap=gap), make.array(4000)),
        scratch=(2,),
    )


def weighted_sum(*coefficients: float) -> Shaped:
    def row(shape: Shape, gap: int) -> Row:
        def arguments(make: Maker) -> Any:
            bottoms = [make.array(*shape, gap=gap) for _ in coefficients]
            return bottoms, make.array(*shape, gap=gap), coefficients, make.array(*shape)

        return Row(eltwise.weighted_sum, arguments, scratch=(0, 2, 3))

    return row


def largest(number: int) -> Shaped:
    def row(shape: Shape, gap: int) -> Row:
        def arguments(make: Maker) -> Any:
            bottoms = [make.choices(3, *shape, dtype=make.dtype) for _ in range(number)]
            top = make.array(*shape, gap=gap)
            work = np.empty(shape, np.bool_), make.array(*shape), make.choices(3, *shape)
            return bottoms, top, (), make.choices(3, *shape), *work

        return Row(eltwise.largest, arguments, scratch=(0, 2, 4, 5, 6), exact=True)

    return row


def winners_gradient(shape: Shape, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        dy, dx = make.array(*shape, gap=gap), make.array(*shape, gap=gap)
        return dy, make.choices(3, *shape), 1, dx, np.empty(shape, np.bool_)

    return Row(eltwise.winners_gradient, arguments, scratch=(4,), exact=True)


def keep(shape: Shape, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        kept = make.choices(2, *shape, dtype=np.bool_)
        return make.array(*shape, gap=gap), kept, 1 / 0.7, make.array(*shape, gap=gap)

    return Row(dropout.keep, arguments)


def yes_or_no_costs(shape: Shape, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        return 30 * make.array(*shape), *(make.array(*shape, gap=gap) for _ in range(2)), make.array(*shape)

    return Row(cross_entropy_loss.yes_or_no_costs, arguments, scratch=(3,))


def yes_or_no_slopes(shape: Shape, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        return 5 * make.array(*shape), *(make.array(*shape, gap=gap) for _ in range(2)), 0.3

    return Row(cross_entropy_loss.yes_or_no_slopes, arguments)


MAKERS: list[Shaped] = [
    *map(rectify, (0.1, 1, 2.5, -0.5)),
    *map(rectified_gradient, (0, 0.1, -0.5)),
    weighted_sum(1, -1),
    weighted_sum(0.5, 1, 2),
    weighted_sum(1, 1, 1, 1),
    *map(largest, (2, 4)),
    scaled_difference,
    squared_distance,
    winners_gradient,
    keep,
    yes_or_no_costs,
    yes_or_no_slopes,
]

PLANES: list[tuple[Shape, int]] = [
    *(((rows, classes), 1) for rows, classes in ((5, 1), (3, 10), (4, 16), (2, 1000))),
    *(((2, classes, 5, 7), 1) for classes in (1, 3, 21)),
    ((2, 3, 4), 1),
    ((3, 4, 20), -1),
    ((2, 300, 1000), 1),
]


def spread_scores(shape: Shape, axis: int) -> Row:
    def arguments(make: Maker) -> Any:
        row = [*shape]
        row[axis] = 1
        return 40 * make.array(*shape), make.array(*shape), make.array(*row), axis

    return Row(softmax.softmax, arguments, scratch=(2,))


def spread_gradient(shape: Shape, axis: int) -> Row:
    def arguments(make: Maker) -> Any:
        row = [*shape]
        row[axis] = 1
        return *(make.array(*shape) for _ in range(3)), make.array(*row), make.array(*shape), axis

    return Row(softmax.softmax_gradient, arguments, scratch=(3, 4))


ROWS = [make(*shape) for make in MAKERS for shape in SHAPES]
ROWS += [make(*shape) for make in (spread_scores, spread_gradient) for shape in PLANES]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)
