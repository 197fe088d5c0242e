"""`caffe.Classifier`: what is in these images? Behaves as python/caffe/classifier.py."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from netcc.errors import UsageError
from netcc.pycaffe.images import oversample as ten_crops
from netcc.pycaffe.images import resize_image
from netcc.pycaffe.preprocessing import PreprocessingNet
from netcc.types import Array


class Classifier(PreprocessingNet):
    """A net that classifies images. They are scaled to `image_dims` (height, width), the size of the input by default.

    The other settings are those of `caffe.io.Transformer`.
    """

    def __init__(
        self,
        model_file: str | os.PathLike[str],
        pretrained_file: str | os.PathLike[str] | None,
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].shape[2:])
        self.image_dims: Sequence[int] = self.crop_dims.tolist() if image_dims is None else image_dims
        if any(image < crop for image, crop in zip(self.image_dims, self.crop_dims, strict=True)):
            crop = " x ".join(map(str, self.crop_dims))
            raise UsageError(f"image_dims is {tuple(self.image_dims)}, smaller than the input of the net, {crop}")

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """The class probabilities (images, classes) of `inputs`, images (height, width, channels).

        With `oversample` the mean over ten crops of each, else those of the centre alone.
        """
        if not len(inputs):
            raise UsageError("there are no images to classify")
        images = [resize_image(np.asarray(image), self.image_dims) for image in inputs]
        if not oversample:
            return self.predict_images([self._centre(image) for image in images])
        predictions = self.predict_images(list(ten_crops(images, self.crop_dims.tolist())))
        averaged: Array = predictions.reshape(len(images), 10, -1).mean(axis=1)
        return averaged

    def _centre(self, image: Array) -> Array:
        top, left = (np.array(self.image_dims) - self.crop_dims) // 2
        return image[top : top + self.crop_dims[0], left : left + self.crop_dims[1]]
