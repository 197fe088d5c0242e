"""Where the arrays of a net's blobs are found: in the memory of its plan, whatever plan it has at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netcc.errors import MemoryShortageError, UsageError
from netcc.ir.graph import Node
from netcc.plan.plan import View
from netcc.runtime.shortage import MIB
from netcc.types import Array, Shape, count, format_shape

if TYPE_CHECKING:
    from netcc.runtime.net import Net


class ValueStorage:
    """The arrays of a blob: memory of the plan, or a waiting array of a new shape until the net follows."""

    def __init__(self, net: Net, name: str) -> None:
        self.net, self.name = net, name
        self.label = f"blob {name!r}"

    def data(self) -> Array:
        net = self.net
        if self.name in net._pending:
            return net._pending[self.name]
        view = net.plan.data.get(net._value(self.name))
        if view is None:
            raise UsageError(
                f"blob {self.name!r} is not there: its layer is computed together with the next",
                notes=["make the net with keep_all=True to look at every blob"],
            )
        return net._executor.blob(view)

    def diff(self) -> Array:
        net = self.net
        view = net.plan.diffs.get(net._value(self.name))
        if view is not None and self.name not in net._pending:
            if not view.slot.held:
                raise UsageError(
                    f"the diff of blob {self.name!r} is not kept: its memory is used again within a pass",
                    notes=["make the net, or the solver, with keep_diffs=True to look at every diff"],
                )
            return net._executor.array(view)
        spare = net._spare_diffs.get(self.name)
        if spare is None or spare.shape != self.data().shape:
            spare = net._spare_diffs[self.name] = np.zeros_like(self.data())
        return spare

    def reshape(self, shape: Shape) -> None:
        """Only inputs take a shape from the user; other blobs get theirs back at the next pass, as in Caffe."""
        net, old = self.net, self.data()
        if old.shape == shape or self.name not in net.inputs:
            return
        try:
            fresh = np.zeros(shape, old.dtype)
        except MemoryError:
            size = old.itemsize * count(shape) // MIB
            raise MemoryShortageError(
                f"there is not enough memory: blob {self.name!r} of {format_shape(shape)} takes {size:,} MiB"
            ) from None
        kept = min(count(shape), old.size)
        fresh.reshape(-1)[:kept] = old.reshape(-1)[:kept]
        net._pending[self.name] = fresh


def parameter_storages(net: Net, node: Node) -> list[ParameterStorage]:
    return [ParameterStorage(net, node.name, index) for index in range(len(node.parameters))]


class ParameterStorage:
    """The arrays of one parameter of a layer."""

    def __init__(self, net: Net, layer: str, index: int) -> None:
        self.net, self.layer, self.index = net, layer, index
        self.label = f"parameter [{index}] of layer {layer!r}"

    def data(self) -> Array:
        node = self._node()
        return self.net._executor.parameter(node.parameters[self.index], node.signature.parameters[self.index].shape)

    def diff(self) -> Array:
        node, diffs = self._node(), self.net.plan.parameter_diffs
        if not diffs:
            return np.zeros_like(self.data())
        view = diffs[node.parameters[self.index]]
        return self.net._executor.array(View(view.slot, node.signature.parameters[self.index].shape))

    def _node(self) -> Node:
        return self.net.graph.nodes[self.net.node_index(self.layer)]

    def reshape(self, shape: Shape) -> None:
        if self.data().shape != shape:
            raise UsageError(f"the shape of a parameter of layer {self.layer!r} follows from the net; it cannot be set")
