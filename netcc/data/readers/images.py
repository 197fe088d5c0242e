"""`type: "ImageData"`: batches of image files (`src/caffe/layers/image_data_layer.cpp`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.decode import read_image
from netcc.data.listing import read_listing
from netcc.data.order import Order
from netcc.data.resize import resize
from netcc.data.row_source import RowSource
from netcc.data.source import locate, reader
from netcc.data.transform import Transformer
from netcc.data.transform_geometry import to_short_side
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase


@reader("ImageData", prefetched=True)
class ImageSource(RowSource[int]):
    """Reads the files of a list, `root_folder` before each name, or those of a folder that has a folder for each class.

    Tops: the images (batch, 3 or 1, height, width) and the labels (batch), or (batch, `label_count`) if that is more
    than 1. A record is the place of an image in the list. `shuffle` orders each epoch anew, `rand_skip` leaves out a
    random number of images at the start.
    """

    def __init__(
        self, message: caffe_pb2.LayerParameter, phase: Phase, random: np.random.Generator, base: Path | None
    ) -> None:
        param = message.image_data_param
        _check_fields(param)
        super().__init__(param.batch_size, Transformer.from_message(message.transform_param, phase, base), random)
        self._list = read_listing(locate(param.source, base), param.label_count)
        self._folder = str(self._list.path) + "/" if self._list.lines is None else param.root_folder
        self._base = base
        self._size = (param.new_height, param.new_width)
        self._short_side = param.short_side
        self._channels: Any = "color" if param.is_color else "gray"
        skip = int(random.integers(param.rand_skip)) if param.rand_skip else 0
        self._order = Order(len(self._list), param.shuffle, random, skip)

    def peek(self) -> int:
        return self._order.peek()

    def take(self, number: int) -> list[int]:
        return self._order.take(number)

    def total(self) -> int:
        return len(self._list)

    def decode(self, record: int) -> tuple[Array, Any]:
        image = read_image(self._path(record), self._channels)
        if self._short_side:
            image = to_short_side(image, self._short_side)
        elif all(self._size):
            image = resize(image, *self._size)
        return image, self._list.labels[record]

    def name(self, record: int) -> str:
        return str(self._path(record))

    def blame(self, record: int, error: DataError) -> DataError:
        fault, name = error.diagnostics[0], self.name(record)
        message = fault.message if name in fault.message else f"{name}: {fault.message}"
        return DataError(message, notes=[*fault.notes, f"listed in {self._list.place(record)}"])

    def position(self) -> dict[str, Any]:
        return self._order.position()

    def seek(self, position: Mapping[str, Any]) -> None:
        self._order.restore(position)

    def _path(self, record: int) -> Path:
        return locate(self._folder + self._list.names[record], self._base)


def _check_fields(param: caffe_pb2.ImageDataParameter) -> None:
    """Raises LayerError for fields that make no sense."""

    def fault(message: str, name: str) -> LayerError:
        return LayerError(message, field=("image_data_param", name))

    if param.batch_size < 1:
        raise fault("batch_size must be at least 1", "batch_size")
    if not param.source:
        raise fault("source is missing: a list of images, or a folder with a folder for each class", "source")
    if (param.new_height > 0) != (param.new_width > 0):
        raise fault("new_height and new_width go together", "new_width" if param.new_height else "new_height")
    if param.short_side and param.new_height:
        raise fault("short_side and new_height exclude each other", "short_side")
    if param.label_count < 1:
        raise fault("label_count must be at least 1", "label_count")
