"""The windows of a pooling layer on one axis, clipped at the edges: which numbers each of them sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from netcc.kernels.geometry import Pair
from netcc.layers.window import Window
from netcc.types import Shape

Window2: TypeAlias = tuple[int, int, int, int, int, int]
"""Kernel, stride and padding, each of rows and of columns."""


@dataclass(frozen=True)
class PoolingGeometry:
    """A pooling of (images, height, width, channels) into (images, out_height, out_width, channels).

    Window (r, q) covers `kernel` numbers on each axis from (r, q) * stride - pad on; it sees those inside the image.
    """

    images: int
    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)

    @classmethod
    def of(cls, bottom: Shape, window: Window, *, floor: bool = False) -> PoolingGeometry:
        """For a bottom of shape (images, channels, height, width). Raises ShapeError where no window fits."""
        images, channels, height, width = bottom
        out_height, out_width = window.pooled((height, width), floor=floor)
        (kernel, stride, pad) = ((axes[0], axes[1]) for axes in (window.kernel, window.stride, window.pad))
        return cls(images, height, width, channels, out_height, out_width, kernel, stride, pad)

    @property
    def x_shape(self) -> Shape:
        return (self.images, self.height, self.width, self.channels)

    @property
    def y_shape(self) -> Shape:
        return (self.images, self.out_height, self.out_width, self.channels)

    @property
    def window(self) -> Window2:
        return (*self.kernel, *self.stride, *self.pad)

    @property
    def whole(self) -> bool:
        """There is one window, and it is the image."""
        return self.kernel == (self.height, self.width) and (self.out_height, self.out_width) == (1, 1)

    def block(self, numbers: int, each_row: int) -> Pair:
        """How many images, and how many rows of windows, give about `numbers` numbers if a row gives `each_row`.

        Several images go together only with all their rows.
        """
        rows = max(1, numbers // max(each_row, 1))
        if rows < self.out_height:
            return 1, rows
        return min(self.images, rows // self.out_height), self.out_height


@dataclass(frozen=True, slots=True)
class Run:
    """Windows `start` to `stop` (not included), one after the other, that see `taps` numbers each.

    The first of them sees those from `first` on, which lie from place `tap` on in the window; each further one begins
    a stride later.
    """

    start: int
    stop: int
    first: int
    tap: int
    taps: int

    def windows(self) -> slice:
        return slice(self.start, self.stop)

    def numbers(self, place: int, stride: int) -> slice:
        """What the windows see in `place` (from 0, below `taps`)."""
        first = self.first + place
        return slice(first, first + (self.stop - self.start - 1) * stride + 1, stride)

    def within(self, start: int, stop: int, stride: int) -> Run | None:
        """The part of the run that lies in windows `start` to `stop`."""
        low, high = max(self.start, start), min(self.stop, stop)
        if low >= high:
            return None
        return Run(low, high, self.first + (low - self.start) * stride, self.tap, self.taps)


@lru_cache(maxsize=1024)
def runs(size: int, result: int, kernel: int, stride: int, pad: int) -> tuple[Run, ...]:
    """All windows of an axis with `size` numbers and `result` windows, in runs as long as can be."""
    found: list[Run] = []
    for window in range(result):
        corner = window * stride - pad
        first, end = max(corner, 0), min(corner + kernel, size)
        taps, tap = max(end - first, 0), first - corner
        last = found[-1] if found else None
        if last and last.taps == taps and (taps == 0 or (last.tap == tap)):
            found[-1] = Run(last.start, window + 1, last.first, last.tap, taps)
        else:
            found.append(Run(window, window + 1, first, tap, taps))
    return tuple(found)


@lru_cache(maxsize=4096)
def runs_between(
    size: int, result: int, kernel: int, stride: int, pad: int, start: int, stop: int
) -> tuple[tuple[Run, ...], int, int]:
    """The runs of windows `start` to `stop`, numbered from 0, on the numbers that they see, and the range of these."""
    parts = [part for run in runs(size, result, kernel, stride, pad) if (part := run.within(start, stop, stride))]
    seen = [part for part in parts if part.taps]
    low = min((part.first for part in seen), default=0)
    high = max((part.numbers(part.taps - 1, stride).stop for part in seen), default=0)
    moved = (
        Run(part.start - start, part.stop - start, part.first - low if part.taps else 0, part.tap, part.taps)
        for part in parts
    )
    return tuple(moved), low, high


@lru_cache(maxsize=4096)
def tap_range(size: int, stride: int, pad: int, tap: int, start: int, stop: int) -> tuple[slice, slice] | None:
    """The windows of `start` to `stop`, counted from `start`, whose place `tap` is inside, and the numbers there."""
    shift = tap - pad
    low = max(start, -(shift // stride))
    high = min(stop, (size - 1 - shift) // stride + 1)
    if low >= high:
        return None
    first = low * stride + shift
    return slice(low - start, high - start), slice(first, first + (high - low - 1) * stride + 1, stride)
