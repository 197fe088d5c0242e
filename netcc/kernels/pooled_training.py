"""A convolution and the largest numbers of its result under windows, with the gradients of both.

As in `pooled_convolution`, a few images at a time: neither the result before pooling nor its gradient, which is zero
but where a number was the largest, leaves the cache.
"""

from __future__ import annotations

from functools import partial

from netcc.kernels.calls import CallIterator
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.geometry import Geometry
from netcc.kernels.pooled_parts import PooledParts
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array


class PooledTraining:
    """A kernel of the given kind, bias and MaxPooling. A ReLU that clears what is below zero may as well follow.

    Arrays are those of the kernel and of the pooling; y and dy are pooled, `saved` is the pooling's.
    """

    def __init__(self, kind: type[ConvolutionKernel], geometry: Geometry, pooling: PoolingGeometry) -> None:
        self.geometry, self.pooling = geometry, pooling
        self._parts: PooledParts[ConvolutionKernel] = PooledParts(kind, geometry, pooling)
        self.first, self.name = self._parts.first, self._parts.name
        self.saved = MaxPooling(pooling).saved
        self.scratch = self._parts.scratch(lambda kernel, pooling: max(kernel.scratch, pooling.scratch_training))
        self.scratch_backward = self._parts.scratch(
            lambda kernel, pooling: max(kernel.scratch_backward, pooling.scratch_backward)
        )

    def forward_calls(
        self, x: Array, weights: Array, bias: Array | None, y: Array, saved: Array, scratch: Array
    ) -> CallIterator:
        """What computes y and `saved`."""
        for part in self._parts.of(scratch):
            here, whole, rest = part.images, part.whole, part.scratch
            yield partial(part.kernel.forward, x[here], weights, bias, whole, rest)
            yield part.pooling.bound_forward(whole, y[here], saved[here], rest)

    def backward_calls(
        self,
        x: Array,
        dy: Array,
        saved: Array,
        weights: Array,
        dw: Array | None,
        dx: Array | None,
        scratch: Array,
    ) -> CallIterator:
        """What computes dw and dx, those that are wanted, from dy; what was in them is lost."""
        for part in self._parts.of(scratch):
            here, kernel, whole, rest = part.images, part.kernel, part.whole, part.scratch
            yield part.pooling.bound_backward(dy[here], saved[here], whole, rest)
            if dw is not None:
                yield partial(kernel.weights_gradient, x[here], whole, dw, rest, add=here.start > 0)
            if dx is not None:
                yield partial(kernel.image_gradient, whole, weights, dx[here], rest)
