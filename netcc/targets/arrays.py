"""Blobs as kernels see them."""

from __future__ import annotations

from netcc.types import Array


def channels_last(blob: Array) -> Array:
    """A blob (images, channels, height, width) as (images, height, width, channels), without a copy."""
    return blob.transpose(0, 2, 3, 1)
