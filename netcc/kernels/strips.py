"""Cutting a convolution into strips that stay in cache, and views of strips as matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netcc.kernels.geometry import Geometry
from netcc.types import Array

_PLACES = 16


class Strip(NamedTuple):
    """Rows `first` up to `last` of images `image` up to `end`; either one image or whole images."""

    image: int
    end: int
    first: int
    last: int

    def of(self, array: Array) -> Array:
        """The strip of an array (images, height, width, channels)."""
        return array[self.image : self.end, self.first : self.last]

    def images_of(self, array: Array) -> Array:
        return array[self.image : self.end]


class Cut(NamedTuple):
    """`images` x `rows` is the largest strip of `strips`."""

    images: int
    rows: int

    def strips(self, images: int, height: int) -> Iterator[Strip]:
        for image in range(0, images, self.images):
            for first in range(0, height, self.rows):
                yield Strip(image, min(image + self.images, images), first, min(first + self.rows, height))


def cut(images: int, height: int, wanted: float) -> Cut:
    """Strips of about `wanted` rows, of equal size as far as possible: of several images only if these are whole."""
    if wanted >= height:
        return Cut(_evenly(images, max(1, int(wanted / height))), height)
    return Cut(1, _evenly(height, max(1, int(wanted))))


def _evenly(length: int, most: int) -> int:
    parts = -(-length // most)
    return -(-length // parts)


def channel_ranges(geometry: Geometry) -> Iterator[tuple[slice, slice]]:
    """The channels and the outputs of every group."""
    part = geometry.one_group
    for group in range(geometry.groups):
        yield (
            slice(group * part.channels, (group + 1) * part.channels),
            slice(group * part.outputs, (group + 1) * part.outputs),
        )


def pixels(array: Array) -> Array:
    """An array (images, height, width, channels) as a matrix (pixels, channels), without a copy."""
    return array.reshape(-1, array.shape[-1])


def copy_transposed(source: Array, target: Array) -> None:
    """target[...] = source, where the last axis of `target` lies far apart in `source`.

    A few of its places at a time: each line of the cache that is read is then used up before it is lost.
    """
    for first in range(0, source.shape[-1], _PLACES):
        target[..., first : first + _PLACES] = source[..., first : first + _PLACES]
