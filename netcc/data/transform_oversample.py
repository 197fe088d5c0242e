"""Ten-crop testing, as `oversample` of Caffe's python/caffe/io.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.errors import UsageError
from netcc.types import Array, format_shape


def oversample(images: Sequence[Array], height: int, width: int) -> Array:
    """The ten crops of each of `images` (channels, rows, columns): (10 * count, channels, `height`, `width`), float32.

    In Caffe's order: top left, top right, bottom left, bottom right and centre, then the same five mirrored. Take the
    mean of a net's outputs over each ten. Raises UsageError where an image is smaller than the crop.
    """
    crops = []
    for image in images:
        rows, columns = image.shape[1:]
        if rows < height or columns < width:
            raise UsageError(f"an image of {format_shape(image.shape)} has no crop of {height} x {width}")
        down, across = rows - height, columns - width
        corners = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
        five = [image[:, top : top + height, left : left + width] for top, left in corners]
        crops += [*five, *(crop[:, :, ::-1] for crop in five)]
    return np.stack(crops).astype(np.float32)
