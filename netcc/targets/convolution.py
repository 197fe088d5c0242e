"""Convolution in two dimensions over channels-last blobs, with what follows it at no cost of its own.

For inference the layers behind are taken over: those that multiply and shift channels go into the weights, a sum with
another blob, MAX Pooling and ReLU are done while the result is still in the cache.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from netcc.ir.graph import Node
from netcc.kernels.convolution import ConvolutionKernel, Geometry, choose
from netcc.kernels.convolution_kernel import ForwardKernel
from netcc.kernels.pointwise import ScaledPointwise
from netcc.kernels.pooled_convolution import PooledConvolution
from netcc.kernels.scale_bias import ScaleBias
from netcc.kernels.windows import PoolingGeometry
from netcc.layers.activation import ReLU
from netcc.layers.base import Buffer, Needs, Operands
from netcc.layers.convolution import Convolution
from netcc.layers.eltwise import Eltwise
from netcc.layers.pooling import MAX, Pooling
from netcc.targets.affine import affine_parts, composed
from netcc.targets.arrays import channels_last
from netcc.targets.base import Arrays, Memory, Target
from netcc.targets.choose import absorbs, makes
from netcc.targets.options import Options
from netcc.targets.share import processors
from netcc.types import Array, Shape

TYPICAL_IMAGES = 8
"""The kernel is chosen for at most so many images, so that slices of a batch that differ by one get the same. In
training, where each processor has one slice, for as many as there are in a larger one."""

PART_NUMBERS = 1 << 18
"""Numbers of weights that are made ready in one call."""


class ConvolutionTarget(Target):
    """One kernel for all bottoms of a Convolution layer, and the layers behind that it absorbed."""

    layout = "channels last"
    sliced = True

    def __init__(self, node: Node, kernel: ForwardKernel, options: Options) -> None:
        layer = node.layer
        assert isinstance(layer, Convolution)
        self.kernel = kernel
        self.gradients = kernel if options.gradients and isinstance(kernel, ConvolutionKernel) else None
        self.layer = layer
        self.name = kernel.name
        self.affine = affine_parts(node)
        self.scaled = kernel if isinstance(kernel, ScaledPointwise) and self.affine else None
        self.adds = any(isinstance(part.layer, Eltwise) for part in node.absorbed)
        relu = [part.layer.negative_slope for part in node.absorbed if isinstance(part.layer, ReLU)]
        self.relu = relu[0] if relu else None
        masks = self.gradients and relu and not node.rectified
        self.mask = ScaleBias(_y_shape(kernel.geometry), self.relu) if masks else None
        self.mask_below = ScaleBias(_x_shape(kernel.geometry), 0) if node.rectifies else None
        self.backward_weights = self.gradients.prepared_backward if self.gradients and any(node.propagate) else None
        scratch = max(kernel.scratch, self.gradients.scratch_backward if self.gradients else 0)
        scratch = max([scratch, *(mask.scratch_backward for mask in (self.mask, self.mask_below) if mask is not None)])
        self.changes_diff = self.mask is not None
        self.adds_diffs = self.gradients is not None and self.gradients.adds_image_gradient
        self.memory = Memory(
            scratch=(Buffer((scratch,)),),
            derived=tuple(Buffer(shape) for shape in self._derived(node)),
            derived_backward=() if self.backward_weights is None else (Buffer(self.backward_weights),),
        )

    def _derived(self, node: Node) -> list[Shape]:
        """Shapes of the weights for forward, or gains of its results, and, if layers behind change it, the bias."""
        weights = node.signature.parameters[0].shape
        if self.scaled:
            return [(weights[0],), (weights[0],)]
        if self.affine:
            return [self.kernel.prepared or weights, (weights[0],)]
        return [] if self.kernel.prepared is None else [self.kernel.prepared]

    def needs(self) -> Needs:
        bottoms = (0,) if self.mask_below is not None else self.layer.needs().bottoms
        return Needs(bottoms, (0,) if self.mask is not None else ())

    def derive(self, parameters: Arrays, derived: Arrays) -> None:
        weights = parameters[0]
        if self.affine:
            gain, bias = self._composed(parameters)
            if len(derived) > 1:
                np.copyto(derived[1], bias)
            if self.scaled:
                np.copyto(derived[0], gain)
                return
            weights = weights * gain[:, None, None, None]
        self.kernel.prepare(weights, derived[0])

    def derive_parts(self, parameters: Arrays, derived: Arrays) -> list[tuple[Arrays, Arrays]]:
        if not self.kernel.prepares_parts or self.scaled:
            return [(parameters, derived)]
        (weights, *rest), (prepared, *bias) = parameters, derived
        return [
            ((weights[:, part], *rest), (prepared[..., part, :], *([] if part.start else bias)))
            for part in _parts(prepared)
        ]

    def derive_backward(self, parameters: Arrays, derived: Arrays) -> None:
        assert self.gradients is not None
        self.gradients.prepare_backward(parameters[0], derived[0])

    def derive_backward_parts(self, parameters: Arrays, derived: Arrays) -> list[tuple[Arrays, Arrays]]:
        if self.gradients is None or not self.gradients.prepares_backward_parts:
            return [(parameters, derived)]
        return [((parameters[0][part],), (derived[0][..., part, :],)) for part in _parts(derived[0])]

    def _composed(self, parameters: Arrays) -> tuple[Array, Array]:
        """What the affine layers behind make of the outputs: their gains, and the bias with all shifts."""
        weights, *rest = parameters
        bias = rest.pop(0) if self.layer.bias_term else np.zeros(len(weights), weights.dtype)
        return composed(self.affine, rest, bias)

    def forward(self, operands: Operands) -> None:
        (scratch,) = operands.scratch
        weights = operands.parameters[0]
        bias = operands.parameters[1] if self.layer.bias_term else None
        forward = self.kernel.forward
        if self.scaled:
            gain, bias = operands.derived
            forward = partial(self.scaled.forward, gain=gain)
        elif self.affine:
            weights, bias = operands.derived
        elif self.kernel.prepared is not None:
            weights = operands.derived[0]
        addend = channels_last(operands.bottoms[-1]) if self.adds else None
        for bottom, top in zip(operands.bottoms, operands.tops, strict=False):
            x, y = channels_last(bottom), channels_last(top)
            forward(x, weights, bias, y, scratch, addend=addend, relu=self.relu)

    def backward(self, operands: Operands) -> None:
        kernel = self.gradients
        assert kernel is not None
        (scratch,) = operands.scratch
        weights_diff, *rest = operands.parameter_diffs
        bias_diff = rest[0] if rest else None
        if self.mask is not None:
            self._mask(self.mask, operands, bias_diff)
            bias_diff = None
        weights = operands.parameters[0] if self.backward_weights is None else operands.derived[0]
        for index, (bottom, top_diff) in enumerate(zip(operands.bottoms, operands.top_diffs, strict=True)):
            x, dy, bottom_diff = channels_last(bottom), channels_last(top_diff), operands.bottom_diffs[index]
            if weights_diff is not None:
                kernel.weights_gradient(x, dy, weights_diff, scratch, add=index > 0, db=bias_diff)
            elif bias_diff is not None:
                kernel.bias_gradient(dy, bias_diff, add=index > 0)
            if bottom_diff is not None:
                adds, dx = bool(operands.adds) and operands.adds[index], channels_last(bottom_diff)
                gradient = kernel.add_image_gradient if adds else kernel.image_gradient
                gradient(dy, weights, dx, scratch)
                if self.mask_below is not None:
                    self.mask_below.sums(dx, x, None, None, dx, np.empty((2, dx.shape[-1])), scratch)

    def _mask(self, mask: ScaleBias, operands: Operands, bias_diff: Array | None) -> None:
        """Takes out of the top's diff what does not pass the ReLU; its sums are the gradient of the bias."""
        dy, y = channels_last(operands.top_diffs[0]), channels_last(operands.tops[0])
        sums = np.empty((2, dy.shape[-1]))
        mask.sums(dy, y, None, None, dy, sums, operands.scratch[0])
        if bias_diff is not None:
            np.copyto(bias_diff, sums[0])


