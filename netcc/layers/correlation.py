"""Correlation of images with a bank of filters, the work of convolution and deconvolution: how it is cut up.

A tile of a few images is turned so that the images are the innermost axis (channels, height, width, images). Gathering
the windows of a tile then copies long runs, whatever the width of the image, and one matrix product serves all images
of the tile. Tiles are sized for the cache; an image too large for one tile is cut into bands of output rows.
`correlation_kernels` does the work that is planned here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from netcc.layers.base import Buffer
from netcc.layers.window import Window
from netcc.types import Shape, count

_TILE_NUMBERS = 1 << 20
"""Numbers in the gathered windows of one tile: 4 MiB in float32, which lies in a share of the outer cache."""

_TILE_IMAGES = 16
"""More images to a tile make turning them slow: neighbours in the image are then too far apart in the tile."""

_DIRECT_PIXELS = 32
"""From so many pixels on, a product for each image costs less than turning images to make one product for many."""

_PRODUCT_COST, _GATHER_COST, _SCATTER_COST = 0.045, 0.35, 1.6
"""Nanoseconds for one multiply-add in a matrix product, to gather and to scatter one number (bench/layers.py)."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Images `first` to `last` and output rows `top` to `bottom` (first spatial axis), ends not included."""

    first: int
    last: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Correlation:
    """`images` images of `channels` x `size`, correlated in `groups` to `outputs` channels.

    Shapes: image (images, channels, *size), weights (outputs, channels / groups, *kernel),
    result (images, outputs, *result_size).
    """

    images: int
    channels: int
    outputs: int
    groups: int
    size: Shape
    window: Window

    @cached_property
    def result_size(self) -> Shape:
        return self.window.convolved(self.size)

    @cached_property
    def taps(self) -> int:
        """Weights of one output channel."""
        return self.channels // self.groups * count(self.window.kernel)

    @cached_property
    def pointwise(self) -> bool:
        """Every window is one pixel: the gathered windows are the image itself."""
        window = self.window
        return (count(window.kernel), count(window.stride), sum(window.pad)) == (1, 1, 0)

    @cached_property
    def direct(self) -> bool:
        """Each image is its own matrix of windows, large enough for a product of its own: nothing is turned."""
        return self.pointwise and (self.images == 1 or count(self.size) >= _DIRECT_PIXELS)

    @cached_property
    def mirror(self) -> Correlation | None:
        """The correlation that gives the image's gradient from the result's: kernels flipped, channels exchanged.

        None where there is none (strides), or where scattering windows back is cheaper.
        """
        window = self.window
        pad = tuple(e - 1 - p for e, p in zip(window.extent, window.pad, strict=True))
        if self.direct or count(window.stride) != 1 or min(pad) < 0:
            return None
        kernel, shared = count(window.kernel), _PRODUCT_COST / self.groups
        gathering = count(self.size) * kernel * self.outputs * (shared * self.channels + _GATHER_COST)
        scattering = count(self.result_size) * kernel * self.channels * (shared * self.outputs + _SCATTER_COST)
        if gathering > scattering:
            return None
        back = Window(window.kernel, window.stride, pad, window.dilation)
        return Correlation(self.images, self.outputs, self.channels, self.groups, self.result_size, back)

    @cached_property
    def tile_images(self) -> int:
        per_image = max(1, self.groups * self.taps * count(self.result_size))
        return max(1, min(_TILE_NUMBERS // per_image, _TILE_IMAGES, self.images))

    @cached_property
    def tile_rows(self) -> int:
        """Output rows of a tile."""
        rows = self.result_size[0]
        per_row = max(1, self.groups * self.taps * count(self.result_size[1:]))
        return rows if self.tile_images > 1 else max(1, min(rows, _TILE_NUMBERS // per_row))

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        rows = self.result_size[0]
        return tuple(
            Tile(first, min(first + self.tile_images, self.images), top, min(top + self.tile_rows, rows))
            for first in range(0, self.images, self.tile_images)
            for top in range(0, rows, self.tile_rows)
        )

    @cached_property
    def whole(self) -> bool:
        """Every tile sees all rows and columns of its images."""
        slab = self.slab(self.tile_rows)
        sizes = zip(slab, self.window.pad, self.size, strict=True)
        return self.tile_rows == self.result_size[0] and all(length - pad >= size for length, pad, size in sizes)

    def slab(self, rows: int) -> Shape:
        """Size of the padded part of an image that `rows` output rows see."""
        outputs = (rows, *self.result_size[1:])
        window = self.window
        return tuple((o - 1) * s + e for o, s, e in zip(outputs, window.stride, window.extent, strict=True))

    def buffers(self) -> tuple[Buffer, ...]:
        """Scratch for the kernels, flat: turned image, windows, turned result, weights."""
        sizes = self._buffer_sizes()
        if self.mirror is not None:
            sizes = [max(pair) for pair in zip(sizes, self.mirror._buffer_sizes(), strict=True)]
        return tuple(Buffer((size,)) for size in sizes)

    def _buffer_sizes(self) -> list[int]:
        weights = self.outputs * self.taps
        if self.direct:
            return [0, 0, 0, weights]
        images, rows = self.tile_images, self.tile_rows
        pixels = rows * count(self.result_size[1:]) * images
        turned = self.channels * count(self.slab(rows)) * images
        return [turned, 0 if self.pointwise else self.groups * self.taps * pixels, self.outputs * pixels, weights]


@lru_cache(maxsize=1024)
def correlation(image: Shape, outputs: int, groups: int, window: Window) -> Correlation:
    """The correlation of an image blob (images, channels, *size): made once for each shape."""
    return Correlation(image[0], image[1], outputs, groups, image[2:], window)
