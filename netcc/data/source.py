"""The contract between the data layers of a net and their data, and which class reads for which layer type.

A new kind of data layer is one module in `netcc/data/readers/` whose class carries `@reader("Type")`; there is no list.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from netcc.errors import DataError, closest
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape


class Source(Protocol):
    """Gives one batch after another, without end."""

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        """Shapes of the first `tops` tops in the next batch, the batch axis included. Reads one record at most."""

    def read(self, tops: Sequence[Array]) -> None:
        """Fills `tops` (float32 or float64, of the shapes that `shapes` gave) with the next batch.

        Raises DataError, which names the record, where the data do not fit.
        """

    def position(self) -> dict[str, Any]:
        """Where the next batch begins, fit for JSON. What is drawn at random belongs to the generator, not to this."""

    def restore(self, position: Mapping[str, Any]) -> None:
        """Goes to what `position` gave before. Raises DataError if there is no such place."""

    def close(self) -> None:
        """Gives up files; a second call does nothing."""


Opener = Callable[[caffe_pb2.LayerParameter, Phase, np.random.Generator, Path | None], Source]
OpenerT = TypeVar("OpenerT", bound=Opener)

_openers: dict[str, Opener] = {}
_prefetched: set[str] = set()


def reader(type_name: str, *, prefetched: bool = False) -> Callable[[OpenerT], OpenerT]:
    """Class decorator: layers of `type: "type_name"` read from the class.

    It is called with the layer, the phase, the generator for everything random, and the folder of the net file.
    `prefetched` says that a net may read it ahead in another thread (see `netcc.data.prefetch`): nobody but `read`
    changes what comes next, and all that is drawn at random comes from the generator.
    """

    def add(opener: OpenerT) -> OpenerT:
        if type_name in _openers:
            raise DataError(f"layer type {type_name!r} has two readers: {_openers[type_name]!r}, {opener!r}")
        _openers[type_name] = opener
        if prefetched:
            _prefetched.add(type_name)
        return opener

    return add


@cache
def _load_readers() -> None:
    import netcc.data.readers as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def open_source(
    message: caffe_pb2.LayerParameter,
    phase: Phase,
    random: np.random.Generator,
    base: Path | None = None,
) -> Source:
    """Opens what the data layer `message` reads from.

    `random` serves crops, mirrors and skips; `base` is the folder of the net file, see `locate`. Raises DataError where
    the data are missing or broken, LayerError where the layer's fields make no sense.
    """
    _load_readers()
    opener = _openers.get(message.type)
    if opener is None:
        raise DataError(
            f"netcc has no reader for layers of type {message.type!r}",
            suggestion=closest(message.type, _openers),
        )
    return opener(message, phase, random, base)


def is_prefetched(type_name: str) -> bool:
    """Whether a net reads ahead for layers of `type: "type_name"`."""
    _load_readers()
    return type_name in _prefetched


def locate(path: str, base: Path | None) -> Path:
    """The file that a net means by `path`: relative to the working directory, as in Caffe, else to `base`."""
    here = Path(path)
    if base is not None and not here.exists() and (base / here).exists():
        return base / here
    return here
