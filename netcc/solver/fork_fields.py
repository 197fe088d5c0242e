"""Fields that only other Caffes know and that have no effect here.

They are refused where the run would not be the one asked for, warned about where only the way there differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from netcc.errors import Diagnostic
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundSolver
from netcc.solver.spans import span_of

REFUSED = {
    "disabled_update": "intel/caffe: parameters would never be updated",
    "test_offset": "intel/caffe: tests would come at other iterations",
    "test_and_snapshot_last_epochs": "NVIDIA/caffe: tests and snapshots would come at other iterations",
    "clamp_weights_lower": "happynear/caffe-windows: weights would be kept within limits",
    "clamp_weights_upper": "happynear/caffe-windows: weights would be kept within limits",
    "clip_weights": "happynear/caffe-windows: the norm of the weights would be kept within a limit",
}
"""Names of fields, whose they are and what they would do."""

PASSED_OVER = {
    "solver_data_type": "netcc trains in 32-bit floats",
    "store_blobs_in_old_format": "netcc writes the snapshots of BVLC's Caffe",
    "engine": "netcc chooses how layers are computed by itself",
    "group_id": "netcc computes on the CPU of one machine",
    "richness": "netcc computes on the CPU of one machine",
}
"""Names of fields, and what happens instead."""


def refused_fields(bound: BoundSolver) -> Iterator[Diagnostic]:
    """A fault for every field in use that netcc has no counterpart of."""
    for name in _in_use(bound.message, REFUSED):
        yield Diagnostic(f"{name} is not supported", span_of(bound, name), (f"it is a field of {REFUSED[name]}",))


def passed_over_fields(bound: BoundSolver) -> Iterator[Diagnostic]:
    """A warning for every field in use that says nothing here."""
    for name in _in_use(bound.message, PASSED_OVER):
        message = f"{name} is not followed; {PASSED_OVER[name]}"
        yield Diagnostic(message, span_of(bound, name), severity="warning")


def _in_use(param: caffe_pb2.SolverParameter, names: dict[str, str]) -> Iterator[str]:
    """Those of `names` that are set to something else than their default."""
    untouched = caffe_pb2.SolverParameter()
    return (name for name in names if getattr(param, name) != getattr(untouched, name))
