"""Random changes of colour: SSD's distortions and the jitter of AlexNet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.data.transform_steps import WHOLE, Window, as_bytes, chance
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array

EIGENVALUES = np.array([55.46, 4.794, 1.148], np.float32)
EIGENVECTORS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]], np.float32
)
"""Of the covariance of the pixels of ImageNet: a row each for R, G and B, a column each for the three directions.

`EIGENVALUES` are the standard deviations along them, for values of 0 to 255.
"""


@dataclass(frozen=True)
class PrincipalJitter:
    """Adds to each pixel the principal directions of ImageNet's colours, each times a normal number of deviation `std`
    times the spread in that direction; one draw for the image. The result is float32 and may leave 0 to 255.

    Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks (2012), 4.1; they take 0.1.
    """

    std: float

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        need_color(image, "pca_jitter")
        strength = (random.standard_normal(3) * self.std).astype(np.float32)
        red_green_blue = EIGENVECTORS @ (EIGENVALUES * strength)
        return image + red_green_blue[::-1, np.newaxis, np.newaxis], WHOLE


@dataclass(frozen=True)
class Distortion:
    """Brightness, contrast, saturation, hue and the order of the channels, each with its own probability.

    With even chance contrast comes after brightness, or after hue. As `ApplyDistort` of weiliu89/caffe, branch ssd,
    src/caffe/util/im_transforms.cpp; hue and saturation are computed in floats here, not in OpenCV's bytes.
    """

    param: caffe_pb2.DistortionParameter

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        need_color(image, "distort_param")
        contrast_first = chance(random, 0.5)
        image = self._brightness(image, random)
        if contrast_first:
            image = self._contrast(image, random)
        image = self._saturation(image, random)
        image = self._hue(image, random)
        if not contrast_first:
            image = self._contrast(image, random)
        if chance(random, self.param.random_order_prob):
            image = image[random.permutation(3)]
        return image, WHOLE

    def _brightness(self, image: Array, random: np.random.Generator) -> Array:
        delta = random.uniform(-self.param.brightness_delta, self.param.brightness_delta)
        return as_bytes(image + np.float32(delta)) if chance(random, self.param.brightness_prob) else image

    def _contrast(self, image: Array, random: np.random.Generator) -> Array:
        factor = random.uniform(self.param.contrast_lower, self.param.contrast_upper)
        return as_bytes(image * np.float32(factor)) if chance(random, self.param.contrast_prob) else image

    def _saturation(self, image: Array, random: np.random.Generator) -> Array:
        factor = random.uniform(self.param.saturation_lower, self.param.saturation_upper)
        if not chance(random, self.param.saturation_prob):
            return image
        # Saturation is 1 - least / greatest, so scaling it moves each value against the greatest.
        greatest = image.max(0).astype(np.float32)
        spread = greatest - image
        limit = greatest / np.maximum(spread.max(0), 1)
        return as_bytes(greatest - spread * np.minimum(np.float32(factor), limit))

    def _hue(self, image: Array, random: np.random.Generator) -> Array:
        delta = random.uniform(-self.param.hue_delta, self.param.hue_delta)
        # OpenCV counts the circle of hues in 180 steps.
        return turn_hue(image, delta / 180) if chance(random, self.param.hue_prob) else image


def turn_hue(image: Array, turn: float) -> Array:
    """`image` (B, G, R) with its hues moved by `turn` of the circle, greatest and least value of each pixel kept."""
    blue, green, red = image.astype(np.float32)
    greatest, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    chroma = greatest - least
    safe = np.maximum(chroma, 1)
    sixth = np.where(
        greatest == red,
        (green - blue) / safe,
        np.where(greatest == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    sixth += np.float32(6 * turn)
    channels = [_channel(sixth, start, greatest, chroma) for start in (1, 3, 5)]
    return as_bytes(np.stack(channels))


def _channel(sixth: Array, start: int, greatest: Array, chroma: Array) -> Array:
    """One channel of pixels of hue `sixth` (in sixths of the circle); `start` is 5 for red, 3 for green, 1 for blue."""
    place = (start + sixth) % 6
    part: Array = np.clip(np.minimum(place, 4 - place), 0, 1)
    channel: Array = greatest - chroma * part
    return channel


def need_color(image: Array, field: str) -> None:
    """Raises DataError unless `image` has three channels."""
    if image.shape[0] != 3:
        raise DataError(
            f"{field} needs three channels, the image has {image.shape[0]}",
            notes=["force_color: true makes three channels of encoded images"],
        )
