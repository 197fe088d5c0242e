"""From an image as it is loaded to the input that a net wants, and back: `caffe.io.Transformer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netcc.errors import ArrayError, closest
from netcc.pycaffe.images import resize_image
from netcc.types import Array, format_shape


class Transformer:
    """Prepares images for the inputs of a net, whose shapes (n, channels, height, width) are `inputs`, by name.

    In this order, each only if set: resized, axes transposed, channels swapped, times raw_scale, less the mean, times
    input_scale. Behaves as python/caffe/io.py, but leaves the arrays that it is given as they are.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = inputs
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def _shape(self, in_: str) -> tuple[int, ...]:
        """The shape of the input `in_` of one image."""
        if in_ not in self.inputs:
            notes = [f"inputs: {', '.join(self.inputs) or 'none'}"]
            raise ArrayError(f"{in_!r} is not an input of the net", notes=notes, suggestion=closest(in_, self.inputs))
        return tuple(self.inputs[in_])[1:]

    def preprocess(self, in_: str, data: Array) -> Array:
        """The image `data` (height, width, channels) as float32 for the input `in_`."""
        size = self._shape(in_)[1:]
        image = np.array(data, np.float32)
        if image.shape[:2] != size:
            image = resize_image(image, size)
        if in_ in self.transpose:
            image = image.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            image = image[list(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            image *= self.raw_scale[in_]
        if in_ in self.mean:
            image -= self.mean[in_]
        if in_ in self.input_scale:
            image *= self.input_scale[in_]
        return image

    def deprocess(self, in_: str, data: Array) -> Array:
        """The image (height, width, channels) that `preprocess` would have made `data` of."""
        self._shape(in_)
        image = np.asarray(data).copy().squeeze()
        if in_ in self.input_scale:
            image /= self.input_scale[in_]
        if in_ in self.mean:
            image += self.mean[in_]
        if in_ in self.raw_scale:
            image /= self.raw_scale[in_]
        if in_ in self.channel_swap:
            image = image[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            image = image.transpose(np.argsort(self.transpose[in_]))
        return image

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """The order of axes: (2, 0, 1) makes rows, columns, channels to channels, rows, columns."""
        axes = len(self._shape(in_))
        if sorted(order) != list(range(axes)):
            raise ArrayError(f"transpose is {tuple(order)}; expected an order of the {axes} axes of {in_!r}")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """The order of channels: (2, 1, 0) makes R, G, B to B, G, R."""
        channels = self._shape(in_)[0]
        if len(order) != channels:
            raise ArrayError(f"channel_swap is {tuple(order)}; expected one number for each of {channels} channels")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """A factor before the mean is taken off: 255 for nets that were trained on bytes."""
        self._shape(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """What is subtracted: one number for each channel, or an image (channels, height, width), resized if needed."""
        shape = self._shape(in_)
        if mean.ndim == 1:
            if len(mean) != shape[0]:
                raise ArrayError(f"the mean has {len(mean)} channels, the input {in_!r} {shape[0]}")
            mean = mean[:, np.newaxis, np.newaxis]
        else:
            image = mean if mean.ndim == 3 else mean[np.newaxis]
            if image.ndim != 3 or image.shape[0] not in (1, shape[0]):
                raise ArrayError(f"the mean is {format_shape(mean.shape)}; the input {in_!r} {format_shape(shape)}")
            if image.shape[1:] != shape[1:]:
                mean = resize_image(image.transpose(1, 2, 0), shape[1:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """A factor after all else."""
        self._shape(in_)
        self.input_scale[in_] = scale
