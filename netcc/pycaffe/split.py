"""The tops of the Split layers that Caffe inserts where a blob is read more than once."""

from __future__ import annotations

from netcc.blob import Blob
from netcc.types import Array, Shape


class SplitStorage:
    """The arrays of the blob that is split.

    `data` is the same memory in Caffe too. There `diff` is the share of one reader; here the readers' sum is computed
    at once, and shown.
    """

    def __init__(self, blob: Blob, name: str) -> None:
        self._blob = blob
        self.label = f"blob {name!r}"

    def data(self) -> Array:
        return self._blob.data

    def diff(self) -> Array:
        return self._blob.diff

    def reshape(self, shape: Shape) -> None:
        """The shape is that of the blob, again after every pass, as in Caffe."""
