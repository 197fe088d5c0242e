"""Where the windows of a pooling layer lie: all that depends on shapes alone, worked out once for each shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from netcc.layers.window import PoolingFields, Window
from netcc.types import Array, Shape, count

_TILE_NUMBERS = 1 << 15
"""Results of one tile: its arrays stay in the inner caches while all taps of the window pass over them."""


@dataclass(frozen=True, slots=True)
class Tap:
    """One position in the window: its number, row by row, and its pixels for all windows of an extended plane."""

    number: int
    pixels: tuple[slice, slice]


@dataclass(frozen=True)
class Pooled:
    """A window over planes of one size.

    The extended plane is what all windows together see: padding in front, then the part of the plane they reach, and
    whatever lies beyond it.
    """

    planes: int
    size: Shape
    window: Window
    result_size: Shape

    @cached_property
    def extended(self) -> Shape:
        """Size of the extended plane."""
        axes = zip(self.result_size, self.window.stride, self.window.kernel, strict=True)
        return tuple((n - 1) * s + k for n, s, k in axes)

    @cached_property
    def ragged(self) -> bool:
        """Some window reaches over an edge, so the extended plane must be built."""
        return any(self.window.pad) or any(e > n for e, n in zip(self.extended, self.size, strict=True))

    @cached_property
    def reached(self) -> tuple[slice, slice]:
        """The part of the plane that lies in the extended plane."""
        rows, columns = (
            slice(0, min(n, e - p)) for n, e, p in zip(self.size, self.extended, self.window.pad, strict=True)
        )
        return rows, columns

    @cached_property
    def inside(self) -> tuple[slice, slice]:
        """The part of the extended plane that lies in the plane."""
        rows, columns = (slice(p, p + part.stop) for p, part in zip(self.window.pad, self.reached, strict=True))
        return rows, columns

    @cached_property
    def taps(self) -> tuple[Tap, ...]:
        ends = [(n - 1) * s + 1 for n, s in zip(self.result_size, self.window.stride, strict=True)]
        step_y, step_x = self.window.stride
        places = enumerate(np.ndindex(self.window.kernel))
        return tuple(Tap(i, (slice(y, y + ends[0], step_y), slice(x, x + ends[1], step_x))) for i, (y, x) in places)

    @property
    def disjoint(self) -> bool:
        """No pixel lies in two windows."""
        return all(k <= s for k, s in zip(self.window.kernel, self.window.stride, strict=True))

    @cached_property
    def covering(self) -> bool:
        """Every pixel lies in exactly one window, and every window in the plane."""
        return self.window.kernel == self.window.stride and self.extended == self.size and not self.ragged

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
