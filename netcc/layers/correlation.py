"""Correlation of images with a bank of filters, and its gradients: the work of convolution and deconvolution.

A tile of a few images is turned so that the images are the innermost axis (channels, height, width, images). Gathering
the windows of a tile then copies long runs, whatever the width of the image, and one matrix product serves all images
of the tile. Tiles are sized for the cache; an image too large for one tile is cut into bands of output rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from netcc.layers.base import Buffer
from netcc.layers.window import Window
from netcc.types import Array, Shape, count

_TILE_NUMBERS = 1 << 20
"""Numbers in the gathered windows of one tile: 4 MiB in float32, which lies in a share of the outer cache."""

_TILE_IMAGES = 16
"""More images to a tile make turning them slow: neighbours in the image are then too far apart in the tile."""


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

    def slab(self, rows: int) -> Shape:
        """Size of the padded part of an image that `rows` output rows see."""
        outputs = (rows, *self.result_size[1:])
        window = self.window
        return tuple((o - 1) * s + e for o, s, e in zip(outputs, window.stride, window.extent, strict=True))

    def buffers(self) -> tuple[Buffer, ...]:
        """Scratch for `correlate` and `correlation_gradients`, flat: turned image, windows, turned result, weights."""
        images, rows = self.tile_images, self.tile_rows
        pixels = rows * count(self.result_size[1:]) * images
        return (
            Buffer((self.channels * count(self.slab(rows)) * images,)),
            Buffer((self.groups * self.taps * pixels,)),
            Buffer((self.outputs * pixels,)),
            Buffer((self.outputs * self.taps,)),
        )


@lru_cache(maxsize=1024)
def correlation(image: Shape, outputs: int, groups: int, window: Window) -> Correlation:
    """The correlation of an image blob (images, channels, *size): made once for each shape."""
    return Correlation(image[0], image[1], outputs, groups, image[2:], window)


def correlate(
    plan: Correlation, image: Array, weights: Array, bias: Array | None, result: Array, scratch: Sequence[Array]
) -> None:
    """result = image correlated with weights, plus bias (outputs,) if there is one."""
    matrix = weights.reshape(plan.groups, -1, plan.taps)
    shift = None if bias is None else bias.reshape(-1, *[1] * (image.ndim - 1))
    for tile in plan.tiles:
        windows = _Windows(plan, tile, scratch)
        windows.load(image)
        windows.gather()
        np.matmul(matrix, windows.columns, out=windows.result_rows)
        target = windows.result_part(result)
        if shift is None:
            np.copyto(target, windows.turned_result)
        else:
            np.add(windows.turned_result, shift, out=target)


def correlation_gradients(
    plan: Correlation,
    image: Array | None,
    weights: Array,
    result_diff: Array,
    image_diff: Array | None,
    weights_diff: Array | None,
    scratch: Sequence[Array],
    *,
    add: bool = False,
) -> None:
    """Gradients of `correlate`: overwrites `image_diff` and `weights_diff` where given.

    `add` adds to `weights_diff` instead. `image` is needed for `weights_diff` alone.
    """
    matrix = weights.reshape(plan.groups, -1, plan.taps).transpose(0, 2, 1)
    tile_diff = scratch[3].reshape(plan.groups, -1, plan.taps)
    partial = image_diff is not None and not _Windows(plan, plan.tiles[0], scratch).whole
    if image_diff is not None and partial:
        image_diff.fill(0)
    for tile in plan.tiles:
        windows = _Windows(plan, tile, scratch)
        np.copyto(windows.turned_result, windows.result_part(result_diff))
        if weights_diff is not None and image is not None:
            windows.load(image)
            windows.gather()
            target = tile_diff if add else weights_diff.reshape(tile_diff.shape)
            np.matmul(windows.result_rows, windows.columns.transpose(0, 2, 1), out=target)
            if add:
                weights_diff += tile_diff.reshape(weights_diff.shape)
            add = True
        if image_diff is not None:
            np.matmul(matrix, windows.result_rows, out=windows.columns)
            windows.scatter()
            windows.store(image_diff, add=partial)


class _Windows:
    """The scratch memory of one tile, seen as turned image, windows and turned result."""

    def __init__(self, plan: Correlation, tile: Tile, scratch: Sequence[Array]) -> None:
        images, rows = tile.last - tile.first, tile.bottom - tile.top
        outputs = (rows, *plan.result_size[1:])
        slab = plan.slab(rows)
        pixels = count(outputs) * images
        self._plan = plan
        self._tile = tile
        self._image = scratch[0][: plan.channels * count(slab) * images].reshape(plan.channels, *slab, images)
        gathered = self._image if plan.pointwise else scratch[1][: plan.groups * plan.taps * pixels]
        self.columns = gathered.reshape(plan.groups, plan.taps, pixels)
        self._gathered = self.columns.reshape(plan.channels, *plan.window.kernel, *outputs, images)
        result = scratch[2][: plan.outputs * pixels]
        self.result_rows = result.reshape(plan.groups, plan.outputs // plan.groups, pixels)
        self.turned_result = result.reshape(plan.outputs, *outputs, images)
        starts = [-pad for pad in plan.window.pad]
        starts[0] += tile.top * plan.window.stride[0]
        first = [max(0, start) for start in starts]
        ends = [max(f, min(n, a + length)) for f, n, a, length in zip(first, plan.size, starts, slab, strict=True)]
        self._inside = tuple(slice(f, e) for f, e in zip(first, ends, strict=True))
        self._inside_slab = tuple(slice(f - a, e - a) for f, e, a in zip(first, ends, starts, strict=True))
        self._bordered = tuple(e - f for f, e in zip(first, ends, strict=True)) != slab
        self.whole = len(plan.tiles) == -(-plan.images // plan.tile_images) and all(
            (f, e) == (0, n) for f, e, n in zip(first, ends, plan.size, strict=True)
        )

    def load(self, image: Array) -> None:
        """Turns the part of `image` that the tile sees; what lies outside is 0."""
        if self._bordered:
            self._image.fill(0)
        np.copyto(self._image[:, *self._inside_slab], self._image_part(image))

    def store(self, image_diff: Array, *, add: bool) -> None:
        """Turns the tile back into `image_diff`."""
        target, source = self._image_part(image_diff), self._image[:, *self._inside_slab]
        if add:
            np.add(target, source, out=target)
        else:
            np.copyto(target, source)

    def gather(self) -> None:
        """Copies every window into its column."""
        if not self._plan.pointwise:
            np.copyto(self._gathered, self._sliding())

    def scatter(self) -> None:
        """Adds every column back to the pixels of its window."""
        if self._plan.pointwise:
            return
        self._image.fill(0)
        sliding = self._sliding()
        for tap in np.ndindex(self._plan.window.kernel):
            pixels = sliding[:, *tap]
            np.add(pixels, self._gathered[:, *tap], out=pixels)

    def result_part(self, result: Array) -> Array:
        """The part of a result blob that the tile makes, turned to (outputs, *rows, images)."""
        part = result[self._tile.first : self._tile.last, :, self._tile.top : self._tile.bottom]
        return part.transpose(*range(1, part.ndim), 0)

    def _image_part(self, image: Array) -> Array:
        part = image[self._tile.first : self._tile.last, :, *self._inside]
        return part.transpose(*range(1, part.ndim), 0)

    def _sliding(self) -> Array:
        """The turned image as overlapping windows: (channels, *kernel, *rows, images)."""
        image, window = self._image, self._plan.window
        channel, *spatial, pixel = image.strides
        taps = [d * step for d, step in zip(window.dilation, spatial, strict=True)]
        moves = [s * step for s, step in zip(window.stride, spatial, strict=True)]
        return np.ndarray(self._gathered.shape, image.dtype, image, 0, (channel, *taps, *moves, pixel))
