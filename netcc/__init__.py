"""netcc compiles Caffe's network language: a prototxt becomes a NumPy network that trains and infers.

>>> import netcc
>>> net = netcc.Net("zoo/lenet/deploy.prototxt", netcc.TEST)
>>> net.blobs["conv1"].shape
(64, 20, 24, 24)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netcc.errors import NetccError
from netcc.types import TEST, TRAIN, Phase
from netcc.version import __version__

if TYPE_CHECKING:
    from netcc.compiled.make import compile
    from netcc.compiled.net import load
    from netcc.report.shapes import shapes
    from netcc.runtime.net import Net
    from netcc.solver.solver import Solver

__all__ = ["TEST", "TRAIN", "Net", "NetccError", "Phase", "Solver", "__version__", "compile", "load", "shapes"]

_HOMES = {
    "Net": "netcc.runtime.net",
    "Solver": "netcc.solver.solver",
    "compile": "netcc.compiled.make",
    "load": "netcc.compiled.net",
    "shapes": "netcc.report.shapes",
}


def __getattr__(name: str) -> Any:
    """Imports the large parts when they are first asked for, so that small commands start at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
