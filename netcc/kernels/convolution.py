"""Convolution in two dimensions over channels-last arrays: which kernel computes it.

How a plan uses this room, for one slice of the batch (two threads with slices of equal size share one kernel; each has
its own scratch):

    geometry = Geometry(images, height, width, channels, outputs, groups, kernel, stride, pad, dilation)
    kernel = choose(geometry, exact=False)         # kernel.name is for people
    scratch = np.empty(kernel.scratch, dtype)      # one flat array; max(scratch, scratch_backward) for training
    forward = weights                              # whenever weights have changed:
    if kernel.prepared is not None:
        forward = np.empty(kernel.prepared, dtype); kernel.prepare(weights, forward)
    kernel.forward(x, forward, bias, y, scratch, addend=None, relu=0.0)
    backward = weights
    if kernel.prepared_backward is not None:
        backward = np.empty(kernel.prepared_backward, dtype); kernel.prepare_backward(weights, backward)
    kernel.weights_gradient(x, dy, dw, scratch, add=False, db=db)
    kernel.image_gradient(dy, backward, dx, scratch)

`ConvolutionKernel` documents the arguments.
"""

from __future__ import annotations

from collections.abc import Iterator

from netcc.kernels import convolution_cost as cost
from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.depthwise import Depthwise
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pixel_blocks import PixelBlocks, best_block
from netcc.kernels.pointwise import Pointwise, ScaledPointwise
from netcc.kernels.winograd import Winograd

__all__ = ["ConvolutionKernel", "Geometry", "candidates", "choose"]


def choose(geometry: Geometry, *, exact: bool, training: bool = False, prepares: bool = False) -> ConvolutionKernel:
    """The kernel that is expected to be fastest: for `training` in a whole step, in which weights are prepared too.

    With `exact` none that rounds worse than the direct sum; `prepares`: weights are prepared in every pass forward.
    """
    return next(candidates(geometry, exact=exact, training=training, prepares=prepares))


def candidates(
    geometry: Geometry, *, exact: bool, training: bool = False, prepares: bool = False
) -> Iterator[ConvolutionKernel]:
    """All kernels that compute this convolution, the one to choose first."""
    if geometry.kernel == (1, 1) and geometry.pad == (0, 0) and geometry.groups == 1:
        if ScaledPointwise.fits(geometry):
            yield ScaledPointwise(geometry)
        yield Pointwise(geometry)
        return
    if geometry.depthwise:
        yield Depthwise(geometry)
    if best_block(geometry) > 1:
        yield PixelBlocks(geometry)
    if exact or not Winograd.fits(geometry):
        yield Im2col(geometry)
    elif _minimal_wins(geometry, training, prepares):
        yield Winograd(geometry)
        yield Im2col(geometry)
    else:
        yield Im2col(geometry)
        yield Winograd(geometry)


def _minimal_wins(geometry: Geometry, training: bool, prepares: bool) -> bool:
    direct, minimal = cost.im2col_forward(geometry), cost.minimal_forward(geometry)
    if not training:
        return minimal + prepares * cost.minimal_filters(geometry) < direct
    weights = cost.im2col_weights_gradient(geometry)
    gradients = cost.mirrored_gradient, cost.scattered_gradient, cost.tap_gradient
    direct += min(gradient(geometry) for gradient in gradients) + weights
    minimal += cost.minimal_forward(geometry.mirrored) + min(weights, cost.minimal_weights_gradient(geometry))
    return minimal + 2 * cost.minimal_filters(geometry) < direct
