"""Convolution of single pixels: one product of matrices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.products import Product, TransposedProduct
from netcc.kernels.strips import copy_transposed, pixels
from netcc.kernels.twins import pick
from netcc.types import Array

_FEW_PIXELS = 128
"""Of one image, so that slices of a batch, however large, take the same weights."""

_ENOUGH_PIXELS = 256
"""Of a batch, for which BLAS takes weights as they are without loss."""

_LEAST_PIXELS = 768
"""In one product, of as many as there are: BLAS brings the weights into order for each."""


class Pointwise(ConvolutionKernel):
    """Kernel 1x1, pad 0, one group: y = x w^T over pixels; with a stride the pixels that count are gathered first.

    Prepared weights are (channels, outputs): where pixels are few, BLAS multiplies with these up to a third faster than
    with their transpose. Else weights are taken as they are.
    """

    name = "pointwise"
    adds_image_gradient = True

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self._finish = pick(finish)
        self._product = Product(geometry.channels, geometry.outputs)
        if self._prepares():
            self.prepared = (geometry.channels, geometry.outputs)
            self.prepares_parts = True
        self._back = Product(geometry.outputs, geometry.channels)
        self._strided = not geometry.unit_stride
        per_pixel = 4 * (geometry.channels + geometry.outputs)
        self._rows = max(_LEAST_PIXELS, strip_bytes() // 2 // per_pixel)
        gathered = geometry.pixels * geometry.channels if self._strided else 0
        self.scratch = gathered
        most = min(4 * self._rows, geometry.pixels)
        self._weights = TransposedProduct(geometry.outputs, geometry.channels, most)
        self._strip = min(self._rows, geometry.pixels)
        weights = gathered + geometry.outputs * geometry.channels + self._weights.scratch
        self.scratch_backward = max(weights, self._strip * geometry.channels)

    def _prepares(self) -> bool:
        return self._product.is_cut or self.geometry.out_height * self.geometry.out_width < _FEW_PIXELS

    def prepare(self, weights: Array, out: Array) -> None:
        if self.prepared is None:
            super().prepare(weights, out)
        else:
            copy_transposed(self._matrix(weights).T, out)

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
        gain: Array | None = None,
    ) -> None:
        """As all kernels; with gains (outputs), which every output is multiplied with before bias and addend."""
        source, target = self._gathered(x, scratch), pixels(y)
        matrix = weights if self.prepared else self._matrix(weights).T
        added = None if addend is None else pixels(addend)
        finishes = bias is not None or addend is not None or relu is not None
        for first in range(0, len(target), self._rows):
            strip = slice(first, first + self._rows)
            self._product(source[strip], matrix, target[strip])
            if gain is not None:
                np.multiply(target[strip], gain, out=target[strip])
            if finishes:
                self._finish(target[None, None, strip], bias, None if added is None else added[None, None, strip], relu)

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        if self._strided:
            dx[:] = 0
            np.copyto(self._read(dx), self._image_gradient(dy, weights, scratch))
            return
        source, matrix, target = pixels(dy), self._matrix(weights), pixels(dx)
        for strip in self._strips(len(source)):
            self._back(source[strip], matrix, target[strip])

    def add_image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        if self._strided:
            read = self._read(dx)
            np.add(read, self._image_gradient(dy, weights, scratch), out=read)
            return
        source, matrix, target = pixels(dy), self._matrix(weights), pixels(dx)
        term = scratch[: self._strip * self.geometry.channels].reshape(-1, self.geometry.channels)
        for strip in self._strips(len(source)):
            part = target[strip]
            self._back(source[strip], matrix, term[: len(part)])
            np.add(part, term[: len(part)], out=part)

    def _image_gradient(self, dy: Array, weights: Array, scratch: Array) -> Array:
        """The gradient of the pixels that count."""
        source, matrix = pixels(dy), self._matrix(weights)
        target = scratch[: self.geometry.pixels * self.geometry.channels].reshape(-1, self.geometry.channels)
        for strip in self._strips(len(source)):
            self._back(source[strip], matrix, target[strip])
        return target.reshape(*dy.shape[:3], -1)

    def _strips(self, length: int) -> Iterator[slice]:
        for first in range(0, length, self._rows):
            yield slice(first, first + self._rows)

    def _read(self, image: Array) -> Array:
        """The pixels of an image that count: a view."""
        down, right = self.geometry.stride
        return image[:, ::down, ::right]

    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        size = self.geometry.outputs * self.geometry.channels
        term, rest = scratch[:size].reshape(self.geometry.outputs, -1), scratch[size:]
        source, gradient = self._gathered(x, rest[self._weights.scratch :]), pixels(dy)
        target = self._matrix(dw)
        for first in range(0, len(source), 4 * self._rows):
            strip = slice(first, first + 4 * self._rows)
            adds = first > 0 or add
            self._weights(gradient[strip], source[strip], term if adds else target, rest)
            if adds:
                np.add(target, term, out=target)
        if db is not None:
            self.bias_gradient(dy, db, add=add)

    def _matrix(self, weights: Array) -> Array:
        return weights.reshape(len(weights), -1)

    def _gathered(self, x: Array, scratch: Array) -> Array:
        """The pixels that count, as a matrix."""
        if not self._strided:
            return pixels(x)
        down, right = self.geometry.stride
        gathered = scratch[: self.geometry.pixels * self.geometry.channels]
        view = gathered.reshape(self.geometry.images, self.geometry.out_height, self.geometry.out_width, -1)
        np.copyto(view, x[:, ::down, ::right])
        return pixels(view)


class ScaledPointwise(Pointwise):
    """For small images, but enough of them: weights as they are, and gains that go into the result.

    Making weights ready would touch more numbers than there are results, and need memory as large as the weights.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        few = geometry.out_height * geometry.out_width < _FEW_PIXELS
        enough = _ENOUGH_PIXELS <= geometry.pixels <= geometry.channels
        return few and enough and not Product(geometry.channels, geometry.outputs).is_cut

    def _prepares(self) -> bool:
        return False
