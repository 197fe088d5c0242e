"""What a net wants done to an image before it sees it, and what its classes are called. Kept with a compiled net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from netcc.data.decode import read_image
from netcc.data.mean import read_mean
from netcc.data.resize import resize
from netcc.errors import DataError, UsageError
from netcc.types import Array, Shape, format_shape

Mean: TypeAlias = "str | Path | float | Sequence[float] | Array | None"
"""A file (.binaryproto or .npy), one number for each channel (or for all), or an image of numbers (channels, H, W)."""

MOST_LABEL_BYTES = 1 << 26


@dataclass(frozen=True)
class Preprocessing:
    """(pixel - mean) * scale, pixels from 0 to 255 with colours in the order B, G, R; and the names of the classes.

    `mean` is (channels, 1, 1), (1, 1, 1) or (channels, height, width).
    """

    mean: Array | None = None
    scale: float = 1.0
    labels: tuple[str, ...] = ()

    def apply(self, image: str | Path | npt.ArrayLike, shape: Shape) -> Array:
        """`image` as a batch of one for an input of `shape` (batch, channels, height, width), float32.

        `image` is a file, or an array (height, width[, channels]) of pixels from 0 to 255, colours as R, G, B. It is
        stretched to the size of the input. Raises DataError for what is no image, UsageError where the net takes none.
        """
        if len(shape) != 4 or shape[1] not in (1, 3):
            raise UsageError(f"the net takes no images: its input is {format_shape(shape)}")
        channels, height, width = shape[1:]
        if isinstance(image, str | Path):
            pixels = read_image(Path(image), "color" if channels == 3 else "gray")
        else:
            pixels = _from_array(np.asarray(image), channels)
        result = resize(pixels, height, width).astype(np.float32)
        if self.mean is not None:
            result -= self._mean_for(result.shape)
        return (result * np.float32(self.scale))[np.newaxis]

    def _mean_for(self, shape: Shape) -> Array:
        assert self.mean is not None
        mean: Array = self.mean
        if mean.shape[0] not in (1, shape[0]):
            raise UsageError(f"the mean has {mean.shape[0]} channels, the image {shape[0]}")
        if mean.shape[1:] == (1, 1):
            return mean
        # A mean image is larger than the input where training images were cropped: the middle belongs to the middle.
        top, left = ((have - want) // 2 for have, want in zip(mean.shape[1:], shape[1:], strict=True))
        if top >= 0 and left >= 0:
            return mean[:, top : top + shape[1], left : left + shape[2]]
        return resize(mean, shape[1], shape[2])


def _from_array(image: Array, channels: int) -> Array:
    """(height, width[, channels]), colours R, G, B, as (channels, height, width), colours B, G, R."""
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or image.size == 0:
        raise DataError(
            f"an array of shape {format_shape(image.shape)} is no image", notes=["expected height x width x channels"]
        )
    if image.dtype.kind not in "uif":
        raise DataError(f"an image cannot hold {image.dtype}", notes=["expected numbers from 0 to 255"])
    if channels == 1 and image.shape[2] > 1:
        image = image[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32)
        image = image[:, :, np.newaxis]
    elif channels == 3 and image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    pixels = image[:, :, :3][:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32))


def read_any_mean(mean: Mean) -> Array | None:
    """The mean as `Preprocessing` keeps it. Raises DataError for a file that is none, UsageError for other numbers."""
    if mean is None:
        return None
    if isinstance(mean, str | Path):
        path = Path(mean)
        return _as_mean(_read_npy(path), f"{path} holds") if path.suffix == ".npy" else read_mean(path)
    return _as_mean(np.asarray(mean), "the mean is")


def _read_npy(path: Path) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "it is no .npy file"
        raise DataError(f"cannot read {path}: {reason}") from None
    return np.asarray(array)


def _as_mean(numbers: Array, what: str) -> Array:
    if numbers.dtype.kind not in "uif" or numbers.ndim not in (0, 1, 3) or not np.isfinite(numbers).all():
        raise UsageError(
            f"{what} {numbers.dtype} {format_shape(numbers.shape)}",
            notes=["expected a number, one for each channel, or an image of them (channels, height, width)"],
        )
    shape = numbers.shape if numbers.ndim == 3 else (-1, 1, 1)
    return numbers.astype(np.float32).reshape(shape)


def read_labels(labels: str | Path | Sequence[str] | None) -> tuple[str, ...]:
    """Names of classes: given, or the lines of a text file. Raises DataError if it cannot be read."""
    if labels is None:
        return ()
    if not isinstance(labels, str | Path):
        return tuple(map(str, labels))
    path = Path(labels)
    try:
        with path.open("rb") as file:
            text = file.read(MOST_LABEL_BYTES + 1)
        if len(text) > MOST_LABEL_BYTES:
            raise DataError(f"{path} is too large for a list of labels")
        lines = text.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text in UTF-8", notes=["expected the name of one class on each line"]) from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(f"{path} names no class", notes=["expected the name of one class on each line"])
    return tuple(line.strip() for line in lines)
