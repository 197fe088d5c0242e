"""Numbers that users give, and the arrays that they are given: what does not fit is told by the name of its blob."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from netcc.errors import ArrayError
from netcc.types import Array, format_shape

T = TypeVar("T")


def as_numbers(numbers: npt.ArrayLike, what: str) -> Array:
    """`numbers` as an array of real numbers. Raises ArrayError, which calls them `what`, if they are something else."""
    try:
        array = np.asarray(numbers)
    except ValueError:
        raise ArrayError(f"{what}: the rows have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise ArrayError(
            f"{what}: values of type {array.dtype} are no numbers that a blob can hold",
            notes=["expected: real numbers, such as an array of float32 or uint8"],
        )
    return array


def copy_into(target: Array, numbers: npt.ArrayLike, what: str) -> None:
    """Copies `numbers` into the array of a blob. Raises ArrayError, which calls them `what`, where they do not fit."""
    array = as_numbers(numbers, what)
    try:
        target[...] = array
    except ValueError:
        raise ArrayError(
            f"{what} is {format_shape(array.shape)}, but the blob is {format_shape(target.shape)}",
        ) from None


class LiveArray(np.ndarray[Any, np.dtype[Any]]):
    """An array of a blob, or a part of one: what is written into it is what the net computes with.

    It is a NumPy array but for its errors: writing what does not fit raises ArrayError, which names the blob and both
    shapes. What is computed from it is an ordinary array.
    """

    label: str = "the blob"
    __array_priority__ = -1.0

    def __array_finalize__(self, source: Any) -> None:
        self.label = getattr(source, "label", self.label)

    def __setitem__(self, index: Any, numbers: Any) -> None:
        if type(numbers) not in (int, float):
            numbers = as_numbers(numbers, self.label)
        try:
            super().__setitem__(index, numbers)
        except ValueError:
            if self.flags.owndata:
                raise  # a copy: no blob's memory
            raise ArrayError(f"{self._place(index)}; numbers of {format_shape(np.shape(numbers))} do not fit") from None

    def _place(self, index: Any) -> str:
        shape = np.shape(self[index])
        part = "" if shape == self.shape else "the part that is written of "
        return f"{part}{self.label} is {format_shape(shape)}"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        """Computes with ordinary arrays, so that results are such; what is written to stays what it is."""
        if out is None:
            return getattr(ufunc, method)(*map(_plain, inputs), **options)
        try:
            result = getattr(ufunc, method)(*map(_plain, inputs), out=tuple(map(_plain, out)), **options)
        except (TypeError, ValueError):
            for target in out:
                if isinstance(target, LiveArray) and not target.flags.owndata:
                    target._explain(inputs)
            raise
        return out[0] if len(out) == 1 else result

    def _explain(self, inputs: Sequence[Any]) -> None:
        """Raises ArrayError if one of `inputs`, from which numbers for this array were to be computed, does not fit."""
        for given in inputs:
            if given is not self:
                numbers = as_numbers(given, self.label)
                try:
                    np.broadcast_to(numbers, self.shape)
                except ValueError:
                    sizes = format_shape(self.shape), format_shape(numbers.shape)
                    raise ArrayError(f"{self.label} is {sizes[0]}; numbers of {sizes[1]} do not fit") from None

    def __repr__(self) -> str:
        return repr(_plain(self))

    def __reduce__(self) -> Any:
        """Pickled and copied as the numbers alone."""
        return np.array(self).__reduce__()


def live(array: Array, label: str) -> LiveArray:
    """The same memory as a LiveArray, called `label` in errors."""
    view = array.view(LiveArray)
    view.label = label
    return view


def _plain(value: T) -> T | Array:
    return value.view(np.ndarray) if isinstance(value, LiveArray) else value
