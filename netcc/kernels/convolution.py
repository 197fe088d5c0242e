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

from netcc.kernels.convolution_kernel import ConvolutionKernel
from netcc.kernels.depthwise import Depthwise
from netcc.kernels.geometry import Geometry
from netcc.kernels.im2col import Im2col
from netcc.kernels.pointwise import Pointwise
from netcc.kernels.winograd import Winograd

__all__ = ["ConvolutionKernel", "Geometry", "candidates", "choose"]


def choose(geometry: Geometry, *, exact: bool) -> ConvolutionKernel:
    """The kernel that is expected to be fastest; with `exact` none that rounds worse than the direct sum."""
    return next(candidates(geometry, exact=exact))


def candidates(geometry: Geometry, *, exact: bool) -> Iterator[ConvolutionKernel]:
    """All kernels that compute this convolution, the one to choose first."""
    if geometry.kernel == (1, 1) and geometry.pad == (0, 0) and geometry.groups == 1:
        yield Pointwise(geometry)
        return
    if geometry.depthwise:
        yield Depthwise(geometry)
    minimal = not exact and Winograd.fits(geometry)
    if minimal and geometry.channels >= 16 and geometry.outputs >= 16:
        yield Winograd(geometry)
        yield Im2col(geometry)
    else:
        yield Im2col(geometry)
        if minimal:
            yield Winograd(geometry)
