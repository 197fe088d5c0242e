"""Blobs as users see them: live arrays under the names of the net, shaped like pycaffe's Blob."""

from __future__ import annotations

from operator import index
from typing import NoReturn, Protocol

import numpy.typing as npt

from netcc.arrays import live
from netcc.errors import UsageError
from netcc.types import Array, Shape, count, format_shape


class Storage(Protocol):
    """Where a blob's arrays come from; they may be replaced when the net takes another shape.

    `label` is what errors call the blob.
    """

    label: str

    def data(self) -> Array: ...

    def diff(self) -> Array: ...

    def reshape(self, shape: Shape) -> None: ...


class NoGpuError(UsageError, AttributeError):
    """Something is asked for that only a GPU has."""


class Blob:
    """Numbers (`data`) and their gradient (`diff`): NumPy arrays that belong to the net, to be read and written."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def data(self) -> Array:
        """The live array of numbers; write with `blob.data[...] = x`, which raises ArrayError where x does not fit."""
        return live(self._storage.data(), self._storage.label)

    @data.setter
    def data(self, numbers: npt.ArrayLike) -> None:
        self.data[...] = numbers

    @property
    def diff(self) -> Array:
        """The live array of gradients; zeros where the net computes none."""
        return live(self._storage.diff(), f"the diff of {self._storage.label}")

    @diff.setter
    def diff(self, numbers: npt.ArrayLike) -> None:
        self.diff[...] = numbers

    @property
    def shape(self) -> Shape:
        return self._storage.data().shape

    @property
    def count(self) -> int:
        """Number of elements."""
        return count(self.shape)

    def reshape(self, *shape: int) -> None:
        """Gives an input blob another shape; the net follows at the next `forward` or `reshape`.

        Raises UsageError for what is no shape.
        """
        try:
            sizes = tuple(index(size) for size in shape)
        except TypeError:
            sizes = (-1,)
        if min(sizes, default=0) < 0:
            listed = ", ".join(map(repr, shape))
            raise UsageError(
                f"{self._storage.label} cannot have the shape ({listed})",
                notes=[f"expected whole numbers, as in reshape({', '.join(map(str, self.shape))})"],
            )
        self._storage.reshape(sizes)

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

    def __getattr__(self, name: str) -> NoReturn:
        if name in ("_gpu_data_ptr", "_gpu_diff_ptr"):
            raise NoGpuError(f"{self._storage.label} has no memory on a GPU: netcc computes on the processor")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _legacy(self, axis: int) -> int:
        """Axis of the old four-axis view, 1 where the blob has fewer axes."""
        return self.shape[axis] if axis < len(self.shape) else 1

    def __repr__(self) -> str:
        return f"Blob({self._storage.label}, {format_shape(self.shape)})"
