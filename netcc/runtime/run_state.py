"""Where a net stands between two passes, beyond its parameters: data order, random numbers, what layers remember."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netcc.data.source import Source
from netcc.errors import DataError
from netcc.types import Array


@dataclass(frozen=True, eq=False)
class RunState:
    """A copy that later passes leave alone.

    `random` is the state of the generator that everything random in the net draws from, `sources` the position of each
    data layer, `layers` the arrays that each layer carries from one pass to the next (the state of a recurrent layer).
    """

    random: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, Any]]
    layers: Mapping[str, tuple[Array, ...]]


@dataclass(frozen=True, eq=False)
class Running:
    """The live parts of a net that a `RunState` is taken from and given back to."""

    random: np.random.Generator
    sources: Mapping[str, Source]
    layers: Mapping[str, tuple[Array, ...]]

    def capture(self) -> RunState:
        return RunState(
            dict(self.random.bit_generator.state),
            {name: dict(source.position()) for name, source in self.sources.items()},
            {name: tuple(array.copy() for array in arrays) for name, arrays in self.layers.items()},
        )

    def restore(self, state: RunState) -> list[str]:
        """Goes to where `state` was taken; returns what does not fit and begins anew, in words."""
        return [*self._restore_random(state), *self._restore_sources(state), *self._restore_layers(state)]

    def _restore_random(self, state: RunState) -> Iterator[str]:
        try:
            self.random.bit_generator.state = dict(state.random)
        except (ValueError, TypeError, KeyError, OverflowError):
            yield "random numbers are drawn anew: the generator is another one"

    def _restore_sources(self, state: RunState) -> Iterator[str]:
        for name, source in self.sources.items():
            before = source.position()
            try:
                source.restore(state.sources[name])
            except KeyError:
                yield f"data layer {name!r} begins at its first record: its place is not known"
            except (DataError, TypeError, ValueError) as error:
                source.restore(before)
                reason = error.message if isinstance(error, DataError) else "its place is not understood"
                yield f"data layer {name!r} begins at its first record: {reason}"

    def _restore_layers(self, state: RunState) -> Iterator[str]:
        for name, arrays in self.layers.items():
            saved = state.layers.get(name, ())
            if [(array.shape, array.dtype) for array in saved] != [(array.shape, array.dtype) for array in arrays]:
                yield f"layer {name!r} begins without a memory: what it remembers has another shape"
                continue
            for array, copy in zip(arrays, saved, strict=True):
                np.copyto(array, copy)
