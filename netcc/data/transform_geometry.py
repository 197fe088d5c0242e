"""Random and fixed changes of an image's size: short-side resize, random-resized crop, SSD's resize and expand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netcc.data.resize import Interpolation, resize
from netcc.data.transform_steps import WHOLE, Window, as_bytes, chance, cut
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape

_Resize = caffe_pb2.ResizeParameter
INTERPOLATIONS: dict[int, Interpolation] = {
    _Resize.LINEAR: "linear",
    _Resize.AREA: "area",
    _Resize.NEAREST: "nearest",
    _Resize.CUBIC: "cubic",
    _Resize.LANCZOS4: "lanczos",
}


@dataclass(frozen=True)
class ShortSide:
    """Resizes so that the shorter side has `least` to `most` pixels, drawn evenly; the proportions stay."""

    least: int
    most: int
    interpolations: tuple[Interpolation, ...] = ("linear",)

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        side = int(random.integers(self.least, self.most, endpoint=True))
        return to_short_side(image, side, pick(self.interpolations, random)), WHOLE


def to_short_side(image: Array, side: int, interpolation: Interpolation = "linear") -> Array:
    """`image` with a shorter side of `side` pixels and a longer one in proportion, rounded."""
    height, width = image.shape[1:]
    scale = side / min(height, width)
    return resize(image, max(side, round(height * scale)), max(side, round(width * scale)), interpolation)


@dataclass(frozen=True)
class RandomResizedCrop:
    """A crop of random area and proportions, resized to `height` x `width`.

    The area is drawn evenly from `areas` (shares of the image's), the proportions evenly on the logarithm, from
    1 / `change` to `change` times those of the image. If no such crop fits in `attempts` draws, the whole image is
    resized. Szegedy et al., Going Deeper with Convolutions (2014); the fields are those of Intel's Caffe.
    """

    height: int
    width: int
    areas: tuple[float, float]
    change: float
    attempts: int
    interpolations: tuple[Interpolation, ...] = ("linear",)

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        part, window = image, WHOLE
        rows, columns = image.shape[1:]
        for _ in range(self.attempts):
            area = random.uniform(*self.areas)
            stretch = math.exp(random.uniform(-1, 1) * math.log(self.change))
            wide, high = round(columns * math.sqrt(area * stretch)), round(rows * math.sqrt(area / stretch))
            if 1 <= wide <= columns and 1 <= high <= rows:
                left = int(random.integers(columns - wide, endpoint=True))
                top = int(random.integers(rows - high, endpoint=True))
                part, window = cut(image, left, top, wide, high)
                break
        return resize(part, self.height, self.width, pick(self.interpolations, random)), window


@dataclass(frozen=True)
class Resizing:
    """Resizes to `height` x `width`: as it comes (WARP), in proportion to cover that (FIT_SMALL_SIZE), or to fit into
    it with a border (FIT_LARGE_SIZE_AND_PAD); one of `interp_mode` at random.

    As `ApplyResize` of src/caffe/util/im_transforms.cpp in weiliu89/caffe, branch ssd, which does not look at `prob`.
    """

    param: caffe_pb2.ResizeParameter

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        param = self.param
        interpolation = pick(interpolations(param), random)
        if param.resize_mode == _Resize.WARP:
            return resize(image, param.height, param.width, interpolation), WHOLE
        fitted = fitted_size(param, image.shape[1:])
        height, width = (max(1, math.floor(side)) for side in fitted)
        resized = resize(image, height, width, interpolation)
        return (resized, WHOLE) if param.resize_mode == _Resize.FIT_SMALL_SIZE else self._pad(resized, fitted)

    def _pad(self, image: Array, fitted: tuple[float, float]) -> tuple[Array, Window]:
        """`image` in the middle of a canvas. Boxes are moved as if it had its size before that was rounded."""
        param = self.param
        rows, columns = image.shape[1:]
        top, left = (param.height - rows) // 2, (param.width - columns) // 2
        place = ((0, 0), (top, param.height - rows - top), (left, param.width - columns - left))
        down, across = (param.height / fitted[0] - 1) / 2, (param.width / fitted[1] - 1) / 2
        window = (-across, -down, 1 + across, 1 + down)
        if param.pad_mode == _Resize.MIRRORED:
            return np.pad(image, place, "reflect"), window
        if param.pad_mode == _Resize.REPEAT_NEAREST:
            return np.pad(image, place, "edge"), window
        canvas = filled((len(image), param.height, param.width), param.pad_value, image.dtype)
        canvas[:, top : top + rows, left : left + columns] = image
        return canvas, window


def fitted_size(param: caffe_pb2.ResizeParameter, size: Shape) -> tuple[float, float]:
    """Height and width of an image of `size` (height, width) that is resized in proportion, before they are rounded."""
    # In float32 as there: that decides which way sizes are rounded that come out whole.
    aspect = np.float32(size[1]) / np.float32(size[0])
    target = np.float32(param.width) / np.float32(param.height)
    by_width = aspect > target if param.resize_mode == _Resize.FIT_LARGE_SIZE_AND_PAD else aspect < target
    if by_width:
        return float(np.float32(param.width) / aspect), float(param.width)
    return float(param.height), float(aspect * np.float32(param.height))


@dataclass(frozen=True)
class Expansion:
    """Places the image at random on a canvas up to `most` times as high and wide, filled with `values`: one, one for
    each channel, or none (0). With `probability`, else the image stays as it is.

    As `ExpandImage` of src/caffe/data_transformer.cpp in weiliu89/caffe, branch ssd.
    """

    probability: float
    most: float
    values: tuple[float, ...]

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        wanted, ratio = chance(random, self.probability), random.uniform(1, max(1, self.most))
        down, across = random.random(2)
        if not wanted:
            return image, WHOLE
        channels, rows, columns = image.shape
        height, width = int(rows * ratio), int(columns * ratio)
        top, left = int(down * (height - rows)), int(across * (width - columns))
        canvas = filled((channels, height, width), self.values, image.dtype)
        canvas[:, top : top + rows, left : left + columns] = image
        return canvas, (-left / columns, -top / rows, (width - left) / columns, (height - top) / rows)


def filled(shape: tuple[int, int, int], values: Sequence[float], dtype: npt.DTypeLike) -> Array:
    """An image of `shape` (channels, height, width) whose channels have `values`: one for all, one for each, or 0."""
    if len(values) not in (0, 1, shape[0]):
        raise DataError(f"{len(values)} values to fill an image of {shape[0]} channels")
    canvas = np.zeros(shape, dtype)
    if values:
        fill = np.reshape(values, (-1, 1, 1))
        canvas[...] = as_bytes(fill) if canvas.dtype == np.uint8 else fill
    return canvas


def interpolations(param: caffe_pb2.ResizeParameter) -> tuple[Interpolation, ...]:
    return tuple(INTERPOLATIONS[mode] for mode in param.interp_mode) or ("linear",)


def pick(among: Sequence[Interpolation], random: np.random.Generator) -> Interpolation:
    """One of `among` at random; nothing is drawn if there is only one."""
    return among[0] if len(among) == 1 else among[int(random.integers(len(among)))]
