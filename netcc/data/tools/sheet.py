"""A contact sheet: many small images on one, each above its label."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np

from netcc.types import Array

CELL = 96
"""Height and width of the place of an image."""

_MARGIN = 4
_BACKGROUND, _INK = 255, 60
_FONT = {
    "0": (7, 5, 5, 5, 7),
    "1": (2, 6, 2, 2, 7),
    "2": (7, 1, 7, 4, 7),
    "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7),
    "6": (7, 4, 7, 5, 7),
    "7": (7, 1, 2, 2, 2),
    "8": (7, 5, 7, 5, 7),
    "9": (7, 5, 7, 1, 7),
    "-": (0, 0, 7, 0, 0),
}
"""Five rows of three dots for each sign, the leftmost dot worth 4."""

_DOT = 2
_LINE = 5 * _DOT + 4
"""Height of a label with the room above it."""


def contact_sheet(images: Sequence[Array], labels: Sequence[int], *, rgb: bool = False) -> Array:
    """uint8 (height, width, R G B) that shows `images` (channels, height, width) row by row.

    Three channels are B, G, R, or R, G, B with `rgb`; of other numbers only the first is shown, in grey. Small images
    are enlarged, large ones shrunk, by a whole factor. Floats are shown from their least (black) to their most.
    """
    columns = ceil(sqrt(len(images)))
    rows = ceil(len(images) / columns)
    step, line = CELL + _MARGIN, CELL + _LINE + _MARGIN
    sheet = np.full((rows * line + _MARGIN, columns * step + _MARGIN, 3), _BACKGROUND, np.uint8)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        top, left = (index // columns) * line + _MARGIN, (index % columns) * step + _MARGIN
        _paste(sheet[top : top + CELL, left : left + CELL], _fitted(_colours(image, rgb)))
        _paste(sheet[top + CELL : top + CELL + _LINE, left : left + CELL], _text(str(label)))
    return sheet


def _colours(image: Array, rgb: bool) -> Array:
    """(height, width, R G B)."""
    if image.dtype != np.uint8:
        image = np.nan_to_num(image.astype(np.float64))
        low, high = image.min(), image.max()
        image = ((image - low) * (255 / (high - low or 1))).astype(np.uint8)
    if len(image) not in (3, 4):
        return np.repeat(image[0][:, :, np.newaxis], 3, axis=2)
    return image[[0, 1, 2] if rgb else [2, 1, 0]].transpose(1, 2, 0)


def _fitted(pixels: Array) -> Array:
    """The pixels enlarged or shrunk to fit into a cell."""
    size = max(pixels.shape[:2])
    if size <= CELL:
        factor = CELL // size
        return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    factor = ceil(size / CELL)
    # Edges repeat where a block of pixels reaches past them.
    padding = [(0, -length % factor) for length in pixels.shape[:2]]
    padded = np.pad(pixels, (*padding, (0, 0)), mode="edge")
    height, width = padded.shape[0] // factor, padded.shape[1] // factor
    shrunk: Array = padded.reshape(height, factor, width, factor, 3).mean(axis=(1, 3))
    return shrunk.astype(np.uint8)


def _text(text: str) -> Array:
    """The signs of `text` in dots."""
    dots = np.zeros((5, 4 * len(text)), bool)
    for place, sign in enumerate(text):
        for row, bits in enumerate(_FONT[sign]):
            dots[row, 4 * place : 4 * place + 3] = [bits & 4, bits & 2, bits & 1]
    large = dots.repeat(_DOT, axis=0).repeat(_DOT, axis=1)
    return np.where(large[:, :, np.newaxis], _INK, _BACKGROUND).astype(np.uint8).repeat(3, axis=2)


def _paste(place: Array, pixels: Array) -> None:
    """Puts `pixels` into the middle of `place`, cut to its size."""
    pixels = pixels[: place.shape[0], : place.shape[1]]
    top, left = (place.shape[0] - pixels.shape[0]) // 2, (place.shape[1] - pixels.shape[1]) // 2
    place[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
