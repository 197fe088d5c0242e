"""`caffe.Detector`: what is in these windows of images? Behaves as python/caffe/detector.py.

Girshick et al., Rich feature hierarchies for accurate object detection and semantic segmentation (2014).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from netcc.errors import UsageError
from netcc.pycaffe.images import load_image, resize_image
from netcc.pycaffe.preprocessing import PreprocessingNet
from netcc.types import Array, format_shape

SELECTIVE_SEARCH = "selective_search_ijcv_with_python"


class Detector(PreprocessingNet):
    """A net that classifies windows. `context_pad` is how wide a border of the net's input shows what is around one.

    The other settings are those of `caffe.io.Transformer`.
    """

    def __init__(
        self,
        model_file: str | os.PathLike[str],
        pretrained_file: str | os.PathLike[str] | None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(self, images_windows: Iterable[tuple[str, Iterable[Sequence[int]]]]) -> list[dict[str, Any]]:
        """Predictions for windows (ymin, xmin, ymax, xmax) of image files.

        Each is a dict of `window`, `prediction` and `filename`, in the order given.
        """
        places = [(name, window) for name, windows in images_windows for window in windows]
        images = {name: load_image(name) for name in dict.fromkeys(name for name, _ in places)}
        if not places:
            return []
        predictions = self.predict_images([self.crop(images[name], window) for name, window in places])
        return [
            {"window": window, "prediction": prediction, "filename": name}
            for (name, window), prediction in zip(places, predictions, strict=True)
        ]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict[str, Any]]:
        """Predictions for the windows that Selective Search proposes, by a package of Caffe's time.

        Raises UsageError if that is not installed.
        """
        try:
            search = import_module(SELECTIVE_SEARCH)
        except ImportError:
            notes = [f"Python finds no module {SELECTIVE_SEARCH}; detect_windows takes windows from anywhere"]
            raise UsageError("there is no Selective Search to propose windows", notes=notes) from None
        names = [os.path.abspath(name) for name in image_fnames]
        windows = search.get_windows(names, cmd="selective_search_rcnn")
        return self.detect_windows(list(zip(names, windows, strict=True)))

    def crop(self, im: Array, window: Sequence[int]) -> Array:
        """The part of `im` (height, width, channels) in `window`, as far as configured with what is around it.

        Raises UsageError if there is nothing of the image in the window.
        """
        top, left, bottom, right = (int(edge) for edge in window)
        part = im[max(top, 0) : bottom, max(left, 0) : right]
        if not part.size:
            raise UsageError(f"the window {tuple(window)} is empty in an image of {format_shape(im.shape)}")
        return self._crop_with_context(im, np.array([top, left, bottom, right])) if self.context_pad else part

    def _crop_with_context(self, im: Array, window: Array) -> Array:
        """A larger window, scaled to the input; what lies outside of the image is the mean."""
        assert self.context_pad
        side = self.crop_dims[0]
        half = (window[2:] - window[:2] + 1) / 2
        centre, wider = window[:2] + half, half * side / (side - 2 * self.context_pad)
        box = np.round(np.concatenate([centre - wider, centre + wider]))
        scale = side / (box[2:] - box[:2] + 1)
        first = np.round(np.maximum(0, -box[:2]) * scale).astype(int)
        limits = np.array(im.shape[:2])
        inside = np.clip(box, 0, np.tile(limits, 2))
        size = np.minimum(np.round((inside[2:] - inside[:2] + 1) * scale).astype(int), side - first)
        top, left, bottom, right = inside.astype(int)
        crop = np.ones(self.crop_dims, np.float32) * self.crop_mean
        crop[first[0] : first[0] + size[0], first[1] : first[1] + size[1]] = resize_image(
            im[top:bottom, left:right], size.tolist()
        )
        return crop

    def configure_crop(self, context_pad: int | None) -> None:
        """Sets the width of the border with context, None for no context; as pixels of the net's input.

        Raises UsageError where it leaves nothing of a window, or the input is not square.
        """
        name = self.inputs[0]
        channels, height, width = self.blobs[name].shape[1:]
        self.crop_dims = np.array([height, width, channels])
        self.context_pad = context_pad
        if not context_pad:
            return
        if height != width or not 0 < 2 * context_pad < height:
            raise UsageError(
                f"context_pad {context_pad} needs a square input larger than twice that, not {height} x {width}"
            )
        self.crop_mean = self._mean_image()

    def _mean_image(self) -> Array:
        """The mean as an image such as `crop` gets, before the transformer."""
        name = self.inputs[0]
        mean = self.transformer.mean.get(name)
        if mean is None:
            return np.zeros(self.crop_dims, np.float32)
        image = np.asarray(mean, np.float32)
        if name in self.transformer.channel_swap:
            image = image[np.argsort(self.transformer.channel_swap[name])]
        return image.transpose(1, 2, 0) / self.transformer.raw_scale.get(name, 1)
