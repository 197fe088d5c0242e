"""What the ways of convolving cost, in nanoseconds on one thread: products at BLAS's pace and passes over memory.

Constants were fitted to `bench/convolution.py --all`; only their ratios matter for a choice.
"""

from __future__ import annotations

from dataclasses import dataclass

from netcc.kernels.geometry import L2, Geometry
from netcc.kernels.twins import target
from netcc.kernels.winograd_transforms import EDGE


@dataclass(frozen=True)
class _Passes:
    """Nanoseconds to bring one number from one form into another."""

    gather: float
    """For a number of the columns of im2col."""
    scatter: float
    """To add a number of the columns where it belongs, in runs of channels."""
    scatter_run: float
    """To begin with adding one of these runs."""
    tap: float
    """To add a number where it belongs if each tap has its own product: runs are rows then."""
    tile: float
    """For all 36 numbers of a tile of one channel, image to transformed image; about the same for gradients."""
    untile: float
    """For all 36 numbers of a tile of one output, products to 4 x 4 results; half of it for 2 x 2."""
    filter: float
    """For the 36 numbers of a transformed kernel of one channel and one output."""
    run: float
    """To begin with copying one run of neighbouring numbers."""


_PASSES = {
    "numpy": _Passes(0.05, 0.3, 15, 0.35, 45, 35, 65, 6),
    "fast": _Passes(0.04, 0.15, 0, 0.35, 10, 10, 45, 4),
}

_FLOP = 0.012
"""One addition or multiplication in a large product."""

_SMALL_FLOP, _ROW = 0.0105, 15
"""The same in a product with a small matrix, and what each row of the large one costs beside."""

_RUN_NUMBER = 0.08
"""One number of a run that is copied."""

_STREAM = 0.33
"""One number that comes from memory, or from a cache that both threads share."""


def _product(rows: int, inner: int, columns: int) -> float:
    """A product of (rows, inner) with (inner, columns): BLAS brings the second matrix into order first."""
    return 2 * inner * columns * rows * _FLOP + inner * columns * 0.12


def tiles(geometry: Geometry) -> int:
    """Winograd's tiles that the result takes, of all images."""
    tile = EDGE + 1 - geometry.kernel[0]
    return geometry.images * -(-geometry.out_height // tile) * -(-geometry.out_width // tile)


def im2col_forward(geometry: Geometry) -> float:
    part = geometry.one_group
    inner = geometry.taps * part.channels
    return geometry.groups * (
        _product(geometry.pixels, inner, part.outputs) + geometry.pixels * inner * _PASSES[target()].gather
    )


def rows_of_columns(geometry: Geometry) -> float:
    """im2col with small matrices, where every row of columns, and every run of memory copied into it, costs time."""
    inner, run = geometry.taps * geometry.channels, geometry.kernel[1] * geometry.channels
    product = 2 * inner * geometry.outputs * _SMALL_FLOP + _ROW
    return geometry.pixels * (product + geometry.kernel[0] * (_PASSES[target()].run + run * _RUN_NUMBER))


def mirrored_gradient(geometry: Geometry) -> float:
    """The gradient of the image as a convolution of that of the result."""
    return im2col_forward(geometry.mirrored)


def scattered_gradient(geometry: Geometry) -> float:
    """The gradient of the image by col2im."""
    part, passes = geometry.one_group, _PASSES[target()]
    inner = geometry.taps * part.channels
    adding = geometry.pixels * (inner * passes.scatter + geometry.taps * passes.scatter_run)
    return geometry.groups * (_product(geometry.pixels, inner, part.outputs) + adding)


def tap_gradient(geometry: Geometry) -> float:
    """The gradient of the image with a product for each tap."""
    part = geometry.one_group
    products = geometry.taps * _product(geometry.pixels, part.channels, part.outputs)
    return geometry.groups * (products + geometry.pixels * geometry.taps * part.channels * _PASSES[target()].tap)


def cheapest_gradient(geometry: Geometry) -> str:
    """The way to the gradient of the image by im2col: `mirrored`, `taps` or `scattered`."""
    if not geometry.unit_stride:
        return "scattered"
    costs = {"mirrored": mirrored_gradient, "scattered": scattered_gradient, "taps": tap_gradient}
    return min(costs, key=lambda way: costs[way](geometry))


def im2col_weights_gradient(geometry: Geometry) -> float:
    return im2col_forward(geometry)


def minimal_forward(geometry: Geometry) -> float:
    number, passes, part = tiles(geometry), _PASSES[target()], geometry.one_group
    untile = passes.untile * (1 if geometry.kernel == (3, 3) else 0.5)
    transforms = number * (passes.tile * part.channels + untile * part.outputs)
    products = 36 * _product(number, part.channels, part.outputs)
    return geometry.groups * (transforms + products + _streamed(36 * part.channels * part.outputs))


def minimal_weights_gradient(geometry: Geometry) -> float:
    number, passes, part = tiles(geometry), _PASSES[target()], geometry.one_group
    transforms = number * passes.tile * (part.channels + part.outputs)
    products = 36 * _product(part.channels, number, part.outputs)
    plane = part.channels * part.outputs
    # The sums are written, read and brought back to the kernel's size.
    return geometry.groups * (transforms + products + 2 * _streamed(36 * plane) + passes.filter / 2 * plane)


def minimal_filters(geometry: Geometry) -> float:
    return _PASSES[target()].filter * geometry.channels * geometry.outputs / geometry.groups


def _streamed(numbers: int) -> float:
    """Numbers read once: from memory if they are many."""
    return numbers * (_STREAM if 4 * numbers > 16 * L2 else _STREAM / 2 if 4 * numbers > 2 * L2 else _STREAM / 4)
