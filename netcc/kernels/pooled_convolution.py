"""A convolution and the largest numbers of its result under windows, a few images at a time.

The result before pooling, which is larger than what comes in and what goes out, never leaves the cache. Bias and ReLU
follow the pooling: both keep the order of numbers, rounding included, so the result is the same, but they touch a
quarter of the numbers or less.
"""

from __future__ import annotations

from dataclasses import replace

from netcc.kernels.blocks import take
from netcc.kernels.convolution_kernel import ForwardKernel
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.twins import pick
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array, Shape, count

_SHARE = 2
"""The result before pooling computed at a time takes half of a strip's bytes, but one image at least."""


class PooledConvolution(ForwardKernel):
    """A kernel of the given kind, MaxPooling, bias, ReLU of a slope not negative. y is pooled; there is no addend."""

    def __init__(self, kind: type[ForwardKernel], geometry: Geometry, pooling: PoolingGeometry) -> None:
        super().__init__(geometry)
        size = (geometry.out_height, geometry.out_width, geometry.outputs)
        parts = -(-geometry.images // max(1, strip_bytes() // (4 * _SHARE * count(size))))
        self._most = -(-geometry.images // parts)
        self._size: Shape = size
        sizes = {self._most, geometry.images % self._most} - {0}
        self._kernels = {images: kind(replace(geometry, images=images)) for images in sizes}
        self._poolings = {images: MaxPooling(replace(pooling, images=images)) for images in sizes}
        self._first = self._kernels[self._most]
        self.name = f"{self._first.name}, pooled"
        self.prepared, self.prepares_parts = self._first.prepared, self._first.prepares_parts
        self.scratch = max(  # of fewer images, strips may be larger
            images * count(size) + max(self._kernels[images].scratch, self._poolings[images].scratch)
            for images in sizes
        )
        self._finish = pick(finish)

    def prepare(self, weights: Array, out: Array) -> None:
        self._first.prepare(weights, out)

    def forward(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        *,
        addend: Array | None = None,
        relu: float | None = None,
    ) -> None:
        for image in range(0, len(x), self._most):
            images, pooled = x[image : image + self._most], y[image : image + self._most]
            whole = take(scratch, (len(images), *self._size))
            rest = scratch[whole.size :]
            self._kernels[len(images)].forward(images, weights, None, whole, rest)
            self._poolings[len(images)].forward(whole, pooled, None, rest)
            if bias is not None or relu is not None:
                self._finish(pooled, bias, None, relu)
