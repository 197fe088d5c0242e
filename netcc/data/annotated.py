"""One record of AnnotatedData: its image, and its objects, through everything that is done to both.

As src/caffe/layers/annotated_data_layer.cpp and src/caffe/data_transformer.cpp of weiliu89/caffe, branch ssd; but there
an encoded image is written as a JPEG again after each of distortion, expansion and crop, here it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError

from netcc.data.datum import datum_image
from netcc.data.objects import Objects
from netcc.data.sampler import draw_window
from netcc.data.transform import Choice, Transformer, run_steps
from netcc.data.transform_geometry import fitted_size
from netcc.data.transform_steps import WHOLE, Window, cut
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape


@dataclass(frozen=True, eq=False)
class Item:
    """`image` (channels, height, width) before crop and mirror, its `objects`, the `label` of its datum.

    At the end boxes become `scale` (across, down) times as large, counted from the left upper corner.
    """

    image: Array
    objects: Objects
    label: int
    scale: tuple[float, float]


def parse_annotated(value: bytes) -> caffe_pb2.AnnotatedDatum:
    """The record in `value`. Raises DataError."""
    try:
        message = caffe_pb2.AnnotatedDatum.FromString(value)
    except DecodeError:
        raise DataError("it is not an AnnotatedDatum") from None
    if not message.HasField("datum") and caffe_pb2.Datum.FromString(value).ListFields():
        raise DataError("it is a Datum, not an AnnotatedDatum", notes=["layers of type Data read it"])
    return message


@dataclass(frozen=True)
class Annotator:
    """What is done to each record; `emit` says which objects stay."""

    transformer: Transformer
    samplers: Sequence[caffe_pb2.BatchSampler]
    emit: caffe_pb2.EmitConstraint | None

    def make(self, message: caffe_pb2.AnnotatedDatum, random: np.random.Generator) -> Item:
        """Distorts, expands, cuts out a sample and resizes, in this order. Raises DataError."""
        image = datum_image(message.datum, self.transformer.channels)
        image, windows = run_steps(self.transformer.before, image, random)
        objects = self._through(Objects.from_message(message), windows)
        window = draw_window(self.samplers, objects, random) if self.samplers else None
        if window is not None:
            image, objects = self._sample(image, objects, window)
        before = image.shape[1:]
        image, windows = run_steps(self.transformer.sizing, image, random)
        scale = self._scale(before, image.shape[1:])
        return Item(image, self._through(objects, windows), message.datum.label, scale)

    def rows(self, number: int, item: Item, choice: Choice) -> Array:
        """The objects of `item`, image `number` of a batch, after crop and mirror: (objects, 8)."""
        mirrored, top, left = choice
        height, width = item.image.shape[1:]
        crop = self.transformer.crop or (height, width)
        window = (left / width, top / height, (left + crop[1]) / width, (top + crop[0]) / height)
        objects = item.objects.seen_through(window, self.emit)
        objects = objects.mirrored() if mirrored else objects
        return objects.scaled(*item.scale).rows(number)

    def _through(self, objects: Objects, windows: Sequence[Window]) -> Objects:
        for window in windows:
            if window != WHOLE:
                objects = objects.seen_through(window, self.emit)
        return objects

    def _sample(self, image: Array, objects: Objects, window: Window) -> tuple[Array, Objects]:
        """Both cut to `window`; the image to whole pixels of it, the boxes to the window as it was drawn."""
        rows, columns = image.shape[1:]
        left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in window)
        width, height = int((right - left) * columns), int((bottom - top) * rows)
        if not (width and height):
            return image, objects
        part, _ = cut(image, int(left * columns), int(top * rows), width, height)
        return part, objects.seen_through((left, top, right, bottom), self.emit)

    def _scale(self, before: Shape, resized: Shape) -> tuple[float, float]:
        """How much larger (across, down) boxes are if height_scale and width_scale name the image they count in."""
        across, down = 1.0, 1.0
        crop = self.transformer.crop or resized
        for param in self.transformer.rescaling:
            fitted = fitted_size(param, before)
            high, wide = fitted[0] * crop[0] / resized[0], fitted[1] * crop[1] / resized[1]
            if high < param.height_scale or wide < param.width_scale:
                raise DataError(
                    f"its image is {high:g} x {wide:g}, smaller than height_scale and width_scale",
                    notes=[f"expected at least {param.height_scale} x {param.width_scale}"],
                )
            across, down = wide / param.width_scale, high / param.height_scale
        return across, down
