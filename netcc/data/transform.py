"""What `transform_param` asks for: (x - mean) * scale, crop, mirror (`src/caffe/data_transformer.cpp`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np

from netcc.data.decode import Channels
from netcc.data.mean import read_mean
from netcc.data.source import locate
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array, Phase, Shape, format_shape

_Choice: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Transformer:
    """Turns images (channels, height, width) into rows of a batch."""

    scale: float
    mirror: bool
    crop: int
    """Height and width of the cropped image; 0 keeps the size."""
    random_crop: bool
    mean_image: Array | None
    """(channels, height, width) of the image before it is cropped."""
    mean_values: Array | None
    """(channels, 1, 1), or (1, 1, 1) for all channels."""
    channels: Channels
    """What an encoded image is decoded to; raw data ignore it."""

    @classmethod
    def from_message(cls, message: caffe_pb2.TransformationParameter, phase: Phase, base: Path | None = None) -> Self:
        """Reads the attributes, and the mean file if there is one (see `locate` for `base`).

        Crops are random in phase TRAIN only, mirrors in both. Raises LayerError where fields contradict each other,
        DataError for a bad mean file.
        """
        _check_contradictions(message)
        values = np.array(message.mean_value, np.float32).reshape(-1, 1, 1)
        return cls(
            scale=message.scale,
            mirror=message.mirror,
            crop=message.crop_size,
            random_crop=phase == TRAIN and message.crop_size > 0,
            mean_image=read_mean(locate(message.mean_file, base)) if message.HasField("mean_file") else None,
            mean_values=values if values.size else None,
            channels="color" if message.force_color else "gray" if message.force_gray else "native",
        )

    def shape(self, image: Shape) -> Shape:
        """The shape that an image of shape `image` (channels, height, width) has afterwards.

        Raises DataError where the image is smaller than the crop or does not fit the mean.
        """
        channels, height, width = image
        if self.crop > min(height, width):
            raise DataError(
                f"crop_size {self.crop} is larger than the image ({format_shape(image)})",
                notes=["images are never padded: make them larger, or crop_size smaller"],
            )
        if self.mean_values is not None and len(self.mean_values) not in (1, channels):
            raise DataError(
                f"{len(self.mean_values)} mean_values for an image with {channels} channels",
                notes=["expected one mean_value, or one for each channel"],
            )
        if self.mean_image is not None and self.mean_image.shape != image:
            raise DataError(
                f"the mean file is {format_shape(self.mean_image.shape)} but the image is {format_shape(image)}",
                notes=["the mean must have the size of the image before it is cropped"],
            )
        return (channels, self.crop, self.crop) if self.crop else image

    def apply(self, images: Sequence[Array], batch: Array, random: np.random.Generator) -> None:
        """Fills `batch` (count, channels, height, width) with `images`, each of which `shape` has accepted."""
        height, width = batch.shape[2:]
        for target, image, (mirrored, top, left) in zip(batch, images, self._choose(images, random), strict=True):
            window = (slice(None), slice(top, top + height), slice(left, left + width))
            # A mirrored view lets the mean meet the pixel that it belongs to.
            place = target[:, :, ::-1] if mirrored else target
            place[...] = image[window]
            if self.mean_image is not None:
                place -= self.mean_image[window]
        if self.mean_values is not None:
            batch -= self.mean_values
        if self.scale != 1:
            batch *= self.scale

    def _choose(self, images: Sequence[Array], random: np.random.Generator) -> list[_Choice]:
        """What is chosen for each image: mirrored, first row, first column, drawn in this order image by image."""
        room = [(image.shape[1] - self.crop, image.shape[2] - self.crop) if self.crop else (0, 0) for image in images]
        centre = [(0, rows // 2, columns // 2) for rows, columns in room]
        if self.random_crop:
            # One call for the whole batch; without mirror, its column has 0 as the only value.
            bounds = [(1 + self.mirror, 1 + rows, 1 + columns) for rows, columns in room]
            return [(mirrored, top, left) for mirrored, top, left in random.integers(0, np.array(bounds)).tolist()]
        if self.mirror:
            mirrors = random.integers(0, 2, len(images)).tolist()
            return [(mirrored, top, left) for mirrored, (_, top, left) in zip(mirrors, centre, strict=True)]
        return centre


def _check_contradictions(message: caffe_pb2.TransformationParameter) -> None:
    if message.force_color and message.force_gray:
        raise LayerError("force_color and force_gray exclude each other", field=("transform_param", "force_gray"))
    if message.HasField("mean_file") and message.mean_value:
        raise LayerError("mean_file and mean_value exclude each other", field=("transform_param", "mean_value"))
