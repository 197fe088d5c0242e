"""How a twin is held against its definition: the same arguments to both, afterwards the same numbers in all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netcc.types import Array


class Maker:
    """Makes arguments; two makers of one type of numbers make the same ones."""

    def __init__(self, dtype: type) -> None:
        self.dtype = dtype
        self._random = np.random.default_rng(11)

    def array(self, *shape: int, gap: int = 0) -> Array:
        """Random numbers, each pixel followed by `gap` channels that are no business of the function."""
        wide = self._random.standard_normal((*shape[:-1], shape[-1] + gap)).astype(self.dtype)
        return wide[..., gap // 2 : gap // 2 + shape[-1]]

    def positive(self, *shape: int) -> Array:
        return np.abs(self.array(*shape)) + self.dtype(0.1)

    def choices(self, most: int, *shape: int, dtype: type = np.uint8) -> Array:
        """Integers below `most`."""
        return self._random.integers(0, most, shape).astype(dtype)


Arguments = Callable[[Maker], Sequence[Any]]


@dataclass(frozen=True)
class Row:
    """Arguments for one function; what is in those of the places `scratch` afterwards does not matter."""

    definition: Callable[..., Any]
    arguments: Arguments
    scratch: tuple[int, ...] = ()
    exact: bool = False
    tolerance: float = 2e-5
    """Of float32, relative to the largest number."""

    def check(self, twin: Callable[..., Any], dtype: type) -> None:
        expected, found = list(self.arguments(Maker(dtype))), list(self.arguments(Maker(dtype)))
        with np.errstate(all="ignore"):
            answers = self.definition(*expected), twin(*found)
        tolerance = 0 if self.exact else 1e-11 if dtype is np.float64 else self.tolerance
        for place, (one, other) in enumerate(zip([*expected, answers[0]], [*found, answers[1]], strict=True)):
            if place not in self.scratch and one is not None:
                _compare(one, other, tolerance, f"{self.definition.__name__}, argument {place}")


def _compare(expected: Any, found: Any, tolerance: float, name: str) -> None:
    """What lies in the gaps between pixels is compared as well: nothing may have been written there."""
    if isinstance(expected, np.ndarray) and expected.base is not None:
        assert found.base is not None
        expected, found = expected.base, found.base
    scale = np.abs(expected).max() if np.size(expected) else 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale, err_msg=name)
