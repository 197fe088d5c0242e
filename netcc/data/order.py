"""The order in which the records of a list are read, over and over; shuffled anew in every epoch if wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netcc.errors import DataError
from netcc.types import Array


class Order:
    """Places 0 to `count` - 1, from the first again after the last, beginning at place `skip`.

    Shuffled, each epoch has an order of its own, that of a generator seeded with one number drawn from `random` and
    the number of the epoch: so a position is three numbers however long the list is. Raises DataError where `skip` is
    past the end.
    """

    def __init__(self, count: int, shuffle: bool, random: np.random.Generator, skip: int = 0) -> None:
        if skip >= count:
            raise DataError(f"rand_skip came to {skip}, but there are only {count} records")
        self._count = count
        self._seed = int(random.integers(1 << 62)) if shuffle else None
        self._go(0, skip)

    def __len__(self) -> int:
        return self._count

    def peek(self) -> int:
        """The next place, which stays the next one."""
        return self._at(self._place)

    def take(self, number: int) -> list[int]:
        """The next `number` places."""
        taken = []
        for _ in range(number):
            taken.append(self._at(self._place))
            self._place += 1
            if self._place == self._count:
                self._go(self._epoch + 1, 0)
        return taken

    def position(self) -> dict[str, Any]:
        """Where the next place is, fit for JSON."""
        return {"epoch": self._epoch, "record": self._place, "seed": self._seed}

    def restore(self, position: Mapping[str, Any]) -> None:
        """Goes to what `position` gave. Raises DataError if there is no such place, or only one of them is shuffled."""
        epoch, place, seed = position.get("epoch", 0), position.get("record", -1), position.get("seed")
        if not 0 <= place < self._count or epoch < 0:
            raise DataError(f"there is no record {place}", notes=[f"there are {self._count} records"])
        if (seed is None) != (self._seed is None):
            raise DataError("it was shuffled there, or is here, but not both")
        self._seed = seed
        self._go(epoch, place)

    def _go(self, epoch: int, place: int) -> None:
        self._epoch, self._place = epoch, place
        self._shuffled = None if self._seed is None else shuffled(self._count, self._seed, epoch)

    def _at(self, place: int) -> int:
        return place if self._shuffled is None else int(self._shuffled[place])


def shuffled(count: int, *seeds: int) -> Array:
    """The numbers 0 to `count` - 1 in the order that belongs to `seeds`."""
    return np.random.default_rng(seeds).permutation(count)
