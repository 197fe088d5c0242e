"""Arrays as kernels take them: channels-last, with gaps after their pixels."""

from __future__ import annotations

import numpy as np

from netcc.types import Array

GAP = 2


def with_gaps(array: Array) -> Array:
    """(N, C, H, W) as channels-last (N, H, W, C), with `GAP` numbers after each pixel that are none of it."""
    images, channels, height, width = array.shape
    wide = np.full((images, height, width, channels + GAP), np.nan, array.dtype)
    wide[..., :channels] = array.transpose(0, 2, 3, 1)
    return wide[..., :channels]


def planes(array: Array) -> Array:
    """(N, H, W, C) as (N, C, H, W)."""
    return array.transpose(0, 3, 1, 2)


def scratch(elements: int, dtype: type) -> Array:
    """Memory full of what nobody should read."""
    return np.full(elements, np.nan, dtype)
