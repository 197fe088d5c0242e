"""`type: "WindowData"`: windows cut from images, for detectors of the R-CNN kind
(`src/caffe/layers/window_data_layer.cpp`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.bad_records import bad_records_in_use
from netcc.data.decode import decode_image, read_content, read_image
from netcc.data.mean import read_mean
from netcc.data.resize import resize
from netcc.data.source import locate, reader
from netcc.data.window_list import Window, read_windows
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_CHANNELS = 3
_FIELD = "window_data_param"


@dataclass(frozen=True)
class Place:
    """What is cut out of an image (left, top, right and bottom, the ends included) and where it goes in the crop."""

    box: tuple[int, int, int, int]
    top: int
    left: int
    height: int
    width: int


@reader("WindowData", prefetched=True)
class WindowSource:
    """First the background windows of a batch, then `fg_fraction` of it with objects, all drawn anew every time.

    Tops: the windows (batch, 3, crop_size, crop_size), resized, with `context_pad` pixels of the image around them; and
    the labels (batch). Where a window reaches over the image, the crop has 0.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param, transform = message.window_data_param, message.transform_param
        if not param.source:
            raise LayerError("source is missing: the window file", field=(_FIELD, "source"))
        self._crop = transform.crop_size or param.crop_size
        self._pad, self._square = param.context_pad, param.crop_mode == "square"
        if 2 * self._pad >= self._crop:
            raise LayerError("context_pad leaves nothing of the crop", field=(_FIELD, "context_pad"))
        self._batch_size = param.batch_size
        self._objects = int(param.batch_size * np.float32(param.fg_fraction))
        # The scale is that of window_data_param: Caffe does not look at the one of transform_param here.
        self._random, self._mirror, self._scale = random, transform.mirror, np.float32(param.scale)
        self._mean = _read_mean(transform, self._crop, base)
        self._base, self._folder = base, param.root_folder
        self._path = locate(param.source, base)
        self._list = read_windows(self._path, param.fg_threshold, param.bg_threshold)
        self._check_lists()
        self._cache: dict[int, bytes] | None = {} if param.cache_images else None
        self._bad = bad_records_in_use()

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return ((self._batch_size, _CHANNELS, self._crop, self._crop), (self._batch_size,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        tops[0].fill(0)
        for row in range(self._batch_size):
            among = self._list.background if row < self._batch_size - self._objects else self._list.foreground
            window = self._draw(among, tops[0][row])
            if len(tops) > 1:
                tops[1][row] = window.label

    def position(self) -> dict[str, Any]:
        """Nothing: windows are drawn, not read in an order."""
        return {}

    def restore(self, position: Mapping[str, Any]) -> None:
        """Nothing to go back to."""

    def close(self) -> None:
        """Holds no files."""

    def _draw(self, among: Sequence[Window], target: Array) -> Window:
        """Puts a window drawn from `among` into `target`; draws again if its image is bad and that is no error."""
        for _ in range(max(100, 2 * len(among))):
            window = among[int(self._random.integers(len(among)))]
            mirrored = self._mirror and bool(self._random.integers(2))
            try:
                self._render(self._image(window.image), window, mirrored, target)
            except DataError as error:
                self._bad.met(str(self._image_path(window.image)), error)
                target.fill(0)
                continue
            return window
        raise DataError(f"no image of window file {self._path} can be used")

    def _render(self, image: Array, window: Window, mirrored: bool, target: Array) -> None:
        rows, columns = image.shape[1:]
        if not (window.box[0] >= 0 and window.box[1] >= 0 and window.box[2] < columns and window.box[3] < rows):
            raise DataError(
                f"{self._image_path(window.image)}: window {' '.join(map(str, window.box))} is outside the image, "
                f"which has {columns} x {rows} pixels",
                notes=[f"listed in {self._path}"],
            )
        place = place_window(window.box, rows, columns, self._crop, self._pad, self._square, mirrored)
        left, top, right, bottom = place.box
        warped = resize(image[:, top : bottom + 1, left : right + 1], place.height, place.width)
        if mirrored:
            warped = warped[:, :, ::-1]
        area = (slice(None), slice(place.top, place.top + place.height), slice(place.left, place.left + place.width))
        target[area] = warped
        if self._mean is not None:
            target[area] -= self._mean[area]
        target[area] *= self._scale

    def _image(self, index: int) -> Array:
        path = self._image_path(index)
        if self._cache is None:
            return read_image(path, "color")
        if index not in self._cache:
            self._cache[index] = read_content(path)
        return decode_image(self._cache[index], "color")

    def _image_path(self, index: int) -> Path:
        return locate(self._folder + self._list.images[index], self._base)

    def _check_lists(self) -> None:
        """Raises DataError where windows of one sort are wanted but there are none."""
        if self._objects and not self._list.foreground:
            raise DataError(f"window file {self._path} has no window with an object, of overlap fg_threshold or more")
        if self._objects < self._batch_size and not self._list.background:
            raise DataError(f"window file {self._path} has no window of background, of overlap below bg_threshold")


def place_window(
    box: tuple[int, int, int, int], rows: int, columns: int, crop: int, pad: int, square: bool, mirrored: bool
) -> Place:
    """Where `box` of an image of `rows` x `columns` goes in a crop of `crop` x `crop` pixels.

    With `pad` the box grows, so that after resizing `pad` pixels of the crop on each side show what is around it; with
    `square` it grows to a square first. What is outside of the image stays empty in the crop.
    """
    if not pad and not square:
        return Place(box, 0, 0, crop, crop)
    x1, y1, x2, y2 = box
    half_height, half_width = (y2 - y1 + 1) / 2, (x2 - x1 + 1) / 2
    centre_x, centre_y = x1 + half_width, y1 + half_height
    if square:
        half_height = half_width = max(half_height, half_width)
    grow = crop / (crop - 2 * pad)
    x1, x2 = _round(centre_x - half_width * grow), _round(centre_x + half_width * grow)
    y1, y2 = _round(centre_y - half_height * grow), _round(centre_y + half_height * grow)
    # Scales are those of the whole box; then it is cut at the edges of the image.
    scale_x, scale_y = crop / (x2 - x1 + 1), crop / (y2 - y1 + 1)
    over_left, over_right = max(0, -x1), max(0, x2 - columns + 1)
    over_top, over_bottom = max(0, -y1), max(0, y2 - rows + 1)
    x1, x2, y1, y2 = x1 + over_left, x2 - over_right, y1 + over_top, y2 - over_bottom
    top = _round(over_top * scale_y)
    left = _round((over_right if mirrored else over_left) * scale_x)
    height = min(_round((y2 - y1 + 1) * scale_y), crop - top)
    width = min(_round((x2 - x1 + 1) * scale_x), crop - left)
    return Place((x1, y1, x2, y2), top, left, max(1, height), max(1, width))


def _round(value: float) -> int:
    """Halves away from zero, as C's `round`."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _read_mean(transform: caffe_pb2.TransformationParameter, crop: int, base: Path | None) -> Array | None:
    """The mean of the crop: (3, crop, crop), the centre of the mean file, or a value for each channel."""
    if transform.HasField("mean_file") and transform.mean_value:
        raise LayerError("mean_file and mean_value exclude each other", field=("transform_param", "mean_value"))
    if transform.mean_value:
        if len(transform.mean_value) not in (1, _CHANNELS):
            raise LayerError(
                f"{len(transform.mean_value)} mean_values for 3 channels", field=("transform_param", "mean_value")
            )
        values = np.reshape(np.array(transform.mean_value, np.float32), (-1, 1, 1))
        return np.broadcast_to(values, (_CHANNELS, crop, crop))
    if not transform.HasField("mean_file"):
        return None
    path = locate(transform.mean_file, base)
    mean = read_mean(path)
    if mean.shape[0] != _CHANNELS or min(mean.shape[1:]) < crop:
        raise DataError(f"the mean file {path} is {format_shape(mean.shape)}, too small for a crop of {crop}")
    # Caffe takes the place from the width for both axes; means are square.
    off = (mean.shape[2] - crop) // 2
    down = min(off, mean.shape[1] - crop)
    return mean[:, down : down + crop, off : off + crop]
