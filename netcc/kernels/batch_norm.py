"""Batch normalization of channels-last images in phases, so that slices of the batch can run at the same time.

Forward: `statistics` of every slice, `join` them, `normalise` every slice. Backward: `sums` of every slice, added;
`coefficients` from them, `apply` to every slice. A Scale layer and a ReLU that follow come at no further pass.

With u = x - mean, r = 1 / sqrt(variance + eps), m numbers in a channel and g the gradient at the result of the Scale
layer: y = gamma r u + beta, dbeta = sum g, dgamma = r sum g u, and
dx = gamma r (g - sum g / m - r^2 u sum g u / m). Ioffe and Szegedy, Batch Normalization (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netcc.kernels.blocks import carve, carved, take
from netcc.kernels.scale_bias import (
    ScaleBias,
    band_shape,
    band_size,
    bands,
    column_products,
    column_sums,
    piece_size,
)
from netcc.kernels.strips import pixels
from netcc.kernels.twins import pick
from netcc.types import Array, Shape

MOST_SQUARE = 16.0
"""The square of a channel's mean, in variances, up to which its numbers need not be centred: 3e-7 of their squares is
5e-6 of the variance then."""


class BatchNorm:
    """For slices of `shape` (images, height, width, channels). `relu` as for `ScaleBias`.

    Statistics and sums are float64, whatever the type of the arrays. Where not x but the normalised numbers are at hand
    in backward, they are passed as x, without a mean, and `coefficients` is told so.
    """

    def __init__(self, shape: Shape, relu: float | None = None) -> None:
        self._scale = ScaleBias(shape, relu)
        band, piece = band_size(shape[-1]), piece_size(shape)
        self.scratch = max(self._scale.scratch, carved([band, piece]))
        self.scratch_backward = max(self._scale.scratch_backward, carved([band] * 3 + [piece]))
        self._statistics, self._apply = pick(statistics), pick(apply_gradient)

    def statistics(self, x: Array, out: Array, scratch: Array) -> None:
        """out[0] (channels) = means of x, out[1] = sums of squared distances from them."""
        self._statistics(x, out, scratch)

    def normalise(
        self,
        x: Array,
        mean: Array | None,
        factor: Array,
        shift: Array | None,
        y: Array,
        scratch: Array,
        addend: Array | None = None,
    ) -> None:
        """y = (x - mean) * factor + shift + addend, then ReLU; factor is r or gamma r. y may be x."""
        self._scale.forward(x, mean, factor, shift, y, scratch, addend=addend)

    def sums(
        self, dy: Array, y: Array | None, x: Array, mean: Array | None, g: Array | None, out: Array, scratch: Array
    ) -> None:
        """As `ScaleBias.sums`."""
        self._scale.sums(dy, y, x, mean, g, out, scratch)

    def apply(self, g: Array, x: Array, mean: Array | None, found: Coefficients, dx: Array, scratch: Array) -> None:
        """dx from g, which may be dx."""
        self._apply(g, x, mean, found.gradient, found.distance, found.constant, dx, scratch)


def join(parts: Sequence[Array], counts: Sequence[int]) -> tuple[Array, Array]:
    """Mean and biased variance (channels) of all slices from their statistics and their pixels.

    Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979).
    """
    total = sum(counts)
    mean = np.asarray(sum(part[0] * (count / total) for part, count in zip(parts, counts, strict=True)))
    squares = sum(part[1] + count * (part[0] - mean) ** 2 for part, count in zip(parts, counts, strict=True))
    return mean, np.asarray(squares / total)


@dataclass(frozen=True, slots=True)
class Coefficients:
    """dx = gradient * g + distance * u + constant for each channel, and the gradients of gamma and beta."""

    gradient: Array
    distance: Array
    constant: Array
    gamma: Array
    beta: Array


def coefficients(
    sums: Array, inverse: Array, gamma: Array | float, pixels_in_all: int, *, normalised: bool = False
) -> Coefficients:
    """From the sums of all slices, r, and gamma (1 without a Scale layer); `normalised`: x was r u in `sums`."""
    around = np.ones_like(inverse) if normalised else inverse
    gain = gamma * inverse
    distance = -gain * around * around * sums[1] / pixels_in_all
    return Coefficients(gain, distance, -gain * sums[0] / pixels_in_all, sums[1] * around, sums[0])


def is_near_zero(mean: Array, inverse: Array) -> bool:
    """Whether the means of all channels are so near to zero that their numbers need not be centred."""
    return bool((mean * mean * inverse * inverse <= MOST_SQUARE).all())


def statistics(x: Array, out: Array, scratch: Array) -> None:
    """Numbers are summed as they are; where that loses digits to means far from zero, once more around these."""
    rows = x.size // x.shape[-1]
    out.fill(0)
    for here, shape in bands(x.shape):
        piece = pixels(x)[here].reshape(shape)
        out[0] += column_sums(piece)
        out[1] += column_products(piece, piece)
    out[0] /= rows
    squares = out[0] ** 2
    out[1] -= squares * rows
    if not (squares * rows <= MOST_SQUARE * out[1]).all():
        _statistics_around(out[0].copy(), x, out, scratch)


def _statistics_around(pivot: Array, x: Array, out: Array, scratch: Array) -> None:
    """As `statistics`, from the distances from `pivot` (channels)."""
    rows = x.size // x.shape[-1]
    tile, work = carve(scratch, [band_shape(x), (piece_size(x.shape),)])
    np.copyto(tile, pivot, casting="same_kind")
    np.copyto(pivot, tile[0])  # as it was rounded
    out.fill(0)
    for here, shape in bands(x.shape):
        distances = take(work, shape)
        np.subtract(pixels(x)[here].reshape(shape), tile[: shape[1]], out=distances)
        out[0] += column_sums(distances)
        out[1] += column_products(distances, distances)
    out[0] /= rows
    out[1] -= out[0] ** 2 * rows
    np.maximum(out[1], 0, out=out[1])
    out[0] += pivot


def apply_gradient(
    g: Array,
    x: Array,
    mean: Array | None,
    gradient: Array,
    distance: Array,
    constant: Array,
    dx: Array,
    scratch: Array,
) -> None:
    """dx = gradient * g + distance * (x - mean) + constant for each channel."""
    factors, slopes, shifts, work = carve(scratch, [band_shape(x)] * 3 + [(piece_size(x.shape),)])
    np.copyto(factors, gradient, casting="same_kind")
    np.copyto(slopes, distance, casting="same_kind")
    np.copyto(shifts, constant if mean is None else constant - distance * mean, casting="same_kind")
    for here, shape in bands(x.shape):
        source, target = pixels(g)[here].reshape(shape), pixels(dx)[here].reshape(shape)
        term, band = take(work, shape), shape[1]
        np.multiply(pixels(x)[here].reshape(shape), slopes[:band], out=term)
        np.add(term, shifts[:band], out=term)
        np.multiply(source, factors[:band], out=target)
        np.add(target, term, out=target)
