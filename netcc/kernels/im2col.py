"""Convolution as a product of the pixels under each window with the weights, strip by strip (im2col)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from netcc.kernels import convolution_cost as cost
from netcc.kernels.blocks import take
from netcc.kernels.columns import gather_columns, padded_shape, scatter_columns
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry, strip_bytes
from netcc.kernels.products import Product, TransposedProduct
from netcc.kernels.strips import Cut, Strip, channel_ranges, copy_transposed, cut, pixels
from netcc.kernels.tap_sums import TapSums
from netcc.kernels.twins import pick
from netcc.types import Array, Shape, count

_TYPICAL_IMAGES = 4

_LEAST_PIXELS = 96
"""A product with fewer rows spends too much time on bringing the weights into order."""


class Im2col(ConvolutionKernel):
    """Columns of a strip of rows are gathered into scratch and multiplied with the weights into the result.

    Prepared weights are (groups, kernel height, kernel width, channels / groups, outputs / groups), for the gradient of
    the image (groups, kernel height, kernel width, outputs / groups, channels / groups), mirrored if that is a
    convolution, or, where it is scattered, (groups, outputs / groups, kernel height, kernel width, channels / groups).
    """

    name = "im2col"

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self._correlation = Correlation(geometry)
        typical = replace(geometry, images=_TYPICAL_IMAGES)  # prepared weights are those of slices of other sizes too
        self._way = cost.cheapest_gradient(typical)
        self._back = _BACK[self._way](geometry)
        self._weights = WeightsGradient(geometry)
        part = geometry.one_group
        self.prepared = (geometry.groups, *geometry.kernel, part.channels, part.outputs)
        self.prepared_backward = (geometry.groups, *geometry.kernel, part.outputs, part.channels)
        if self._way == "scattered":
            self.prepared_backward = (geometry.groups, part.outputs, *geometry.kernel, part.channels)
        self.prepares_parts, self.prepares_backward_parts = True, self._way != "scattered" and geometry.groups == 1
        self.scratch = self._correlation.scratch
        self.scratch_backward = max(self._back.scratch, self._weights.scratch)

    def prepare(self, weights: Array, out: Array) -> None:
        copy_transposed(self._grouped(weights).transpose(0, 3, 4, 2, 1), out)

    def prepare_backward(self, weights: Array, out: Array) -> None:
        grouped = self._grouped(weights)
        if self._way == "scattered":
            np.copyto(out, grouped.transpose(0, 1, 3, 4, 2))
            return
        if self._way == "mirrored":
            grouped = grouped[..., ::-1, ::-1]
        np.copyto(out, grouped.transpose(0, 3, 4, 1, 2))

    def _grouped(self, weights: Array) -> Array:
        return weights.reshape(self.geometry.groups, -1, *weights.shape[1:])

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
        self._correlation.run(x, weights, bias, y, scratch, addend, relu)

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        self._back.image_gradient(dy, weights, dx, scratch)

    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        if db is not None:
            self.bias_gradient(dy, db, add=add)
        self._weights.run(x, dy, dw, scratch, add)


def _columns_shape(geometry: Geometry, strip: Cut) -> Shape:
    return strip.images, strip.rows, geometry.out_width, *geometry.kernel, geometry.channels // geometry.groups


def _cut(geometry: Geometry, least: int) -> Cut:
    """Strips whose columns stay in a cache, but that have `least` pixels if there are so many."""
    part = geometry.one_group
    bytes_of_pixel = 4 * (geometry.taps * part.channels + part.outputs)
    wanted = max(least, strip_bytes() // bytes_of_pixel)
    return cut(geometry.images, geometry.out_height, wanted / geometry.out_width)


class _Gather:
    """Columns of the strips of a convolution, in scratch."""

    def __init__(self, geometry: Geometry, least: int) -> None:
        self.geometry = geometry
        self.cut = _cut(geometry, least)
        shape = _columns_shape(geometry, self.cut)
        self._gather = pick(gather_columns)
        pads = geometry.pad != (0, 0) and self._gather is gather_columns
        self._padded = count(padded_shape(shape, geometry.stride, geometry.dilation)) if pads else 0
        self.scratch = self._padded + count(shape)

    def columns(self, x: Array, strip: Strip, scratch: Array) -> Array:
        """Matrix of the strip's columns: (pixels, kernel height x kernel width x channels)."""
        geometry = self.geometry
        shape = _columns_shape(geometry, Cut(strip.end - strip.image, strip.last - strip.first))
        columns = take(scratch[self._padded :], shape)
        padded = scratch[: self._padded]
        if self._padded:
            padded = take(padded, padded_shape(shape, geometry.stride, geometry.dilation))
        else:
            padded = padded.reshape(0, 0, 0, 0)
        self._gather(x, columns, padded, strip.first, geometry.stride, geometry.pad, geometry.dilation)
        return columns.reshape(-1, shape[3] * shape[4] * shape[5])


