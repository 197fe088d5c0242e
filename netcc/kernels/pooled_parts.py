"""A convolution and MAX Pooling of its result, a few images at a time: the result before pooling stays in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from netcc.kernels.blocks import take
from netcc.kernels.convolution_kernel import ForwardKernel
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.windows import PoolingGeometry
from netcc.types import Array, Shape, count

Kernel = TypeVar("Kernel", bound=ForwardKernel)

_SHARE = 2
"""The result before pooling computed at a time takes half of a strip's bytes, but one image at least."""


@dataclass(frozen=True)
class Part(Generic[Kernel]):
    """Images that go together, who computes them, the result before pooling and the scratch that is left."""

    images: slice
    kernel: Kernel
    pooling: MaxPooling
    whole: Array
    scratch: Array


class PooledParts(Generic[Kernel]):
    """`first` is the kernel of all parts but the last, which may have fewer images."""

    def __init__(self, kind: Callable[[Geometry], Kernel], geometry: Geometry, pooling: PoolingGeometry) -> None:
        self._images = geometry.images
        self._size: Shape = (geometry.out_height, geometry.out_width, geometry.outputs)
        parts = -(-geometry.images // max(1, strip_bytes() // (4 * _SHARE * count(self._size))))
        self._most = -(-geometry.images // parts)
        sizes = {self._most, geometry.images % self._most} - {0}
        self._kernels = {images: kind(replace(geometry, images=images)) for images in sizes}
        self._poolings = {images: MaxPooling(replace(pooling, images=images)) for images in sizes}
        self.first = self._kernels[self._most]
        self.name = f"{self.first.name}, pooled"

    def scratch(self, need: Callable[[Kernel, MaxPooling], int]) -> int:
        """Elements of scratch for any part, whose kernels `need` so many; of fewer images strips may be larger."""
        return max(
            images * count(self._size) + need(kernel, self._poolings[images])
            for images, kernel in self._kernels.items()
        )

    def of(self, scratch: Array) -> Iterator[Part[Kernel]]:
        """The parts of the batch, one after the other in the same scratch."""
        for first in range(0, self._images, self._most):
            here = slice(first, min(first + self._most, self._images))
            images = here.stop - here.start
            whole = take(scratch, (images, *self._size))
            yield Part(here, self._kernels[images], self._poolings[images], whole, scratch[whole.size :])
