"""Where a net first holds a value that is not finite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netcc.errors import NumericsError
from netcc.ir.graph import Value
from netcc.plan.memory import plan_lifetimes
from netcc.runtime.net import Net
from netcc.types import Array


def check_loss(net: Net, loss: float, iteration: int, kept: str) -> None:
    """Raises NumericsError if `loss`, the one of `iteration`, is not finite. `kept` says what remains of the run."""
    if np.isfinite(loss):
        return
    found = next(_suspects(net), None)
    where = f"first at {found}" if found else "its terms are finite, their sum is not"
    if not net.plan.options.keep_all:
        where = f"of the blobs that are kept, {where}" if found else "all blobs that are kept are finite"
    raise NumericsError(
        f"iteration {iteration}: the loss is {loss:g}; {where}",
        notes=[kept, "a lower base_lr or clip_gradients may keep the net finite"],
    )


def check_parameters(net: Net, iteration: int, kept: str) -> None:
    """Raises NumericsError if a parameter is not finite after `iteration` updates."""
    found = next(_parameters(net), None)
    if found:
        raise NumericsError(
            f"after {iteration} iterations {found}, so that no snapshot was written",
            notes=[kept, "a lower base_lr or clip_gradients may keep the net finite"],
        )


def _suspects(net: Net) -> Iterator[str]:
    """Parameters come first: a bad one spoils everything behind it."""
    yield from _parameters(net)
    kept = _kept(net)
    for node in net.graph.nodes:
        for value in node.outputs:
            bad = value in kept and _bad(net.blobs[value.name].data)
            if bad:
                yield f"layer {node.name!r} ({node.type}): {bad} in its top {value.name!r}"


def _kept(net: Net) -> set[Value]:
    """The values whose memory nothing else has used by the end of the forward pass."""
    lives, end = plan_lifetimes(net.plan), max(step.time for step in net.plan.forward)
    alive = {slot for slot, life in lives.items() if life.first <= end < life.last}
    return {value for value, view in net.plan.data.items() if view.slot.held or view.slot in alive}


def _parameters(net: Net) -> Iterator[str]:
    for parameter, array in net.parameter_arrays().items():
        bad = _bad(array)
        if bad:
            yield f"layer {parameter.owner.name!r} ({parameter.owner.type}): {bad} in its {parameter.name}"


def _bad(array: Array) -> str:
    """`3 of 500 values are nan or inf`, or nothing if all are finite."""
    count = array.size - int(np.count_nonzero(np.isfinite(array)))
    return f"{count} of {array.size} values are nan or inf" if count else ""
