"""Convolutions with MAX Pooling behind them, and random operands for both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from netcc.kernels import pooled_parts
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pixel_blocks import PixelBlocks
from netcc.kernels.windows import PoolingGeometry
from netcc.kernels.winograd import Winograd
from netcc.types import Array, Shape

FEW = Geometry(5, 12, 12, 1, 6, kernel=(5, 5))
SQUARE = Geometry(5, 9, 8, 3, 4, kernel=(3, 3), pad=(1, 1))

KINDS = [(PixelBlocks, FEW, 2, 0), (Im2col, SQUARE, 3, 1), (Winograd, SQUARE, 2, 0)]
"""Kernels, their sizes, and the kernel and padding of a pooling of stride 2."""


def pooling_behind(geometry: Geometry, kernel: int = 2, pad: int = 0) -> PoolingGeometry:
    """Windows of stride 2 over the result of a convolution."""
    size = (geometry.out_height, geometry.out_width, geometry.outputs)
    pooled = [-(-(length + 2 * pad - kernel) // 2) + 1 for length in size[:2]]
    return PoolingGeometry(geometry.images, *size, *pooled, (kernel, kernel), (2, 2), (pad, pad))


def images_at_a_time(images: int, geometry: Geometry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has so many images go together."""
    numbers = geometry.out_height * geometry.out_width * geometry.outputs
    monkeypatch.setattr(pooled_parts, "strip_bytes", lambda: 8 * images * numbers)


def operands(geometry: Geometry) -> tuple[Array, Array, Callable[[Shape | int], Array]]:
    """x and weights, and what draws more numbers."""
    draw = np.random.default_rng(2).standard_normal
    x = draw((geometry.images, geometry.height, geometry.width, geometry.channels))
    return x, draw((geometry.outputs, geometry.channels, *geometry.kernel)), draw
