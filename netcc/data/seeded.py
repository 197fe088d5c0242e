"""A source together with the generator that it alone draws from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netcc.data.source import Source
from netcc.errors import DataError
from netcc.types import Array, Shape


class SeededSource:
    """`source` with a position that includes the state of `random`, which nothing else may draw from."""

    def __init__(self, source: Source, random: np.random.Generator) -> None:
        self._source = source
        self._random = random

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return self._source.shapes(tops)

    def read(self, tops: Sequence[Array]) -> None:
        self._source.read(tops)

    def position(self) -> dict[str, Any]:
        return {"source": self._source.position(), "random": dict(self._random.bit_generator.state)}

    def restore(self, position: Mapping[str, Any]) -> None:
        """Goes to what `position` gave before, or stays. Raises DataError if there is no such place."""
        state = self._random.bit_generator.state
        try:
            self._random.bit_generator.state = dict(position["random"])
            self._source.restore(dict(position["source"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            self._random.bit_generator.state = state
            raise DataError("its place is not understood") from None
        except DataError:
            self._random.bit_generator.state = state
            raise

    def close(self) -> None:
        self._source.close()
