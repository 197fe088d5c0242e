"""A convolution and the largest numbers of its result under windows, with the gradients of both.

As in `pooled_convolution`, a few images at a time: neither the result before pooling nor its gradient, which is zero
but where a number was the largest, leaves the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from netcc.kernels.blocks import take
from netcc.kernels.calls import CallIterator
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array, Shape, count

_SHARE = 2
"""The result before pooling computed at a time takes half of a strip's bytes, but one image at least."""


class PooledTraining:
    """A kernel of the given kind, bias and MaxPooling. A ReLU that clears what is below zero may as well follow.

    Arrays are those of the kernel and of the pooling; y and dy are pooled, `saved` is the pooling's.
    """

    def __init__(self, kind: type[ConvolutionKernel], geometry: Geometry, pooling: PoolingGeometry) -> None:
        self.geometry, self.pooling = geometry, pooling
        self._size: Shape = (geometry.out_height, geometry.out_width, geometry.outputs)
        parts = -(-geometry.images // max(1, strip_bytes() // (4 * _SHARE * count(self._size))))
        self._most = -(-geometry.images // parts)
        sizes = {self._most, geometry.images % self._most} - {0}
        self._kernels = {images: kind(replace(geometry, images=images)) for images in sizes}
        self._poolings = {images: MaxPooling(replace(pooling, images=images)) for images in sizes}
        self.first = self._kernels[self._most]
        self.name = f"{self.first.name}, pooled"
        self.saved = MaxPooling(pooling).saved
        pairs = [(count((images, *self._size)), self._kernels[images], self._poolings[images]) for images in sizes]
        self.scratch = max(size + max(one.scratch, two.scratch_training) for size, one, two in pairs)
        self.scratch_backward = max(size + max(one.scratch_backward, two.scratch_backward) for size, one, two in pairs)

    def forward_calls(
        self, x: Array, weights: Array, bias: Array | None, y: Array, saved: Array, scratch: Array
    ) -> CallIterator:
        """What computes y and `saved`."""
        for here, kernel, pooling, whole, rest in self._parts(scratch):
            yield partial(kernel.forward, x[here], weights, bias, whole, rest)
            yield pooling.bound_forward(whole, y[here], saved[here], rest)

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
        for here, kernel, pooling, whole, rest in self._parts(scratch):
            yield pooling.bound_backward(dy[here], saved[here], whole, rest)
            if dw is not None:
                yield partial(kernel.weights_gradient, x[here], whole, dw, rest, add=here.start > 0)
            if dx is not None:
                yield partial(kernel.image_gradient, whole, weights, dx[here], rest)

    def _parts(self, scratch: Array) -> Iterator[tuple[slice, ConvolutionKernel, MaxPooling, Array, Array]]:
        """Images that go together, their kernels, and room for the result before pooling, with the scratch behind."""
        for first in range(0, self.geometry.images, self._most):
            here = slice(first, min(first + self._most, self.geometry.images))
            images = here.stop - here.start
            whole = take(scratch, (images, *self._size))
            yield here, self._kernels[images], self._poolings[images], whole, scratch[whole.size :]
