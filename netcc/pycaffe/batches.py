"""Any number of rows through a net of one batch size, as `forward_all` of python/caffe/pycaffe.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netcc.arrays import as_numbers
from netcc.errors import ArrayError, UsageError
from netcc.types import Array, format_shape

if TYPE_CHECKING:
    from netcc.pycaffe.net import Net


def copy_into(target: Array, numbers: npt.ArrayLike, what: str) -> None:
    """Copies `numbers` into the array of a blob; all but the batch may be broadcast, as in pycaffe.

    Raises ArrayError naming both shapes where they do not fit.
    """
    array = as_numbers(numbers, what)
    try:
        if array.shape[:1] != target.shape[:1]:
            raise ValueError
        target[...] = array
    except ValueError:
        raise ArrayError(
            f"{what} is {format_shape(array.shape)}, but the blob is {format_shape(target.shape)}",
            notes=["net.blobs[name].reshape(...) gives an input another shape"],
        ) from None


def run_all(net: Net, blobs: Sequence[str], given: Mapping[str, npt.ArrayLike]) -> dict[str, Array]:
    """The outputs of `net` and those of `blobs` for all rows of `given`."""
    rows = _Rows(net, given)
    outputs = _Collected()
    for batch in rows.batches(rows.arrays):
        outputs.add(net.forward(blobs, None, None, **batch))
    return outputs.joined(rows)


def run_backward_all(
    net: Net, blobs: Sequence[str], diffs: Sequence[str], given: Mapping[str, npt.ArrayLike]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs and diffs for all rows of `given`, which has inputs and diffs of outputs; either may be missing."""
    rows = _Rows(net, given)
    inputs = {name: array for name, array in rows.arrays.items() if name not in net.outputs}
    top_diffs = {name: array for name, array in rows.arrays.items() if name in net.outputs}
    outputs, gradients = _Collected(), _Collected()
    for forth, back in zip_longest(rows.batches(inputs), rows.batches(top_diffs)):
        outputs.add(net.forward(blobs, None, None, **(forth or {})))
        gradients.add(net.backward(diffs, None, None, **(back or {})))
    return outputs.joined(rows), gradients.joined(rows)


def batches(net: Net, given: Mapping[str, npt.ArrayLike]) -> Iterator[dict[str, Array]]:
    """The rows of `given` in batches of the size that `net` takes; zeros fill up the last."""
    rows = _Rows(net, given)
    return rows.batches(rows.arrays)


class _Rows:
    """Arrays of equally many rows, cut into batches."""

    def __init__(self, net: Net, given: Mapping[str, npt.ArrayLike]) -> None:
        if not given:
            raise UsageError("no rows are given", notes=[f"inputs: {', '.join(net.inputs) or 'none'}"])
        self.arrays = {name: as_numbers(numbers, repr(name)) for name, numbers in given.items()}
        lengths = {name: len(array) if array.ndim else 0 for name, array in self.arrays.items()}
        if len(set(lengths.values())) > 1 or not all(lengths.values()):
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise UsageError(f"all arrays need equally many rows, at least one; given: {listed}")
        self.count = next(iter(lengths.values()))
        first = next(iter(net.blobs.values())).shape
        self.size = first[0] if first else 1

    def batches(self, arrays: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
        """Batches of full size; zeros fill up the last."""
        if not arrays:
            return
        for start in range(0, self.count, self.size):
            yield {name: self._filled(array[start : start + self.size]) for name, array in arrays.items()}

    def _filled(self, rows: Array) -> Array:
        missing = self.size - len(rows)
        return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)]) if missing else rows


class _Collected:
    """What batch after batch gives, by name."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Array]] = {}

    def add(self, arrays: Mapping[str, Array]) -> None:
        for name, array in arrays.items():
            self.parts.setdefault(name, []).append(np.atleast_1d(array).copy())

    def joined(self, rows: _Rows) -> dict[str, Array]:
        """One array for each name; rows that only filled up the last batch are cut off."""
        joined = {name: np.concatenate(parts) for name, parts in self.parts.items()}
        padded = -(-rows.count // rows.size) * rows.size
        return {name: array[: rows.count] if len(array) == padded else array for name, array in joined.items()}
