"""Twins for depthwise convolution against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import depthwise_sums as depthwise
from netcc.kernels.geometry import Geometry
from netcc.kernels.twins import twins

pytest.importorskip("numba", reason="twins need numba")


def channels_of(sizes: tuple[int, int, int, int], **window: Any) -> Geometry:
    return Geometry(*sizes, sizes[3], sizes[3], **window)


GEOMETRIES = [
    channels_of((2, 8, 9, 16), kernel=(3, 3), pad=(1, 1)),
    channels_of((1, 7, 7, 37), kernel=(3, 3), pad=(1, 1)),
    channels_of((1, 5, 6, 16), kernel=(3, 3), pad=(0, 2)),
    channels_of((1, 1, 1, 16), kernel=(3, 3), pad=(1, 1)),
    channels_of((2, 9, 8, 37), kernel=(3, 3), pad=(1, 1), stride=(2, 2)),
    channels_of((1, 10, 12, 16), kernel=(3, 3), pad=(0, 1), stride=(2, 2)),
    channels_of((1, 7, 6, 16), kernel=(3, 3), pad=(2, 2), stride=(2, 2)),
    channels_of((1, 11, 7, 16), kernel=(3, 3), pad=(0, 1), stride=(1, 3)),
    channels_of((1, 9, 8, 21), kernel=(5, 4), pad=(2, 1)),
    channels_of((1, 9, 12, 16), kernel=(5, 4), pad=(2, 1), stride=(3, 2)),
    channels_of((1, 9, 12, 16), kernel=(3, 3), pad=(2, 2), dilation=(2, 2)),
    channels_of((1, 9, 12, 16), kernel=(3, 3), pad=(2, 2), dilation=(2, 2), stride=(2, 1)),
    channels_of((2, 6, 6, 3), kernel=(3, 3), pad=(1, 1)),
]


def operands(make: Maker, geometry: Geometry, gap: int) -> dict[str, Any]:
    sizes = geometry.images, geometry.out_height, geometry.out_width, geometry.channels
    return {
        "x": make.array(geometry.images, geometry.height, geometry.width, geometry.channels, gap=gap),
        "weights": make.array(*geometry.kernel, geometry.channels),
        "y": make.array(*sizes, gap=gap),
        "addend": make.array(*sizes, gap=2 * gap),
        "bias": make.array(geometry.channels),
        "scratch": make.array(max(depthwise.depthwise_scratch(geometry))),
    }


def forward(geometry: Geometry, gap: int, bias: bool, addend: bool, relu: float | None) -> Row:
    def arguments(make: Maker) -> Any:
        given = operands(make, geometry, gap)
        ends = given["bias"] if bias else None, given["addend"] if addend else None, relu
        window = geometry.stride, geometry.pad, geometry.dilation
        return given["x"], given["weights"], *ends, given["y"], given["scratch"], *window

    return Row(depthwise.depthwise_forward, arguments, scratch=(6,))


def image_gradient(geometry: Geometry, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        given = operands(make, geometry, gap)
        window = geometry.stride, geometry.pad, geometry.dilation
        return given["y"], given["weights"], given["x"], given["scratch"], *window

    return Row(depthwise.depthwise_image_gradient, arguments, scratch=(3,))


def weights_gradient(geometry: Geometry, gap: int) -> Row:
    def arguments(make: Maker) -> Any:
        given = operands(make, geometry, gap)
        window = geometry.stride, geometry.pad, geometry.dilation
        return given["x"], given["y"], given["weights"], given["scratch"], *window

    return Row(depthwise.depthwise_weights_gradient, arguments, scratch=(3,))


ROWS = [
    *(forward(geometry, 0, True, False, 0.0) for geometry in GEOMETRIES),
    *(forward(geometry, 3, False, True, 0.1) for geometry in GEOMETRIES),
    *(forward(geometry, 0, False, False, None) for geometry in GEOMETRIES),
    *(image_gradient(geometry, gap) for geometry in GEOMETRIES for gap in (0, 3)),
    *(weights_gradient(geometry, gap) for geometry in GEOMETRIES for gap in (0, 3)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.definition.__name__)
def test_a_twin_computes_what_its_definition_does(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)
