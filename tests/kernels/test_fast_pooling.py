"""Twins for pooling against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import pooling_maximum as maximum
from netcc.kernels import pooling_mean as mean
from netcc.kernels import pooling_route, pooling_winners
from netcc.kernels.pooling import AveragePooling, MaxPooling
from netcc.kernels.twins import twins
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array

pytest.importorskip("numba", reason="twins need numba")

GEOMETRIES = [
    PoolingGeometry(2, 9, 8, 16, 4, 4, (3, 3), (2, 2)),
    PoolingGeometry(1, 8, 7, 37, 4, 4, (3, 3), (2, 2), (0, 1)),
    PoolingGeometry(1, 6, 5, 16, 6, 5, (3, 3), (1, 1), (1, 1)),
    PoolingGeometry(2, 6, 7, 21, 3, 3, (2, 2), (2, 2)),
    PoolingGeometry(1, 9, 9, 16, 3, 3, (2, 3), (4, 3), (1, 2)),
    PoolingGeometry(2, 5, 4, 18, 1, 1, (5, 4)),
    PoolingGeometry(1, 3, 3, 16, 3, 3, (2, 2), (3, 3), (2, 2)),
    PoolingGeometry(2, 6, 7, 3, 3, 3, (2, 2), (2, 2)),
]


def image(make: Maker, geometry: PoolingGeometry, gap: int) -> Array:
    """Few different numbers, so that several are the largest; some NaN, some below all."""
    x = make.array(*geometry.x_shape, gap=gap)
    np.round(x, out=x)
    x[make.choices(9, *x.shape) == 0] = np.nan
    x[make.choices(9, *x.shape) == 0] = -np.inf
    return x


def maxima(geometry: PoolingGeometry, gap: int) -> Row:
    kernel = MaxPooling(geometry)
    return Row(
        maximum.largest,
        lambda make: (
            image(make, geometry, gap),
            make.array(*geometry.y_shape, gap=gap),
            make.array(kernel.scratch),
            geometry.window,
            kernel.block,
        ),
        scratch=(0, 2),
        exact=True,
    )


def places(geometry: PoolingGeometry, gap: int) -> Row:
    kernel = MaxPooling(geometry)
    return Row(
        pooling_winners.winners,
        lambda make: (
            image(make, geometry, gap),
            make.array(*geometry.y_shape, gap=gap),
            make.choices(255, *geometry.y_shape),
            make.array(kernel.scratch_training),
            geometry.window,
            kernel.training_block,
        ),
        scratch=(0, 3),
        exact=True,
    )


def routed(geometry: PoolingGeometry, gap: int) -> Row:
    kernel = MaxPooling(geometry)

    def arguments(make: Maker) -> Any:
        x, y = image(make, geometry, 0), make.array(*geometry.y_shape)
        winner = make.choices(255, *geometry.y_shape)
        scratch = make.array(max(kernel.scratch_training, kernel.scratch_backward))
        pooling_winners.winners(x, y, winner, scratch, geometry.window, kernel.training_block)
        dy, dx = make.array(*geometry.y_shape, gap=gap), make.array(*geometry.x_shape, gap=gap)
        return dy, winner, dx, scratch, geometry.window, kernel.gradient_block

    return Row(pooling_route.route, arguments, scratch=(3,))


def averages(geometry: PoolingGeometry, gap: int, include_pad: bool) -> Row:
    kernel = AveragePooling(geometry, include_pad=include_pad)
    return Row(
        mean.means,
        lambda make: (
            make.array(*geometry.x_shape, gap=gap),
            make.array(*geometry.y_shape, gap=gap),
            kernel.factors,
            make.array(kernel.scratch + 1000),
            geometry.window,
            kernel.block,
        ),
        scratch=(2, 3),
    )


def spreading(geometry: PoolingGeometry, gap: int) -> Row:
    kernel = AveragePooling(geometry)
    return Row(
        mean.spread_means,
        lambda make: (
            make.array(*geometry.y_shape, gap=gap),
            make.array(*geometry.x_shape, gap=gap),
            kernel.factors,
            make.array(kernel.scratch_backward),
            geometry.window,
            kernel.gradient_block,
        ),
        scratch=(2, 3),
    )


def whole_image(channels: int, gap: int) -> Row:
    return Row(
        mean.whole_means,
        lambda make: (make.array(2, 5, 7, channels, gap=gap), make.array(2, 1, 1, channels), make.array(1000)),
        scratch=(2,),
    )


ROWS = [
    *(make(geometry, gap) for make in (maxima, places, routed, spreading) for geometry in GEOMETRIES for gap in (0, 3)),
    *(averages(geometry, gap, gap == 0) for geometry in GEOMETRIES[:-2] for gap in (0, 3)),
    *(whole_image(channels, gap) for channels in (3, 16, 37) for gap in (0, 3)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)