def _parts(prepared: Array) -> list[slice]:
    """Ranges of the last axis but one of weights made ready, each with few enough numbers to stay in a cache."""
    rows = prepared.shape[-2]
    step = max(1, PART_NUMBERS * rows // prepared.size)
    return [slice(first, first + step) for first in range(0, rows, step)]


def _x_shape(geometry: Geometry) -> Shape:
    return (geometry.images, geometry.height, geometry.width, geometry.channels)


def _y_shape(geometry: Geometry) -> Shape:
    return (geometry.images, geometry.out_height, geometry.out_width, geometry.outputs)


def _is_planar(node: Node) -> bool:
    layer = node.layer
    shapes = [value.shape for value in node.inputs]
    return isinstance(layer, Convolution) and layer.axis % 4 == 1 and all(len(shape) == 4 for shape in shapes)


@makes(Convolution)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    geometry = geometry_of(node, shapes)
    if geometry is None:
        return None
    kind, pooling = best_kind(node, geometry, options), pooling_of(node, geometry)
    if pooling is None:
        return ConvolutionTarget(node, kind(geometry), options)
    return None if options.gradients else ConvolutionTarget(node, PooledConvolution(kind, geometry, pooling), options)


def geometry_of(node: Node, shapes: tuple[Shape, ...]) -> Geometry | None:
    """The sizes of a convolution in two dimensions; None for any other layer."""
    layer = node.layer
    if not isinstance(layer, Convolution) or not _is_planar(node):
        return None
    images, channels, height, width = shapes[0]
    window = layer.window.window(2)
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = window.kernel, window.stride, window.pad, window.dilation
    return Geometry(
        images,
        height,
        width,
        channels,
        layer.num_output,
        layer.groups(channels),
        (kh, kw),
        (sh, sw),
        (ph, pw),
        (dh, dw),
    )


def best_kind(node: Node, geometry: Geometry, options: Options) -> type[ConvolutionKernel]:
    """The kind of kernel that is chosen for the whole batch of `node`, of which `geometry` has a slice."""
    typical = replace(geometry, images=_typical_images(node.inputs[0].shape[0], options))
    prepares = options.derives_in_passes
    return type(choose(typical, exact=options.exact, training=options.gradients, prepares=prepares))


def _typical_images(batch: int, options: Options) -> int:
    fewest = min(batch, TYPICAL_IMAGES)
    return max(fewest, batch // processors()) if options.gradients else fewest


def pooling_of(node: Node, geometry: Geometry, follower: Node | None = None) -> PoolingGeometry | None:
    """The windows of the Pooling layer that `node` absorbed, or of `follower`, if there is one."""
    for part in (*node.absorbed, *([] if follower is None else [follower])):
        if isinstance(part.layer, Pooling):
            images, height, width, channels = _y_shape(geometry)
            bottom = images, channels, height, width
            return PoolingGeometry.of(bottom, part.layer.fields.window(bottom[2:]), floor=part.layer.floor)
    return None


@absorbs(Convolution)
def _absorb(node: Node, follower: Node, options: Options) -> bool:
    """In this order: any number of affine layers, one sum with another blob, one ReLU; in training the ReLU alone.

    For inference a MAX Pooling without a sum before it, too, just before the ReLU or behind it. For training see
    `pooled_convolution`.
    """
    layer, done = follower.layer, [type(part.layer) for part in node.absorbed]
    if not _is_planar(node) or len(node.inputs) - (Eltwise in done) != 1:
        return False
    if isinstance(layer, Pooling):
        return not options.gradients and not {Eltwise, Pooling} & {*done} and _commutes(node, follower)
    if ReLU in done:
        return False
    if type(layer) is ReLU:
        return not (options.gradients or Pooling in done) or 0 <= layer.negative_slope < 1
    if options.gradients or Eltwise in done or Pooling in done:
        return False
    if isinstance(layer, Eltwise):
        return layer.is_sum and len(follower.inputs) == len(set(follower.inputs)) == 2
    return len(follower.inputs) == 1 and layer.is_affine(follower.inputs[0].shape)


def _commutes(node: Node, pooling: Node) -> bool:
    """Whether what `node` absorbed may as well follow the pooling: it keeps the order of numbers."""
    layer = pooling.layer
    slopes = [part.layer.negative_slope for part in node.absorbed if isinstance(part.layer, ReLU)]
    return isinstance(layer, Pooling) and layer.method == MAX and all(slope >= 0 for slope in slopes)
