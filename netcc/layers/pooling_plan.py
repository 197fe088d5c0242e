"""Where the windows of a pooling layer lie: all that depends on shapes alone, worked out once for each shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    pixels: tuple[slice, ...]


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
    include_pad: bool = True

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
    def reached(self) -> tuple[slice, ...]:
        """The part of the plane that lies in the extended plane."""
        axes = zip(self.size, self.extended, self.window.pad, strict=True)
        return tuple(slice(0, min(n, e - p)) for n, e, p in axes)

    @cached_property
    def inside(self) -> tuple[slice, ...]:
        """The part of the extended plane that lies in the plane."""
        return tuple(slice(p, p + part.stop) for p, part in zip(self.window.pad, self.reached, strict=True))

    @cached_property
    def taps(self) -> tuple[Tap, ...]:
        ends = [(n - 1) * s + 1 for n, s in zip(self.result_size, self.window.stride, strict=True)]

        def pixels(place: Shape) -> tuple[slice, ...]:
            return tuple(slice(p, p + e, s) for p, e, s in zip(place, ends, self.window.stride, strict=True))

        return tuple(Tap(number, pixels(place)) for number, place in enumerate(np.ndindex(self.window.kernel)))

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
        """Divisor of each mean: the window up to the far padding (or its pixels alone), (oh, ow).

        It can be 0 where a window lies outside.
        """
        lengths = [self._lengths(axis) for axis in range(len(self.size))]
        return _outer(np.multiply, lengths).astype(np.float32)

    def _lengths(self, axis: int) -> Array:
        starts, kernel, size = self._starts(axis), self.window.kernel[axis], self.size[axis]
        if not self.include_pad:
            starts, ends = np.maximum(starts, 0), np.minimum(starts + kernel, size)
        else:
            ends = np.minimum(starts + kernel, size + self.window.pad[axis])
        lengths: Array = np.subtract(ends, starts)
        return lengths

    def _starts(self, axis: int) -> Array:
        return np.arange(self.result_size[axis]) * self.window.stride[axis] - self.window.pad[axis]

    @cached_property
    def corners(self) -> Array:
        """Position of each window's first tap in the flat plane, (oh, ow); outside the plane with padding."""
        return _outer(np.add, [self._starts(axis) * self._step(axis) for axis in range(len(self.size))])

    def _step(self, axis: int) -> int:
        """How far apart neighbours on `axis` are in the flat plane."""
        return count(self.size[axis + 1 :])

    @cached_property
    def offsets(self) -> Array:
        """Position of each tap after its window's first, by tap number + 1; far below 0 for no tap."""
        lines = [np.arange(kernel) * self._step(axis) for axis, kernel in enumerate(self.window.kernel)]
        return np.concatenate([[np.iinfo(np.int32).min], _outer(np.add, lines).reshape(-1)])


def _outer(combine: np.ufunc, lines: Sequence[Array]) -> Array:
    """Every combination of one number of each line: one axis for each line."""
    table = lines[0]
    for line in lines[1:]:
        table = combine.outer(table, line)
    return table


@lru_cache(maxsize=256)
def pooled(bottom: Shape, fields: PoolingFields, floor: bool, include_pad: bool = True) -> Pooled:
    """The window over a bottom of shape (images, channels, height, width): made once for each shape."""
    window = fields.window(bottom[2:])
    return Pooled(bottom[0] * bottom[1], bottom[2:], window, window.pooled(bottom[2:], floor=floor), include_pad)
