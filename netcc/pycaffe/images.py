"""Images as pycaffe's users have them: float32 arrays of rows, columns and channels, with colours as R, G, B.

Behaves as python/caffe/io.py with the scikit-image and SciPy of its time: interpolation without smoothing beforehand.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netcc.data.decode import read_image
from netcc.errors import DataError, UsageError
from netcc.types import Array, format_shape

LUMINANCE = (0.2125, 0.7154, 0.0721)
"""Shares of R, G and B in the grey of scikit-image."""


class ImageFileError(DataError, OSError):
    """An image cannot be read; an OSError too, which scripts expect where one of many is damaged."""


def load_image(filename: str | os.PathLike[str], color: bool = True) -> Array:
    """The image in a file as float32 (height, width, 3), or (height, width, 1) without `color`, from 0 to 1.

    A grey image becomes a coloured one if asked for; transparency is left out. Raises ImageFileError if it cannot be
    read.
    """
    try:
        pixels = read_image(Path(filename), "native").transpose(1, 2, 0) / 255.0
    except DataError as error:
        raise ImageFileError(error.diagnostics) from None
    colours = pixels[:, :, [2, 1, 0]] if pixels.shape[2] >= 3 else pixels[:, :, [0]]
    if color and colours.shape[2] == 1:
        colours = np.tile(colours, (1, 1, 3))
    elif not color and colours.shape[2] == 3:
        colours = (colours @ LUMINANCE)[:, :, np.newaxis]
    return colours.astype(np.float32)


def resize_image(im: Array, new_dims: Sequence[int], interp_order: int = 1) -> Array:
    """`im` (height, width, channels) with `new_dims` = (height, width), float32.

    `interp_order` is 0 (nearest), 1 (linear) or 3 (cubic, for 1 or 3 channels). As in Caffe, images of 1 or 3 channels
    are laid out pixel by pixel, and fade to their least value at an edge that is stretched; others are stretched so
    that the corners stay where they are. Raises UsageError for other shapes and orders.
    """
    if im.ndim != 3 or not im.size:
        raise UsageError(f"the image is {format_shape(im.shape)}; expected height x width x channels")
    height, width = (int(size) for size in new_dims)
    if min(height, width) < 1:
        raise UsageError(f"an image cannot be resized to {height} x {width}")
    if im.shape[2] not in (1, 3):
        return _stretch(im, (height, width), interp_order)
    least, most = im.min(), im.max()
    if least == most:
        return np.full((height, width, im.shape[2]), least, np.float32)
    rows = _taps((np.arange(height) + 0.5) * (im.shape[0] / height) - 0.5, im.shape[0], interp_order)
    columns = _taps((np.arange(width) + 0.5) * (im.shape[1] / width) - 0.5, im.shape[1], interp_order)
    above_least = _interpolate(im.astype(np.float64) - least, rows, columns)
    resized: Array = np.clip(above_least, 0, most - least) + least
    return resized.astype(np.float32)


def _stretch(im: Array, size: tuple[int, int], order: int) -> Array:
    """As scipy.ndimage.zoom."""
    if order > 1:
        raise UsageError(f"interp_order {order} needs an image of 1 or 3 channels, not {im.shape[2]}")
    rows, columns = (
        _taps(np.arange(new) * ((old - 1) / max(new - 1, 1)), old, order)
        for new, old in zip(size, im.shape[:2], strict=True)
    )
    return _interpolate(im.astype(np.float64), rows, columns).astype(np.float32)


Taps = tuple[Array, Array]
"""For each place the old pixels that it is made of, and their weights: two arrays (places, pixels)."""


def _taps(places: Array, old: int, order: int) -> Taps:
    """The taps for `places` among `old` pixels. Pixels outside weigh nothing, for there all is 0."""
    if order == 0:
        first, weights = np.floor(places + 0.5), np.ones((len(places), 1))
    elif order == 1:
        first = np.floor(places)
        t = places - first
        weights = np.stack([1 - t, t], axis=1)
    elif order == 3:
        first = np.floor(places)
        t = places - first
        first -= 1
        weights = np.stack(
            [t * (-1 + t * (2 - t)), 2 + t * t * (3 * t - 5), t * (1 + t * (4 - 3 * t)), t * t * (t - 1)], axis=1
        )
        weights /= 2
    else:
        raise UsageError(f"interp_order is {order}; expected 0 (nearest), 1 (linear) or 3 (cubic)")
    pixels = first[:, np.newaxis].astype(np.intp) + np.arange(weights.shape[1])
    outside = (pixels < 0) | (pixels >= old)
    return np.where(outside, 0, pixels), np.where(outside, 0.0, weights)


def _interpolate(im: Array, rows: Taps, columns: Taps) -> Array:
    between = sum(
        im[pixels] * weights[:, np.newaxis, np.newaxis] for pixels, weights in zip(rows[0].T, rows[1].T, strict=True)
    )
    result: Array = sum(
        between[:, pixels] * weights[:, np.newaxis] for pixels, weights in zip(columns[0].T, columns[1].T, strict=True)
    )
    return result


def oversample(images: Sequence[Array], crop_dims: Sequence[int]) -> Array:
    """Ten crops of `crop_dims` = (height, width) of each image: four corners, the centre, and their mirror images.

    All images have one shape (height, width, channels). The result is float32 (10 * images, height, width, channels).
    """
    height, width = (int(size) for size in crop_dims)
    full_height, full_width, channels = images[0].shape
    down, across = full_height - height, full_width - width
    if min(down, across) < 0:
        raise UsageError(f"crops of {height} x {width} are larger than the image, {full_height} x {full_width}")
    corners = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
    crops = np.empty((len(images), 2, 5, height, width, channels), np.float32)
    for index, image in enumerate(images):
        for place, (top, left) in enumerate(corners):
            crops[index, 0, place] = image[top : top + height, left : left + width]
    crops[:, 1] = crops[:, 0, :, :, ::-1]
    return crops.reshape(-1, height, width, channels)
