"""What pycaffe's users know by name."""

from __future__ import annotations

from netcc.pycaffe.net_spec import NetSpec, layers, params, to_proto

__all__ = ["NetSpec", "layers", "params", "to_proto"]
