"""Puts netcc where `import caffe` looks."""

from __future__ import annotations

import sys
from importlib import import_module

from netcc.errors import UsageError

MODULES = ("classifier", "coord_map", "detector", "draw", "io", "net_spec", "proto", "pycaffe")
"""Those of the package `caffe` that have the same name here."""


def install() -> None:
    """From now on `import caffe`, `from caffe.proto import caffe_pb2` and the like give what netcc has.

    A second call does nothing. Raises UsageError if another package `caffe` was imported before.
    """
    package = import_module("netcc.pycaffe")
    present = sys.modules.get("caffe")
    if present is package:
        return
    if present is not None:
        where = getattr(present, "__file__", None) or "an unknown place"
        raise UsageError(f"another caffe is in use, from {where}", notes=["call install() before caffe is imported"])
    sys.modules["caffe"] = sys.modules["caffe._caffe"] = package
    package.__dict__["_caffe"] = package  # in Caffe the compiled part; its names are here too
    for name in MODULES:
        sys.modules[f"caffe.{name}"] = import_module(f"netcc.pycaffe.{name}")
    sys.modules["caffe.proto.caffe_pb2"] = import_module("netcc.schema.caffe_pb2")
