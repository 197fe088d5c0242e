"""netcc compiles Caffe's network language: a prototxt becomes a NumPy network that trains and infers.

>>> import netcc
>>> net = netcc.Net("zoo/lenet/deploy.prototxt", netcc.TEST)
>>> net.blobs["conv1"].shape
(1, 20, 24, 24)

`Net` and `Solver` run and train, `shapes` tells what is in a net without running it, `parse` and `format` read and lay
out its text, `layers` lists what nets are made of, `compile` and `load` make files that need no prototxt. All errors
are `NetccError`s. docs/python.md shows all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netcc.errors import NetccError
from netcc.types import TEST, TRAIN, Phase
from netcc.version import __version__

if TYPE_CHECKING:
    from netcc.compiled.make import compile
    from netcc.compiled.net import load
    from netcc.layers.registry import layers
    from netcc.report.shapes import shapes
    from netcc.runtime.net import Net
    from netcc.schema.text import format, parse
    from netcc.solver.solver import Solver

__all__ = [
    "TEST",
    "TRAIN",
    "Net",
    "NetccError",
    "Phase",
    "Solver",
    "__version__",
    "compile",
    "format",
    "layers",
    "load",
    "parse",
    "shapes",
]

_HOMES = {
    "Net": "netcc.runtime.net",
    "Solver": "netcc.solver.solver",
    "compile": "netcc.compiled.make",
    "format": "netcc.schema.text",
    "load": "netcc.compiled.net",
    "parse": "netcc.schema.text",
    "shapes": "netcc.report.shapes",
}


def __getattr__(name: str) -> Any:
    """Imports the large parts when they are first asked for, so that small commands start at once."""
    from importlib import import_module

    if name == "layers":
        return import_module("netcc.layers")  # the room of the layers, which can be called
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
