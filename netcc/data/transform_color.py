"""Random changes of colour: SSD's distortions and the jitter of AlexNet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.data.hsv import from_hsv, to_hsv
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
    """Brightness, contrast, saturation, hue and the order of the channels, each with its own probability; on bytes.

    With even chance contrast comes after brightness, or after hue. As `ApplyDistort` of weiliu89/caffe, branch ssd,
    src/caffe/util/im_transforms.cpp.
    """

    param: caffe_pb2.DistortionParameter

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        need_color(image, "distort_param")
        image = image if image.dtype == np.uint8 else as_bytes(image)
        contrast_first = not chance(random, 0.5)
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
        if not chance(random, self.param.brightness_prob):
            return image
        delta = random.uniform(-self.param.brightness_delta, self.param.brightness_delta)
        return adjusted(image, 1, delta)

    def _contrast(self, image: Array, random: np.random.Generator) -> Array:
        if not chance(random, self.param.contrast_prob):
            return image
        return adjusted(image, random.uniform(self.param.contrast_lower, self.param.contrast_upper), 0)

    def _saturation(self, image: Array, random: np.random.Generator) -> Array:
        if not chance(random, self.param.saturation_prob):
            return image
        hue, saturation, value = to_hsv(image)
        factor = random.uniform(self.param.saturation_lower, self.param.saturation_upper)
        return from_hsv(hue, adjusted(saturation, factor, 0), value)

    def _hue(self, image: Array, random: np.random.Generator) -> Array:
        if not chance(random, self.param.hue_prob):
            return image
        hue, saturation, value = to_hsv(image)
        delta = random.uniform(-self.param.hue_delta, self.param.hue_delta)
        # A hue below 0 becomes 0, which is red, as there; those from 180 on begin the circle anew.
        return from_hsv(adjusted(hue, 1, delta), saturation, value)


def adjusted(plane: Array, factor: float, delta: float) -> Array:
    """uint8 `plane` times `factor` plus `delta`, rounded and kept within 0 to 255."""
    return as_bytes(np.arange(256) * factor + delta)[plane]


def need_color(image: Array, field: str) -> None:
    """Raises DataError unless `image` has three channels."""
    if image.shape[0] != 3:
        raise DataError(
            f"{field} needs three channels, the image has {image.shape[0]}",
            notes=["force_color: true makes three channels of encoded images"],
        )
