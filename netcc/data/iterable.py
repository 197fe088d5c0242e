"""Batches from any Python iterable that the caller gives in place of a data layer's own source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.transform import Transformer
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_PARAMETERS = {
    "Data": "data_param",
    "AnnotatedData": "data_param",
    "ImageData": "image_data_param",
    "HDF5Data": "hdf5_data_param",
    "MemoryData": "memory_data_param",
    "WindowData": "window_data_param",
}
"""Where layers of a type say how large their batches are."""

_TRANSFORMED = ("Data", "ImageData")
"""Layers whose `transform_param` is for every image, wherever it comes from."""

_IMAGE_AXES = 4


class IterableSource:
    """Reads `items` one after the other, from the first again after the last, for the data layer `message`.

    An item is a tuple with an array for each top, or a dict by the tops' names, or with one top the array alone. Its
    arrays are one row of the batch each, or several rows along a first axis: where the layer's first top has n axes, an
    array of n - 1 is a row; where that is not known, an item with a single number in it is one. Rows are gathered into
    batches of the layer's size (if it has none, that of the first item), over the ends of items and of the whole.
    Layers of type Data and ImageData apply their `transform_param`: images are then (channels, height, width).

    An iterator that cannot begin anew, such as a generator, ends with a DataError. What `items` raises is passed on.
    """

    def __init__(
        self,
        items: Iterable[Any],
        message: caffe_pb2.LayerParameter,
        phase: Phase,
        random: np.random.Generator,
        base: Path | None,
    ) -> None:
        self._items = items
        self._layer = message.name
        self._tops = list(message.top)
        self._random = random
        self._batch_size, self._axes = _expected(message)
        transformed = message.type in _TRANSFORMED
        self._transformer = Transformer.from_message(message.transform_param, phase, base) if transformed else None
        self._epoch = self._item = self._row = 0
        self._current: list[Array] | None = None
        self._next: Array | None = None
        """The next row prepared, where `shapes` was asked; `read` need not do it again."""
        self._begin(0)

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        arrays = self._rows()
        size = self._batch_size = self._batch_size or len(arrays[0])
        shapes = [array.shape[1:] for array in arrays]
        if self._transformer is not None:
            if self._next is None:
                self._next = self._transformer.prepare_next(arrays[0][self._row], self._random)
            shapes[0] = self._transformer.shape(self._next.shape)
        return tuple((size, *shape) for shape in shapes)[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        size = len(tops[0])
        images: list[Array] = []
        filled = 0
        while filled < size:
            arrays = self._rows()
            part = slice(self._row, min(self._row + size - filled, len(arrays[0])))
            count = part.stop - part.start
            for index, (top, array) in enumerate(zip(tops, arrays, strict=False)):
                if index == 0 and self._transformer is not None:
                    images += [self._prepared(row, self._transformer) for row in array[part]]
                else:
                    self._check(index, array.shape[1:], top.shape[1:])
                    top[filled : filled + count] = array[part]
            self._row += count
            filled += count
        if self._transformer is not None:
            for image in images:
                self._check(0, self._transformer.shape(image.shape), tops[0].shape[1:])
            self._transformer.apply(images, tops[0], self._random)

    def _prepared(self, row: Array, transformer: Transformer) -> Array:
        ready, self._next = self._next, None
        if ready is None:
            return transformer.prepare(row, self._random)
        transformer.pass_over(self._random)
        return ready

    def position(self) -> dict[str, Any]:
        return {"epoch": self._epoch, "item": self._item, "row": self._row}

    def restore(self, position: Mapping[str, Any]) -> None:
        epoch, item, row = (position.get(name, -1) for name in ("epoch", "item", "row"))
        self._next = None
        if (epoch, item, row) == (self._epoch, self._item, self._row):
            return
        if self._one_pass() and (epoch or self._epoch or self._item or self._current is not None):
            raise self._fault("the iterator cannot go back", _ANEW)
        self._begin(epoch)
        for passed in range(item):
            if next(self._iterator, self) is self:
                raise self._fault(f"there is no item {item}", f"the iterable gave {passed}")
        self._item = item
        if row:
            rows = self._rows()
            if not 0 < row <= len(rows[0]):
                raise self._fault(f"item {item} has no row {row}", f"it has {len(rows[0])} rows")
            self._row = row

    def close(self) -> None:
        self._current = None

    def _begin(self, epoch: int) -> None:
        """The first item of the iterable is the next one."""
        self._iterator: Iterator[Any] = iter(self._items)
        self._epoch, self._item, self._row = epoch, 0, 0
        self._current = None
        self._gave_rows = False

    def _rows(self) -> list[Array]:
        """The arrays of the item in which the next row is, each with an axis of rows."""
        arrays = self._current
        while arrays is None or self._row == len(arrays[0]):
            if arrays is not None:
                self._item, self._row = self._item + 1, 0
            arrays = self._current = self._next_item()
            self._gave_rows |= len(arrays[0]) > 0
        return arrays

    def _next_item(self) -> list[Array]:
        try:
            return self._arrays(next(self._iterator))
        except StopIteration:
            pass
        if not self._gave_rows:
            raise self._fault("the iterable gives nothing", "expected tuples of arrays")
        if self._one_pass():
            raise self._fault(f"the iterator came to its end after {self._item} items", _ANEW)
        self._begin(self._epoch + 1)
        return self._next_item()

    def _one_pass(self) -> bool:
        return self._iterator is self._items

    def _arrays(self, item: Any) -> list[Array]:
        """The arrays of `item`, an axis of rows added to those of a single row."""
        arrays = [np.asarray(part) for part in self._parts(item)]
        for name, array in zip(self._tops, arrays, strict=True):
            if array.dtype.kind not in "fiub":
                raise self._fault(f"item {self._item} has {array.dtype} for {name!r}", "expected an array of numbers")
        if self._is_row(arrays):
            return [array[np.newaxis] for array in arrays]
        if len({array.shape[:1] for array in arrays}) > 1:
            shapes = ", ".join(f"{name} {format_shape(a.shape)}" for name, a in zip(self._tops, arrays, strict=True))
            raise self._fault(f"the arrays of item {self._item} have different numbers of rows", f"found {shapes}")
        return arrays

    def _parts(self, item: Any) -> list[Any]:
        """What `item` has for each top."""
        if isinstance(item, Mapping):
            missing = [name for name in self._tops if name not in item]
            if missing:
                raise self._fault(f"item {self._item} has nothing for {missing[0]!r}", f"it has {', '.join(item)}")
            return [item[name] for name in self._tops]
        if len(self._tops) == 1 and not isinstance(item, tuple):
            return [item]
        if not isinstance(item, (tuple, list)) or len(item) != len(self._tops):
            found = f"{len(item)} arrays" if isinstance(item, (tuple, list)) else type(item).__name__
            raise self._fault(f"item {self._item} is {found}", f"expected a tuple of {', '.join(self._tops)}")
        return list(item)

    def _is_row(self, arrays: Sequence[Array]) -> bool:
        if self._axes is None:
            return any(array.ndim == 0 for array in arrays)
        if arrays[0].ndim not in (self._axes, self._axes - 1):
            shape = format_shape(arrays[0].shape)
            expected = f"expected {self._axes - 1} axes for a row, {self._axes} for several"
            raise self._fault(f"item {self._item} has an array of {shape} for {self._tops[0]!r}", expected)
        return arrays[0].ndim == self._axes - 1

    def _check(self, top: int, found: Shape, expected: Shape) -> None:
        if found != expected:
            raise self._fault(
                f"item {self._item} has rows of {format_shape(found)} for {self._tops[top]!r}",
                f"expected {format_shape(expected)}, as in the rows before",
            )

    def _fault(self, fault: str, note: str) -> DataError:
        return DataError(f"the data given for layer {self._layer!r}: {fault}", notes=[note])


_ANEW = "give a list, or an object whose __iter__ begins anew"


def _expected(message: caffe_pb2.LayerParameter) -> tuple[int, int | None]:
    """The size of a batch, 0 if the layer does not say, and how many axes its first top has, if that is known."""
    if message.type == "Input":
        sizes = list(message.input_param.shape[0].dim) if message.input_param.shape else []
        return (sizes[0], len(sizes)) if sizes else (0, None)
    parameter = _PARAMETERS.get(message.type)
    axes = None if parameter is None or message.type == "HDF5Data" else _IMAGE_AXES
    return (getattr(message, parameter).batch_size if parameter else 0), axes
