"""Layers as pycaffe shows them: the base of those written in Python, and what `net.layers` has for all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netcc.blob import Blob


class Layer:
    """The base of layers written in Python (`class MyLayer(caffe.Layer)`).

    A subclass has setup(bottom, top), reshape(bottom, top), forward(bottom, top) and backward(top, propagate_down,
    bottom). Before setup the net gives it `param_str`, `phase` (0 TRAIN, 1 TEST) and `blobs`, to which
    `self.blobs.add_blob(...)` adds a parameter. Behaves as include/caffe/layers/python_layer.hpp.
    """

    type: ClassVar[str] = "Python"
    param_str: str = ""
    phase: int = 0
    blobs: Any = ()

    def __init__(self, param: object = None) -> None:
        """`param` is the layer's LayerParameter."""


class NativeLayer:
    """A layer that the user did not write: its `type` and `blobs`, the live parameters."""

    def __init__(self, kind: str, blobs: Sequence[Blob]) -> None:
        self.type = kind
        self.blobs = list(blobs)

    def __repr__(self) -> str:
        return f"Layer({self.type!r}, {len(self.blobs)} blobs)"
