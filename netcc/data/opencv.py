"""OpenCV, where it is installed: Caffe reads and resizes images with it, so its numbers are Caffe's."""

from __future__ import annotations

import sys
from typing import Any


def find_opencv() -> Any | None:
    """The module `cv2`, None where it is not installed.

    Where nobody has loaded it before, it does not write messages of its own beside ours.
    """
    loaded = "cv2" in sys.modules
    try:
        import cv2
    except ImportError:
        return None
    if not loaded:
        _silence(cv2)
    return cv2


def _silence(cv2: Any) -> None:
    """The name for this is not the same in all versions."""
    for holder in (cv2, getattr(cv2.utils, "logging", None)):
        set_level = getattr(holder, "setLogLevel", None)
        if set_level is not None:
            set_level(0)
            return
