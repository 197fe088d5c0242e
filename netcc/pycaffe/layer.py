"""Layers as pycaffe shows them: the base of those written in Python, and what `net.layers` has for all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from netcc.blob import Blob
from netcc.errors import UsageError


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

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> NoReturn:
        """Raises UsageError: the net sets its layers up once, when it is made."""
        raise UsageError(f"layers of type {self.type} are set up by their net, when that is made")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> NoReturn:
        """Raises UsageError: a layer follows the shapes of its bottoms with the net."""
        notes = ["net.blobs[name].reshape(...) of an input, then net.reshape()"]
        raise UsageError(f"layers of type {self.type} take their shapes from their net", notes=notes)

    def __repr__(self) -> str:
        return f"Layer({self.type!r}, {len(self.blobs)} blobs)"
