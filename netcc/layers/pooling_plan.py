"""Where the windows of a pooling layer lie: all that depends on shapes alone, worked out once for each shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from netcc.layers.window import PoolingFields, Window
from netcc.types import Array, Shape, count

_TILE_NUMBERS = 1 << 16
"""Numbers in the scratch arrays: they stay in the inner cache while all taps of the window pass over them."""


@dataclass(frozen=True, slots=True)
class Tap:
    """One position in the window: where it lies inside the image for which windows."""

    number: int
    windows: tuple[slice, slice]
    pixels: tuple[slice, slice]


@dataclass(frozen=True)
class Pooled:
    """A window over planes of one size, with all that depends on shapes alone."""

    planes: int
    size: Shape
    window: Window
    result_size: Shape

    @cached_property
    def taps(self) -> tuple[Tap, ...]:
        """Row by row; taps that lie outside the image for every window are left out."""
        found = []
        for number, place in enumerate(np.ndindex(self.window.kernel)):
            spans = [self._span(axis, offset) for axis, offset in enumerate(place)]
            if all(windows.stop > windows.start for windows, _ in spans):
                (rows, pixel_rows), (columns, pixel_columns) = spans
                found.append(Tap(number, (rows, columns), (pixel_rows, pixel_columns)))
        return tuple(found)

    def _span(self, axis: int, offset: int) -> tuple[slice, slice]:
        """On one axis: the windows for which the tap at `offset` is inside the image, and its pixels."""
        stride, size = self.window.stride[axis], self.size[axis]
        start = offset - self.window.pad[axis]
        first = max(0, -(start // stride))
        last = min(self.result_size[axis], (size - 1 - start) // stride + 1)
        begin = start + first * stride
        return slice(first, last), slice(begin, begin + (last - first - 1) * stride + 1, stride)

    @property
    def disjoint(self) -> bool:
        """No pixel lies in two windows."""
        return all(k <= s for k, s in zip(self.window.kernel, self.window.stride, strict=True))

    @cached_property
    def covering(self) -> bool:
        """Every pixel lies in exactly one window."""
        reach = [n * s - p for n, s, p in zip(self.result_size, self.window.stride, self.window.pad, strict=True)]
        return self.window.kernel == self.window.stride and all(r >= n for r, n in zip(reach, self.size, strict=True))

    @property
    def whole(self) -> bool:
        """There is one window, and it is the plane."""
        return self.window.kernel == self.size and count(self.result_size) == 1 and not any(self.window.pad)

    @cached_property
    def tile_planes(self) -> int:
        return max(1, min(self.planes, _TILE_NUMBERS // count(self.result_size)))

    @property
    def tiles(self) -> Iterator[slice]:
        for first in range(0, self.planes, self.tile_planes):
            yield slice(first, min(first + self.tile_planes, self.planes))

    @cached_property
    def areas(self) -> Array:
        """Divisor of each mean: the window up to the far padding, (oh, ow). It can be 0 where a window lies outside."""
        rows, columns = (self._lengths(axis) for axis in (0, 1))
        return np.outer(rows, columns).astype(np.float32)

    def _lengths(self, axis: int) -> Array:
        pad, kernel = self.window.pad[axis], self.window.kernel[axis]
        starts = np.arange(self.result_size[axis]) * self.window.stride[axis] - pad
        return np.minimum(starts + kernel, self.size[axis] + pad) - starts

    @cached_property
    def corners(self) -> Array:
        """Position of each window's first tap in the flat plane, (oh, ow); outside the plane with padding."""
        rows, columns = (
            np.arange(n) * s - p for n, s, p in zip(self.result_size, self.window.stride, self.window.pad, strict=True)
        )
        return np.add.outer(rows * self.size[1], columns)

    @cached_property
    def offsets(self) -> Array:
        """Position of each tap after its window's first, by tap number + 1; far below 0 for no tap."""
        height, width = self.window.kernel
        places = np.add.outer(np.arange(height) * self.size[1], np.arange(width)).reshape(-1)
        return np.concatenate([[np.iinfo(np.int32).min], places])


@lru_cache(maxsize=256)
def pooled(bottom: Shape, fields: PoolingFields, floor: bool) -> Pooled:
    """The window over a bottom of shape (images, channels, height, width): made once for each shape."""
    window = fields.window(bottom[2:])
    return Pooled(bottom[0] * bottom[1], bottom[2:], window, window.pooled(bottom[2:], floor=floor))
