"""`debug_info`: mean absolute values of all that passes through a net.

What is looked at, and when, is that of `Net::ForwardDebugInfo` and `Net::BackwardDebugInfo` of src/caffe/net.cpp, and
of `Net::UpdateDebugInfo`, which Caffe 1.0 has but no longer calls. Blobs that several layers read go by their own name
here, without the Split layers that Caffe puts behind them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from netcc.ir.graph import Node, Parameter
from netcc.runtime.net import Net
from netcc.runtime.stepwise import backward_by_layers, forward_by_layers
from netcc.solver.events import Event, Inspected, Normed
from netcc.types import Array

Tell: TypeAlias = Callable[[Event], None]


def inspect_forward(net: Net, tell: Tell) -> None:
    """One forward pass; tells of the tops and parameters of every layer."""
    for node, tops in forward_by_layers(net):
        for value, top in zip(node.outputs, tops, strict=True):
            tell(Inspected("Forward", node.name, f"top blob {value.name}", data=_mean(top)))
        for index, blob in enumerate(net.params.get(node.name, ())):
            what = f"param blob {_shown(node, index)}"
            tell(Inspected("Forward", node.name, what, data=_mean(blob.data)))


def inspect_backward(net: Net, tell: Tell, *, accumulate: bool) -> None:
    """One backward pass; tells of the gradients of bottoms and parameters, and of the norms of all parameters."""
    for node, bottoms in backward_by_layers(net, accumulate=accumulate):
        for value, diff in zip(node.inputs, bottoms, strict=True):
            if diff is not None:
                tell(Inspected("Backward", node.name, f"bottom blob {value.name}", diff=_mean(diff)))
        for index, blob in enumerate(net.params.get(node.name, ())):
            if node.learn[index]:
                tell(Inspected("Backward", node.name, f"param blob {index}", diff=_mean(blob.diff)))
    data, diffs = list(net.parameter_arrays().values()), list(net.parameter_diff_arrays().values())
    tell(Normed((_sum(data), _sum(diffs)), (_norm(data), _norm(diffs))))


def parameter_means(net: Net) -> dict[Parameter, float]:
    """The mean absolute value of every parameter."""
    return {parameter: _mean(array) for parameter, array in net.parameter_arrays().items()}


def tell_update(net: Net, before: dict[Parameter, float], tell: Tell) -> None:
    """Tells of the update just made: parameters before it, and the steps that were subtracted."""
    for parameter, diff in net.parameter_diff_arrays().items():
        what = f"param {_shown(parameter.owner, parameter.index)}"
        tell(Inspected("Update", parameter.owner.name, what, data=before[parameter], diff=_mean(diff)))


def _shown(node: Node, index: int) -> str:
    """The name that layers share the parameter under, else its place."""
    return node.parameters[index].share_name or str(index)


def _mean(array: Array) -> float:
    return _sum([array]) / array.size if array.size else math.nan


def _sum(arrays: list[Array]) -> float:
    return sum(float(np.abs(array).sum()) for array in arrays)


def _norm(arrays: list[Array]) -> float:
    return math.hypot(*(float(np.linalg.norm(array)) for array in arrays))
