"""What `transform_param` asks for: (x - mean) * scale, crop, mirror (`src/caffe/data_transformer.cpp`).

What forks and papers add happens before that, image by image: see `netcc.data.transform_chain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np

from netcc.data.decode import Channels
from netcc.data.mean import read_mean
from netcc.data.source import locate
from netcc.data.transform_chain import colour_steps, crop_of, resizing_policies, size_steps, warn_of_the_rest
from netcc.data.transform_geometry import Resizing
from netcc.data.transform_steps import Step, Window
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array, Phase, Shape, format_shape

Choice: TypeAlias = tuple[int, int, int]
"""Whether an image is mirrored, and the first row and column of its crop."""


@dataclass(frozen=True)
class Transformer:
    """Turns images (channels, height, width) into rows of a batch."""

    scale: float
    mirror: bool
    crop: Shape | None
    """Height and width of the cropped image; None keeps the size."""
    random_crop: bool
    mean_image: Array | None
    """(channels, height, width) of the image before it is cropped."""
    mean_values: Array | None
    """(channels, 1, 1), or (1, 1, 1) for all channels."""
    channels: Channels
    """What an encoded image is decoded to; raw data ignore it."""
    before: tuple[Step, ...] = ()
    """What is done first: colours and canvas. A detector's random crops come between these and the next."""
    sizing: tuple[Step, ...] = ()
    """What brings an image to its size before Caffe's own crop."""
    policies: tuple[Resizing, ...] = ()
    """What may stand in the place of the last of `sizing`."""

    @classmethod
    def from_message(cls, message: caffe_pb2.TransformationParameter, phase: Phase, base: Path | None = None) -> Self:
        """Reads the attributes, and the mean file if there is one (see `locate` for `base`).

        Crops are random in phase TRAIN only, mirrors in both. Raises LayerError where fields contradict each other,
        DataError for a bad mean file. Warns of fields that are known but not acted on.
        """
        _check_contradictions(message)
        warn_of_the_rest(message)
        crop = crop_of(message)
        values = np.array(message.mean_value, np.float32).reshape(-1, 1, 1)
        mean = read_mean(locate(message.mean_file, base)) if message.HasField("mean_file") else None
        fill = list(message.mean_value) if mean is None else mean.mean(axis=(1, 2)).tolist()
        return cls(
            scale=message.scale,
            mirror=message.mirror,
            crop=crop,
            random_crop=phase == TRAIN and crop is not None,
            mean_image=mean,
            mean_values=values if values.size else None,
            channels="color" if message.force_color else "gray" if message.force_gray else "native",
            before=colour_steps(message, fill),
            sizing=size_steps(message, crop),
            policies=resizing_policies(message),
        )

    def for_batch(self, random: np.random.Generator) -> Transformer:
        """With one of the policies for all images of a batch. Draws a number only if there is a choice."""
        if len(self.policies) < 2:
            return self
        weights = np.array([policy.param.prob for policy in self.policies])
        picked = random.choice(len(weights), p=weights / weights.sum())
        return replace(self, sizing=(*self.sizing[:-1], self.policies[picked]))

    @property
    def rescaling(self) -> list[caffe_pb2.ResizeParameter]:
        """Resizings in proportion that name the size of images in which boxes count."""
        params = [step.param for step in self.sizing if isinstance(step, Resizing)]
        small = caffe_pb2.ResizeParameter.FIT_SMALL_SIZE
        return [p for p in params if p.resize_mode == small and p.height_scale and p.width_scale]

    def prepare(self, image: Array, random: np.random.Generator) -> Array:
        """`image` after all steps that come before Caffe's own; the same image if there are none.

        Draws one number from `random` for each image, and only if there are steps.
        """
        steps = (*self.before, *self.sizing)
        return run_steps(steps, image, _own_generator(random))[0] if steps else image

    def prepare_next(self, image: Array, random: np.random.Generator) -> Array:
        """What `prepare` is going to give for `image`; `random` stays where it is, see `pass_over`."""
        return self.prepare(image, deepcopy(random) if self.before or self.sizing else random)

    def pass_over(self, random: np.random.Generator) -> None:
        """Draws what `prepare` draws for one image: that image was made by `prepare_next`."""
        if self.before or self.sizing:
            _own_generator(random)

    def shape(self, image: Shape) -> Shape:
        """The shape that a prepared image of shape `image` (channels, height, width) has afterwards.

        Raises DataError where the image is smaller than the crop or does not fit the mean.
        """
        channels, height, width = image
        if self.crop and (self.crop[0] > height or self.crop[1] > width):
            raise DataError(
                f"{_crop_name(self.crop)} is larger than the image ({format_shape(image)})",
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
        return (channels, *(self.crop or (height, width)))

    def apply(self, images: Sequence[Array], batch: Array, random: np.random.Generator) -> list[Choice]:
        """Fills `batch` (count, channels, height, width) with prepared `images`, each of which `shape` has accepted.

        Returns what was chosen for each of them.
        """
        height, width = batch.shape[2:]
        choices = self._choose(images, random)
        for target, image, (mirrored, top, left) in zip(batch, images, choices, strict=True):
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
        return choices

    def _choose(self, images: Sequence[Array], random: np.random.Generator) -> list[Choice]:
        """What is chosen for each image: mirrored, first row, first column, drawn in this order image by image."""
        crop = self.crop
        room = [(image.shape[1] - crop[0], image.shape[2] - crop[1]) if crop else (0, 0) for image in images]
        centre = [(0, rows // 2, columns // 2) for rows, columns in room]
        if self.random_crop:
            # One call for the whole batch; without mirror, its column has 0 as the only value.
            bounds = [(1 + self.mirror, 1 + rows, 1 + columns) for rows, columns in room]
            return [(mirrored, top, left) for mirrored, top, left in random.integers(0, np.array(bounds)).tolist()]
        if self.mirror:
            mirrors = random.integers(0, 2, len(images)).tolist()
            return [(mirrored, top, left) for mirrored, (_, top, left) in zip(mirrors, centre, strict=True)]
        return centre


def run_steps(steps: Sequence[Step], image: Array, random: np.random.Generator) -> tuple[Array, list[Window]]:
    """`image` after `steps`, and the window of each."""
    windows = []
    for step in steps:
        image, window = step.apply(image, random)
        windows.append(window)
    return image, windows


def _own_generator(random: np.random.Generator) -> np.random.Generator:
    """A generator for one image: how much its steps draw does not move what the next image gets."""
    return np.random.default_rng(int(random.integers(1 << 62)))


def _crop_name(crop: Shape) -> str:
    return f"crop_size {crop[0]}" if crop[0] == crop[1] else f"the crop of {format_shape(crop)}"


def _check_contradictions(message: caffe_pb2.TransformationParameter) -> None:
    if message.force_color and message.force_gray:
        raise LayerError("force_color and force_gray exclude each other", field=("transform_param", "force_gray"))
    if message.HasField("mean_file") and message.mean_value:
        raise LayerError("mean_file and mean_value exclude each other", field=("transform_param", "mean_value"))
