"""What sources have in common that read one image after another: batches, checks, and records that are bad."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from netcc.data.bad_records import bad_records_in_use
from netcc.data.transform import Transformer
from netcc.errors import DataError
from netcc.types import Array, Shape, format_shape

RecordT = TypeVar("RecordT")


class RowSource(ABC, Generic[RecordT]):
    """Batches of `batch_size` images with labels. Tops: the images and, if there is a second, the labels."""

    def __init__(self, batch_size: int, transformer: Transformer, random: np.random.Generator) -> None:
        self._batch_size = batch_size
        self._transformer = transformer
        self._random = random
        self._bad = bad_records_in_use()
        self._bad_in_a_row = 0
        self._next: tuple[Array, Any] | None = None
        """What `shapes` made of the next record, which `read` need not make again."""

    @abstractmethod
    def peek(self) -> RecordT:
        """The next record, which stays the next one."""

    @abstractmethod
    def take(self, number: int) -> list[RecordT]:
        """The next `number` records."""

    @abstractmethod
    def total(self) -> int:
        """How many records there are."""

    @abstractmethod
    def decode(self, record: RecordT) -> tuple[Array, Any]:
        """The image (channels, height, width) and the label, or labels, of `record`. Raises DataError."""

    @abstractmethod
    def name(self, record: RecordT) -> str:
        """`record` in messages."""

    @abstractmethod
    def blame(self, record: RecordT, error: DataError) -> DataError:
        """`error` with the record that it is about."""

    @abstractmethod
    def position(self) -> dict[str, Any]: ...

    @abstractmethod
    def seek(self, position: Mapping[str, Any]) -> None:
        """What `restore` does, for the subclass."""

    def restore(self, position: Mapping[str, Any]) -> None:
        self._next = None
        self.seek(position)

    def close(self) -> None:
        """Holds no files unless a subclass says so."""

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        """Of the next batch, whose images all have the shape of its first."""
        while True:
            record = self.peek()
            try:
                if self._next is None:
                    image, label = self.decode(record)
                    self._next = self._transformer.prepare_next(image, self._random), label
                image, label = self._next
                row = self._transformer.shape(image.shape)
            except DataError as error:
                self._pass_over(record, error)
                self.take(1)
                self._next = None
                continue
            self._bad_in_a_row = 0
            return ((self._batch_size, *row), (self._batch_size, *np.shape(label)))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        images: list[Array] = []
        labels: list[Any] = []
        accepted: Shape | None = None
        while len(images) < self._batch_size:
            for record in self.take(self._batch_size - len(images)):
                try:
                    image, label = self._prepared(record)
                    if image.shape != accepted:
                        self._check_row(image, tops[0].shape[1:])
                        accepted = image.shape
                except DataError as error:
                    self._pass_over(record, error)
                    continue
                self._bad_in_a_row = 0
                images.append(image)
                labels.append(label)
        self._transformer.apply(images, tops[0], self._random)
        if len(tops) > 1:
            tops[1][...] = np.reshape(labels, tops[1].shape)

    def _prepared(self, record: RecordT) -> tuple[Array, Any]:
        """The image of `record`, prepared, and its label."""
        ready, self._next = self._next, None
        if ready is not None:
            self._transformer.pass_over(self._random)
            return ready
        image, label = self.decode(record)
        return self._transformer.prepare(image, self._random), label

    def _check_row(self, image: Array, expected: Shape) -> None:
        shape = self._transformer.shape(image.shape)
        if shape != expected:
            raise DataError(
                f"its image is {format_shape(shape)}, but the batch holds images of {format_shape(expected)}",
                notes=["images of one batch must have one size, or be cropped to it"],
            )

    def _pass_over(self, record: RecordT, error: DataError) -> None:
        """Counts a bad record, or raises what is wrong with it. Raises DataError as well if all records are bad."""
        blamed = self.blame(record, error)
        self._bad.met(self.name(record), blamed)
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= self.total():
            raise DataError(
                f"none of the {self.total()} records can be used", notes=[f"the last one: {blamed.message}"]
            )
