"""The scratch memory of one tile of a correlation: its images turned, their windows, its result turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.layers.correlation import Correlation, Tile
from netcc.types import Array, count

_FEW_IMAGES = 16
"""Below this, NumPy turns images into the innermost axis faster one by one than all at once."""


class TileMemory:
    """Views of the scratch arrays in the shapes that `tile` needs.

    `columns` (groups, taps, pixels) holds the windows and `rows` (groups, outputs / groups, pixels) the result, where
    the pixels are those of all images of the tile, images innermost.
    """

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
        self.rows = result.reshape(plan.groups, plan.outputs // plan.groups, pixels)
        self._result = result.reshape(plan.outputs, *outputs, images)
        starts = [-pad for pad in plan.window.pad]
        starts[0] += tile.top * plan.window.stride[0]
        first = [max(0, start) for start in starts]
        ends = [max(f, min(n, a + length)) for f, n, a, length in zip(first, plan.size, starts, slab, strict=True)]
        self._inside = tuple(slice(f, e) for f, e in zip(first, ends, strict=True))
        self._inside_slab = tuple(slice(f - a, e - a) for f, e, a in zip(first, ends, starts, strict=True))
        self._bordered = tuple(e - f for f, e in zip(first, ends, strict=True)) != slab

    def load_image(self, image: Array) -> None:
        """Turns the part of `image` that the tile sees; what lies outside is 0."""
        if self._bordered:
            self._image.fill(0)
        _turn(self._image_part(image), self._image[:, *self._inside_slab])

    def store_image(self, image_diff: Array, *, add: bool) -> None:
        """Turns the tile back into `image_diff`."""
        target, source = self._image_part(image_diff), _turned_back(self._image[:, *self._inside_slab])
        if add:
            np.add(target, source, out=target)
        else:
            np.copyto(target, source)

    def load_result(self, result_diff: Array) -> None:
        _turn(self._result_part(result_diff), self._result)

    def store_result(self, result: Array) -> None:
        np.copyto(self._result_part(result), _turned_back(self._result))

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

    def _result_part(self, result: Array) -> Array:
        return result[self._tile.first : self._tile.last, :, self._tile.top : self._tile.bottom]

    def _image_part(self, image: Array) -> Array:
        return image[self._tile.first : self._tile.last, :, *self._inside]

    def _sliding(self) -> Array:
        """The turned image as overlapping windows: (channels, *kernel, *rows, images)."""
        image, window = self._image, self._plan.window
        channel, *spatial, pixel = image.strides
        taps = [d * step for d, step in zip(window.dilation, spatial, strict=True)]
        moves = [s * step for s, step in zip(window.stride, spatial, strict=True)]
        return np.ndarray(self._gathered.shape, image.dtype, image, 0, (channel, *taps, *moves, pixel))


def _turned_back(turned: Array) -> Array:
    """(channels, *size, images) seen as (images, channels, *size)."""
    return turned.transpose(-1, *range(turned.ndim - 1))


def _turn(images: Array, turned: Array) -> None:
    """Copies (images, channels, *size) to (channels, *size, images)."""
    if len(images) >= _FEW_IMAGES:
        np.copyto(_turned_back(turned), images)
        return
    for index, image in enumerate(images):
        np.copyto(turned[..., index], image)
