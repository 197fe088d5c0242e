"""A convolution and the largest numbers of its result under windows, a few images at a time.

The result before pooling, which is larger than what comes in and what goes out, never leaves the cache. Bias and ReLU
follow the pooling: both keep the order of numbers, rounding included, so the result is the same, but they touch a
quarter of the numbers or less.
"""

from __future__ import annotations

from netcc.kernels.convolution_kernel import ForwardKernel
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry
from netcc.kernels.pooled_parts import PooledParts
from netcc.kernels.twins import pick
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array


class PooledConvolution(ForwardKernel):
    """A kernel of the given kind, MaxPooling, bias, ReLU of a slope not negative. y is pooled; there is no addend."""

    def __init__(self, kind: type[ForwardKernel], geometry: Geometry, pooling: PoolingGeometry) -> None:
        super().__init__(geometry)
        self._parts: PooledParts[ForwardKernel] = PooledParts(kind, geometry, pooling)
        self._first = self._parts.first
        self.name = self._parts.name
        self.prepared, self.prepares_parts = self._first.prepared, self._first.prepares_parts
        self.scratch = self._parts.scratch(lambda kernel, pooling: max(kernel.scratch, pooling.scratch))
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
        for part in self._parts.of(scratch):
            pooled = y[part.images]
            part.kernel.forward(x[part.images], weights, None, part.whole, part.scratch)
            part.pooling.forward(part.whole, pooled, None, part.scratch)
            if bias is not None or relu is not None:
                self._finish(pooled, bias, None, relu)
