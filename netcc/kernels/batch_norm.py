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

from netcc.kernels.blocks import carve, carved
from netcc.kernels.scale_bias import ScaleBias, column_sums, row_pieces, rows_of_piece
from netcc.kernels.strips import pixels
from netcc.kernels.twins import pick
from netcc.types import Array, Shape


class BatchNorm:
    """For slices of `shape` (images, height, width, channels). `relu` as for `ScaleBias`.

    Statistics and sums are float64, whatever the type of the arrays. Where not x but the normalised numbers are at hand
    in backward, they are passed as x, without a mean, and `coefficients` is told so.
    """

    def __init__(self, shape: Shape, relu: float | None = None) -> None:
        self._scale = ScaleBias(shape, relu)
        numbers = rows_of_piece(shape[-1]) * shape[-1]
        self.scratch = max(self._scale.scratch, carved([numbers] * 2))
        self.scratch_backward = max(self._scale.scratch_backward, carved([numbers] * 4))
        self._statistics, self._apply = pick(statistics), pick(apply_gradient)

    def statistics(self, x: Array, out: Array, scratch: Array) -> None:
        """out[0] (channels) = means of x, out[1] = sums of squared distances from them."""
        self._statistics(x, out, scratch)

    def normalise(self, x: Array, mean: Array, factor: Array, shift: Array | None, y: Array, scratch: Array) -> None:
        """y = (x - mean) * factor + shift, then ReLU; factor is r or gamma r. y may be x."""
        self._scale.forward(x, mean, factor, shift, y, scratch)

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


def statistics(x: Array, out: Array, scratch: Array) -> None:
    """Sums are formed of distances from the mean of the first piece, so that no digits are lost to a large mean."""
    rows, channels = pixels(x), x.shape[-1]
    size = (min(len(rows), rows_of_piece(channels)), channels)
    tile, work = carve(scratch, [size] * 2)
    out.fill(0)
    pivot = column_sums(rows[: len(tile)]) / len(tile)
    np.copyto(tile, pivot)
    for here in row_pieces(rows):
        distances = work[: len(rows[here])]
        np.subtract(rows[here], tile[: len(distances)], out=distances)
        out[0] += column_sums(distances)
        np.multiply(distances, distances, out=distances)
        out[1] += column_sums(distances)
    out[0] /= len(rows)
    out[1] -= out[0] ** 2 * len(rows)
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
    channels = x.shape[-1]
    size = (min(x.size // channels, rows_of_piece(channels)), channels)
    factors, slopes, shifts, work = carve(scratch, [size] * 4)
    np.copyto(factors, gradient, casting="same_kind")
    np.copyto(slopes, distance, casting="same_kind")
    np.copyto(shifts, constant if mean is None else constant - distance * mean, casting="same_kind")
    for here in row_pieces(pixels(x)):
        source, target = pixels(g)[here], pixels(dx)[here]
        rows = len(source)
        np.multiply(pixels(x)[here], slopes[:rows], out=work[:rows])
        np.add(work[:rows], shifts[:rows], out=work[:rows])
        np.multiply(source, factors[:rows], out=target)
        np.add(target, work[:rows], out=target)
