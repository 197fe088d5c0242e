"""Pooling over channels-last images: maxima and means, axis after axis, in blocks that stay in the cache.

A window is a product of two ranges, so the largest number, and the sum, can be taken over one axis first and over the
other then: 3 x 3 windows cost four steps, not eight. What is computed is defined in netcc/layers/pooling.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netcc.kernels.calls import make
from netcc.kernels.pooling_apart import (
    is_apart,
    route_apart,
    route_apart_scratch,
    winners_apart,
    winners_apart_scratch,
)
from netcc.kernels.pooling_maximum import largest, ordinary
from netcc.kernels.pooling_mean import inverse_areas, means, spread_means, whole_means
from netcc.kernels.pooling_route import route, route_calls, route_scratch
from netcc.kernels.pooling_winners import winner_calls, winners, winners_scratch
from netcc.kernels.twins import pick
from netcc.kernels.windows import PoolingGeometry
from netcc.layers.base import Buffer
from netcc.types import Array, count

BLOCK = 1 << 19
"""Numbers of one block, about: few calls matter more than a cache that is near."""


TRAINING_BLOCK = 1 << 20
"""The same where places are noted."""

GRADIENT_BLOCK = 1 << 18
"""Numbers of the result of one block on the way back, where several arrays are twice as large and more."""


class MaxPooling:
    """y = the largest number under each window: -FLT_MAX where there is none above it, NaN counting for nothing.

    x and dx are (images, height, width, channels), y and dy (images, out_height, out_width, channels); their pixels may
    have gaps. `saved`, wanted by `forward` if `backward` is to follow, gets for each window the place of the first of
    its largest numbers, row by row and counted from 1; 0 for none. `scratch` is flat, of the same type as the arrays
    and of at least as many elements as `scratch` (`scratch_training` with `saved`) or `scratch_backward` says; what is
    in it means nothing between calls.
    """

    def __init__(self, geometry: PoolingGeometry) -> None:
        """For windows of fewer than 255 numbers: see `allows`."""
        self.geometry = geometry
        self.saved = Buffer(geometry.y_shape, "byte")
        line, wide_line = geometry.out_width * geometry.channels, geometry.width * geometry.channels
        self.block = geometry.block(BLOCK, geometry.stride[0] * wide_line)
        self.scratch = count(self.block) * 2 * wide_line
        self.training_block = geometry.block(TRAINING_BLOCK, geometry.stride[0] * wide_line)
        self.scratch_training = winners_scratch(
            self.training_block, geometry.out_width, geometry.channels, geometry.window
        )
        self.gradient_block = geometry.block(GRADIENT_BLOCK, line)
        seen = min((self.gradient_block[1] - 1) * geometry.stride[0] + geometry.kernel[0], geometry.height)
        self.scratch_backward = route_scratch(
            self.gradient_block, seen, geometry.out_width, geometry.channels, geometry.window
        )
        self._largest, self._winners, self._route = pick(largest), pick(winners), pick(route)
        self._apart = is_apart(geometry) and self._winners is winners
        if self._apart:
            self.scratch_training = max(self.scratch_training, winners_apart_scratch(geometry, self.block))
            self.scratch_backward = max(self.scratch_backward, route_apart_scratch(geometry, self.gradient_block))

    @staticmethod
    def allows(geometry: PoolingGeometry) -> bool:
        """Whether places in the window fit into a byte."""
        return geometry.kernel[0] * geometry.kernel[1] < 255

    def forward(self, x: Array, y: Array, saved: Array | None, scratch: Array) -> None:
        if saved is None:
            self._largest(x, y, scratch, self.geometry.window, self.block)
        else:
            self._winners(x, y, saved, scratch, self.geometry.window, self.training_block)

    def backward(self, dy: Array, saved: Array, dx: Array, scratch: Array) -> None:
        """dx gets the gradient of each window at the place that `saved` names; what was in dx is lost."""
        self._route(dy, saved, dx, scratch, self.geometry.window, self.gradient_block)

    def bound_forward(self, x: Array, y: Array, saved: Array, scratch: Array) -> Callable[[], None]:
        """`forward` for these arrays, to be called again and again."""
        if self._winners is not winners:
            return partial(self.forward, x, y, saved, scratch)
        if not self._apart or not _without_gaps(x, y, saved):
            return partial(make, [*winner_calls(x, y, saved, scratch, self.geometry.window, self.training_block)])
        calls = winners_apart(x, y, saved, scratch, self.geometry.kernel, self.block)

        def run() -> None:
            make(calls)
            if not ordinary(y):
                self.forward(x, y, saved, scratch)

        return run

    def bound_backward(self, dy: Array, saved: Array, dx: Array, scratch: Array) -> Callable[[], None]:
        """`backward` for these arrays, to be called again and again."""
        if self._route is not route:
            return partial(self.backward, dy, saved, dx, scratch)
        if not self._apart or not _without_gaps(dy, saved, dx):
            return partial(make, [*route_calls(dy, saved, dx, scratch, self.geometry.window, self.gradient_block)])
        return partial(make, route_apart(dy, saved, dx, scratch, self.geometry.kernel, self.gradient_block))


def _without_gaps(*arrays: Array) -> bool:
    return all(array.flags.c_contiguous for array in arrays)


class AveragePooling:
    """y = the mean of each window, which counts padding but not what lies beyond it, or pixels alone.

    Arrays and scratch as for `MaxPooling`. Nothing is saved for backward.
    """

    saved: Buffer | None = None

    def __init__(self, geometry: PoolingGeometry, *, include_pad: bool = True) -> None:
        self.geometry = geometry
        self.factors = inverse_areas(geometry, include_pad=include_pad)
        line, wide_line = geometry.out_width * geometry.channels, geometry.width * geometry.channels
        self.block = geometry.block(BLOCK, geometry.stride[0] * wide_line)
        images, rows = self.block
        self.scratch = images * 2 * rows * wide_line
        if geometry.whole:
            self.scratch = geometry.images * geometry.height * geometry.channels
        self.gradient_block = geometry.block(BLOCK, wide_line)
        images, rows = self.gradient_block
        self.scratch_backward = images * rows * (wide_line + line)
        self._means, self._whole, self._spread = pick(means), pick(whole_means), pick(spread_means)

    def forward(self, x: Array, y: Array, scratch: Array) -> None:
        if self.geometry.whole:
            self._whole(x, y, scratch)
        else:
            self._means(x, y, self.factors, scratch, self.geometry.window, self.block)

    def backward(self, dy: Array, dx: Array, scratch: Array) -> None:
        """dx is the transpose of the mean applied to dy; what was in dx is lost."""
        if self.geometry.whole:
            dx[...] = dy * dy.dtype.type(self.factors.flat[0])
        else:
            self._spread(dy, dx, self.factors, scratch, self.geometry.window, self.gradient_block)
