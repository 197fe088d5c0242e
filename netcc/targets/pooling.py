"""Pooling in two dimensions over channels-last blobs."""

from __future__ import annotations

from functools import partial

import numpy as np

from netcc.ir.graph import Node
from netcc.kernels.calls import CallIterator, make
from netcc.kernels.pooling import AveragePooling, MaxPooling
from netcc.kernels.scale_bias import ScaleBias
from netcc.kernels.windows import PoolingGeometry
from netcc.layers.base import Buffer, Needs, Operands, Repeat
from netcc.layers.pooling import AVE, MAX, Pooling
from netcc.targets.arrays import channels_last
from netcc.targets.base import Computation, Memory, Target, ignoring
from netcc.targets.choose import makes
from netcc.targets.options import Options
from netcc.types import Shape


class MaxPoolingTarget(Target):
    """MAX; where backward will follow, the places of the largest numbers are kept."""

    name = "pooling by axes"
    layout = "channels last"
    sliced = True

    def __init__(self, kernel: MaxPooling, *, gradients: bool, rectifies: bool) -> None:
        self.kernel = kernel
        self.gradients = gradients
        scratch = max(kernel.scratch_training, kernel.scratch_backward) if gradients else kernel.scratch
        self.mask = ScaleBias(kernel.geometry.y_shape, 0) if rectifies else None
        self.changes_diff = rectifies
        if self.mask is not None:
            scratch = max(scratch, self.mask.scratch_backward)
        self.memory = Memory(saved=(kernel.saved,) if gradients else (), scratch=(Buffer((scratch,)),))

    def needs(self) -> Needs:
        return Needs(tops=(0,) if self.mask is not None else ())

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        saved = operands.saved[0] if self.gradients else None
        x, y = channels_last(operands.bottoms[0]), channels_last(operands.tops[0])
        self.kernel.forward(x, y, saved, operands.scratch[0])

    def backward(self, operands: Operands) -> None:
        make(self._backward_calls(operands))

    def bound_forward(self, operands: Operands) -> Computation:
        if not self.gradients:
            return self.forward
        x, y = channels_last(operands.bottoms[0]), channels_last(operands.tops[0])
        return ignoring(self.kernel.bound_forward(x, y, operands.saved[0], operands.scratch[0]))

    def bound_backward(self, operands: Operands) -> Computation:
        return ignoring(partial(make, [*self._backward_calls(operands)]))

    def _backward_calls(self, operands: Operands) -> CallIterator:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is None:
            return
        dy, dx, scratch = channels_last(operands.top_diffs[0]), channels_last(bottom_diff), operands.scratch[0]
        if self.mask is not None:
            y, sums = channels_last(operands.tops[0]), np.empty((2, dy.shape[-1]))
            yield partial(self.mask.sums, dy, y, None, None, dy, sums, scratch)
        yield self.kernel.bound_backward(dy, operands.saved[0], dx, scratch)


class AveragePoolingTarget(Target):
    """AVE."""

    name = "pooling by axes"
    layout = "channels last"
    sliced = True

    def __init__(self, kernel: AveragePooling, *, gradients: bool) -> None:
        self.kernel = kernel
        scratch = max(kernel.scratch, kernel.scratch_backward if gradients else 0)
        self.memory = Memory(scratch=(Buffer((scratch,)),))

    def needs(self) -> Needs:
        return Needs()

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        self.kernel.forward(channels_last(operands.bottoms[0]), channels_last(operands.tops[0]), operands.scratch[0])

    def backward(self, operands: Operands) -> None:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is not None:
            self.kernel.backward(channels_last(operands.top_diffs[0]), channels_last(bottom_diff), operands.scratch[0])


@makes(Pooling)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    if not isinstance(layer, Pooling) or len(shapes[0]) != 4 or len(node.outputs) > 1:
        return None
    window = layer.fields.window(shapes[0][2:])
    geometry = PoolingGeometry.of(shapes[0], window, floor=layer.floor)
    gradients = options.gradients and node.runs_backward
    if layer.method == MAX and MaxPooling.allows(geometry):
        return MaxPoolingTarget(MaxPooling(geometry), gradients=gradients, rectifies=node.rectifies)
    if layer.method == AVE:
        kernel = AveragePooling(geometry, include_pad=layer.include_pad)
        return AveragePoolingTarget(kernel, gradients=gradients)
    return None
