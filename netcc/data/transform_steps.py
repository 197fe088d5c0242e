"""What may be done to an image before it is cropped, mirrored and freed of its mean; each step only if the net asks.

A step is a frozen dataclass with `apply(image, random)`. Images are (channels, height, width), B, G, R, uint8 unless a
step before made them float32.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np

from netcc.types import Array

Window: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom of a new image in the old one, as shares of the old width and height."""

WHOLE: Window = (0.0, 0.0, 1.0, 1.0)


class Step(Protocol):
    """One change of one image; what is random comes from `random` alone."""

    def apply(self, image: Array, random: np.random.Generator) -> tuple[Array, Window]:
        """The new image, and which part of the old one it shows. The old one is left alone."""


def chance(random: np.random.Generator, probability: float) -> bool:
    """True with `probability`. Always draws one number, so that later ones do not depend on it."""
    return bool(random.random() < probability)


def as_bytes(values: Array) -> Array:
    """Rounded and kept within 0 to 255, as uint8."""
    rounded = np.rint(values)
    return np.clip(rounded, 0, 255, out=rounded).astype(np.uint8)


def cut(image: Array, left: int, top: int, width: int, height: int) -> tuple[Array, Window]:
    """The part of `image` that begins at `left`, `top`; it may reach over the edges only where it is empty there."""
    rows, columns = image.shape[1:]
    window = (left / columns, top / rows, (left + width) / columns, (top + height) / rows)
    return image[:, top : top + height, left : left + width], window
