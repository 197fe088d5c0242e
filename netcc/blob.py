"""Blobs as users see them: live arrays under the names of the net, shaped like pycaffe's Blob."""

from __future__ import annotations

from typing import Protocol

from netcc.types import Array, Shape, count


class Storage(Protocol):
    """Where a blob's arrays come from; they may be replaced when the net takes another shape."""

    def data(self) -> Array: ...

    def diff(self) -> Array: ...

    def reshape(self, shape: Shape) -> None: ...


class Blob:
    """Numbers (`data`) and their gradient (`diff`): NumPy arrays that belong to the net, to be read and written."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def data(self) -> Array:
        """The live array of numbers; write with `blob.data[...] = x`."""
        return self._storage.data()

    @property
    def diff(self) -> Array:
        """The live array of gradients; zeros where the net computes none."""
        return self._storage.diff()

    @property
    def shape(self) -> Shape:
        return self.data.shape

    @property
    def count(self) -> int:
        """Number of elements."""
        return count(self.shape)

    def reshape(self, *shape: int) -> None:
        """Gives an input blob another shape; the net follows at the next `forward` or `reshape`."""
        self._storage.reshape(tuple(shape))

    @property
    def num(self) -> int:
        return self._legacy(0)

    @property
    def channels(self) -> int:
        return self._legacy(1)

    @property
    def height(self) -> int:
        return self._legacy(2)

    @property
    def width(self) -> int:
        return self._legacy(3)

    def _legacy(self, axis: int) -> int:
        """Axis of the old four-axis view, 1 where the blob has fewer axes."""
        return self.shape[axis] if axis < len(self.shape) else 1

    def __repr__(self) -> str:
        return f"Blob(shape={self.shape})"
