"""What Classifier and Detector have in common: a net for use, and a Transformer for its first input."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from netcc.pycaffe.net import Net
from netcc.pycaffe.transformer import Transformer
from netcc.types import TEST, Array


class PreprocessingNet(Net):
    """A net in phase TEST whose first input takes images; `transformer` makes them fit.

    `mean`, `input_scale`, `raw_scale` and `channel_swap` are those of `caffe.io.Transformer`.
    """

    def __init__(
        self,
        model_file: str | os.PathLike[str],
        pretrained_file: str | os.PathLike[str] | None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        name = self.inputs[0]
        self.transformer = Transformer({name: self.blobs[name].shape})
        self.transformer.set_transpose(name, (2, 0, 1))
        if mean is not None:
            self.transformer.set_mean(name, mean)
        if input_scale is not None:
            self.transformer.set_input_scale(name, input_scale)
        if raw_scale is not None:
            self.transformer.set_raw_scale(name, raw_scale)
        if channel_swap is not None:
            self.transformer.set_channel_swap(name, channel_swap)

    def predict_images(self, images: Sequence[Array]) -> Array:
        """The first output for `images` (height, width, channels), one row for each."""
        name = self.inputs[0]
        rows = np.stack([self.transformer.preprocess(name, image) for image in images])
        return self.forward_all(None, **{name: rows})[self.outputs[0]]
