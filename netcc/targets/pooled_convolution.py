"""In training, a convolution with the MAX Pooling behind it, which need no blob between them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from netcc.ir.graph import Node
from netcc.kernels.calls import CallIterator, make
from netcc.kernels.finish import finish
from netcc.kernels.geometry import Geometry
from netcc.kernels.pooled_training import PooledTraining
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.scale_bias import ScaleBias
from netcc.kernels.twins import pick, target
from netcc.layers.activation import ReLU
from netcc.layers.base import Buffer, Operands
from netcc.layers.convolution import Convolution
from netcc.layers.pooling import MAX, Pooling
from netcc.targets.arrays import channels_last
from netcc.targets.base import Computation, Target, ignoring
from netcc.targets.choose import absorbs, makes
from netcc.targets.convolution import ConvolutionTarget, best_kind, geometry_of, pooling_of
from netcc.targets.options import Options
from netcc.types import Shape

LEAST_BYTES = 1 << 20
"""Of one image before pooling."""

FEW_OUTPUTS = 64


class PooledConvolutionTarget(ConvolutionTarget):
    """A convolution, then MAX Pooling, then perhaps a ReLU.

    What does not pass the ReLU is taken out of the pooled diff, which is smaller; its sums are the gradient of the
    bias.
    """

    def __init__(self, node: Node, pooled: PooledTraining, options: Options) -> None:
        super().__init__(node, pooled.first, options)
        self.pooled = pooled
        self.name = pooled.name
        self.adds_diffs = False
        self._finish = pick(finish)
        scratch = max(pooled.scratch, pooled.scratch_backward)
        if self.mask is not None:
            self.mask = ScaleBias(pooled.pooling.y_shape, self.relu)
            scratch = max(scratch, self.mask.scratch_backward)
        self.memory = replace(self.memory, saved=(pooled.saved,), scratch=(Buffer((scratch,)),))

    def forward(self, operands: Operands) -> None:
        make(self._forward_calls(operands))

    def backward(self, operands: Operands) -> None:
        make(self._backward_calls(operands))

    def bound_forward(self, operands: Operands) -> Computation:
        return ignoring(partial(make, [*self._forward_calls(operands)]))

    def bound_backward(self, operands: Operands) -> Computation:
        return ignoring(partial(make, [*self._backward_calls(operands)]))

    def _forward_calls(self, operands: Operands) -> CallIterator:
        weights = operands.parameters[0] if self.kernel.prepared is None else operands.derived[0]
        bias = operands.parameters[1] if self.layer.bias_term else None
        x, y = channels_last(operands.bottoms[0]), channels_last(operands.tops[0])
        yield from self.pooled.forward_calls(x, weights, bias, y, operands.saved[0], operands.scratch[0])
        if self.relu is not None:
            yield partial(self._finish, y, None, None, self.relu)

    def _backward_calls(self, operands: Operands) -> CallIterator:
        weights_diff, *rest = operands.parameter_diffs
        bias_diff = rest[0] if rest else None
        x, dy = channels_last(operands.bottoms[0]), channels_last(operands.top_diffs[0])
        if self.mask is not None:
            yield partial(self._mask, self.mask, operands, bias_diff)
        elif bias_diff is not None:
            yield partial(self.pooled.first.bias_gradient, dy, bias_diff, add=False)
        weights = operands.parameters[0] if self.backward_weights is None else operands.derived[0]
        dx = None if operands.bottom_diffs[0] is None else channels_last(operands.bottom_diffs[0])
        yield from self.pooled.backward_calls(x, dy, operands.saved[0], weights, weights_diff, dx, operands.scratch[0])


@makes(Convolution)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    geometry = geometry_of(node, shapes)
    pooling = None if geometry is None else pooling_of(node, geometry)
    if geometry is None or pooling is None or not options.gradients:
        return None
    pooled = PooledTraining(best_kind(node, geometry, options), geometry, pooling)
    return PooledConvolutionTarget(node, pooled, options)


@absorbs(Convolution)
def _absorb(node: Node, follower: Node, options: Options) -> bool:
    """MAX Pooling, behind the convolution or behind a ReLU that clears what is below zero.

    Of what such a ReLU clears nothing passes back, whichever of it the pooling takes for the largest.
    """
    layer = follower.layer
    shapes = tuple(value.shape for value in node.inputs)
    if not options.gradients or not isinstance(layer, Pooling) or layer.method != MAX or len(shapes) != 1:
        return False
    rectifies = [type(part.layer) is ReLU and part.layer.negative_slope == 0 for part in node.absorbed]
    geometry = geometry_of(node, shapes)
    if geometry is None or rectifies not in ([], [True]):
        return False
    pooling = pooling_of(node, geometry, follower)
    return pooling is not None and MaxPooling.allows(pooling) and _pays(geometry)


def _pays(geometry: Geometry) -> bool:
    """Measured: where an image's result would not stay in the cache by itself or, for NumPy, has few channels."""
    numbers = geometry.out_height * geometry.out_width * geometry.outputs
    return 4 * numbers >= LEAST_BYTES or (target() == "numpy" and geometry.outputs <= FEW_OUTPUTS)