class Correlation:
    """The convolution itself, with weights (groups, kernel height, kernel width, channels, outputs)."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._gather = _Gather(geometry, _LEAST_PIXELS)
        self._finish = pick(finish)
        self._product = Product(geometry.taps * geometry.one_group.channels, geometry.one_group.outputs)
        self.scratch = self._gather.scratch

    def run(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        addend: Array | None = None,
        relu: float | None = None,
    ) -> None:
        geometry, gather = self._geometry, self._gather
        part = geometry.one_group
        matrices = weights.reshape(geometry.groups, -1, part.outputs)
        finishes = bias is not None or addend is not None or relu is not None
        for strip in gather.cut.strips(geometry.images, geometry.out_height):
            images, rows = strip.images_of(x), strip.of(y)
            for group, (channels, outputs) in enumerate(channel_ranges(geometry)):
                columns = gather.columns(images[..., channels], strip, scratch)
                self._product(columns, matrices[group], pixels(rows[..., outputs]))
            if finishes:
                self._finish(rows, bias, None if addend is None else strip.of(addend), relu)

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        self.run(dy, weights, None, dx, scratch)


class _Scatter:
    """The gradient of the image for any stride: columns of gradients are computed, then added up where they belong."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._cut = _cut(geometry, _LEAST_PIXELS)
        self._scatter = pick(scatter_columns)
        self._product = Product(geometry.one_group.outputs, geometry.taps * geometry.one_group.channels)
        self.scratch = count(_columns_shape(geometry, self._cut))

    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        geometry = self._geometry
        part = geometry.one_group
        matrices = weights.reshape(geometry.groups, part.outputs, -1)
        dx[:] = 0
        for strip in self._cut.strips(geometry.images, geometry.out_height):
            shape = _columns_shape(geometry, Cut(strip.end - strip.image, strip.last - strip.first))
            columns = take(scratch, shape)
            for group, (channels, outputs) in enumerate(channel_ranges(geometry)):
                source = pixels(strip.of(dy)[..., outputs])
                self._product(source, matrices[group], columns.reshape(-1, matrices.shape[-1]))
                self._scatter(
                    columns,
                    strip.images_of(dx)[..., channels],
                    strip.first,
                    geometry.stride,
                    geometry.pad,
                    geometry.dilation,
                )


def _mirrored(geometry: Geometry) -> Correlation:
    return Correlation(geometry.mirrored)


_BACK: dict[str, Callable[[Geometry], Correlation | _Scatter | TapSums]] = {
    "mirrored": _mirrored,
    "scattered": _Scatter,
    "taps": TapSums,
}
"""What computes the gradient of the image: see `convolution_cost.cheapest_gradient`."""


class WeightsGradient:
    """dw = dy^T columns, summed up over strips as (outputs, kernel height, kernel width, channels).

    Where a single strip has fewer pixels than there are outputs, columns are turned to the order of dw, not the sums.
    """

    def __init__(self, geometry: Geometry) -> None:
        part = geometry.one_group
        self._geometry = geometry
        self._gather = _Gather(geometry, 384)
        self._sum: Shape = (part.outputs, geometry.taps, part.channels)
        most = self._gather.cut.images * self._gather.cut.rows * geometry.out_width
        self._product = TransposedProduct(part.outputs, geometry.taps * part.channels, most)
        self._sums = 1 if self._gather.cut == Cut(geometry.images, geometry.out_height) else 2
        self._turns = self._sums == 1 and most < part.outputs
        self.scratch = self._sums * count(self._sum) + self._product.scratch + self._gather.scratch

    def run(self, x: Array, dy: Array, dw: Array, scratch: Array, add: bool) -> None:
        if self._turns and not add:
            self._run_turned(x, dy, dw, scratch)
            return
        geometry, gather = self._geometry, self._gather
        part = geometry.one_group
        sums = take(scratch, (self._sums, part.outputs, geometry.taps * part.channels))
        total, term, rest = sums[0], sums[-1], scratch[sums.size :]
        for channels, outputs in channel_ranges(geometry):
            images, gradients = x[..., channels], dy[..., outputs]
            for number, strip in enumerate(gather.cut.strips(geometry.images, geometry.out_height)):
                columns = gather.columns(strip.images_of(images), strip, rest[self._product.scratch :])
                self._product(pixels(strip.of(gradients)), columns, term if number else total, rest)
                if number:
                    np.add(total, term, out=total)
            target = dw[outputs].reshape(part.outputs, part.channels, geometry.taps)
            result = total.reshape(self._sum).transpose(0, 2, 1)
            if add:
                np.add(target, result, out=target)
            else:
                np.copyto(target, result)

    def _run_turned(self, x: Array, dy: Array, dw: Array, scratch: Array) -> None:
        geometry, part = self._geometry, self._geometry.one_group
        place, rest = scratch[: count(self._sum)], scratch[count(self._sum) :]
        (strip,) = self._gather.cut.strips(geometry.images, geometry.out_height)
        for channels, outputs in channel_ranges(geometry):
            columns = self._gather.columns(x[..., channels], strip, rest[self._product.scratch :])
            turned = take(place, (len(columns), part.channels, geometry.taps))
            for tap in range(geometry.taps):
                turned[:, :, tap] = columns[:, tap * part.channels : (tap + 1) * part.channels]
            target = dw[outputs].reshape(part.outputs, part.channels * geometry.taps)
            self._product(pixels(dy[..., outputs]), turned.reshape(len(columns), -1), target, rest)
