"""OpenCV, where it is installed: Caffe reads and resizes images with it, so its numbers are Caffe's."""

from __future__ import annotations

from typing import Any


def find_opencv() -> Any | None:
    """The module `cv2`, None where it is not installed."""
    try:
        import cv2
    except ImportError:
        return None
    return cv2
