"""Normalization: of batches, neighbourhoods, images and vectors."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array


def by_channel(small: Array, x: Array) -> Array:
    """One number a channel, so that it spreads over x."""
    return small.reshape(-1, *[1] * (x.ndim - 2))


def batch_normalization(
    x: Array,
    mean_sum: Array,
    variance_sum: Array,
    factor: Array,
    eps: float = 1e-5,
) -> Array:
    """(x - mean) / sqrt(variance + eps) with the statistics of training.

    They are kept as sums, to be divided by a factor.
    """
    share = 1 / factor[0] if factor[0] else 0
    mean, variance = mean_sum * share, variance_sum * share
    return (x - by_channel(mean, x)) / np.sqrt(by_channel(variance, x) + eps)


def batch_normalization_backward(
    dy: Array, variance_sum: Array, factor: Array, eps: float = 1e-5
) -> Array:
    """The statistics are constants here."""
    share = 1 / factor[0] if factor[0] else 0
    return dy / np.sqrt(by_channel(variance_sum * share, dy) + eps)


def batch_normalization_in_training(
    x: Array,
    mean_sum: Array,
    variance_sum: Array,
    factor: Array,
    fraction: float = 0.999,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array, Array]:
    """(x - mean) / sqrt(variance + eps) with the statistics of the batch.

    Also gives the sums of statistics, of which a fraction is kept and the new added.
    """
    axes = (0, *range(2, x.ndim))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    y = (x - by_channel(mean, x)) / np.sqrt(by_channel(variance, x) + eps)
    numbers = x.size / len(mean)
    unbiased = variance * numbers / (numbers - 1) if numbers > 1 else variance
    return (
        y,
        fraction * mean_sum + mean,
        fraction * variance_sum + unbiased,
        fraction * factor + 1,
    )


def batch_normalization_in_training_backward(
    dy: Array, x: Array, y: Array, eps: float = 1e-5
) -> Array:
    """Mean and variance depend on x too: what changes them all alike has no effect."""
    axes = (0, *range(2, x.ndim))
    d_mean = dy.mean(axis=axes, keepdims=True)
    d_scale = (dy * y).mean(axis=axes, keepdims=True)
    deviation = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    return (dy - d_mean - y * d_scale) / deviation


def sum_of_neighbours(x: Array, size: int, axis: int) -> Array:
    """At each place of an axis, the sum of the `size` numbers around it."""
    rim = [(0, 0)] * x.ndim
    rim[axis] = (size // 2, size // 2)
    padded = np.pad(x, rim)
    places = np.arange(x.shape[axis])
    return sum(np.take(padded, places + i, axis) for i in range(size))


def sum_around(x: Array, size: int, within_channel: bool) -> Array:
    """The sum over neighbouring channels, or over a square of pixels."""
    if within_channel:
        return sum_of_neighbours(sum_of_neighbours(x, size, 2), size, 3)
    return sum_of_neighbours(x, size, 1)


def local_response_normalization(
    x: Array,
    size: int,
    alpha: float,
    beta: float,
    k: float = 1.0,
    within_channel: bool = False,
) -> Array:
    """x / (k + alpha / n * sum of the n squares around x) ^ beta."""
    n = size * size if within_channel else size
    return x / (k + alpha / n * sum_around(x * x, size, within_channel)) ** beta


def local_response_normalization_backward(
    dy: Array,
    x: Array,
    size: int,
    alpha: float,
    beta: float,
    k: float = 1.0,
    within_channel: bool = False,
) -> Array:
    """A number changes itself, and the divisors of all its neighbours."""
    n = size * size if within_channel else size
    sums = k + alpha / n * sum_around(x * x, size, within_channel)
    direct = dy * sums**-beta
    around = sum_around(direct * x / sums, size, within_channel)
    return direct - 2 * alpha * beta / n * x * around


def normalize(
    x: Array, factors: Array, across_spatial: bool = True, eps: float = 1e-10
) -> Array:
    """Vectors of length 1, times a factor: whole images, or the channels of a pixel."""
    axes = tuple(range(1, x.ndim)) if across_spatial else (1,)
    length = np.sqrt((x * x).sum(axis=axes, keepdims=True) + eps)
    return by_channel(factors, x) * x / length


def normalize_backward(
    dy: Array,
    x: Array,
    factors: Array,
    across_spatial: bool = True,
    eps: float = 1e-10,
) -> tuple[Array, Array]:
    """Gradients of the input and of the factors."""
    axes = tuple(range(1, x.ndim)) if across_spatial else (1,)
    length = np.sqrt((x * x).sum(axis=axes, keepdims=True) + eps)
    unit, scaled = x / length, by_channel(factors, x) * dy
    along = (scaled * unit).sum(axis=axes, keepdims=True)
    d_factors = (dy * unit).sum(axis=(0, *range(2, x.ndim)))
    if factors.size == 1:
        d_factors = d_factors.sum()
    return (scaled - unit * along) / length, d_factors.reshape(factors.shape)


def standardize(
    x: Array, across_channels: bool = False, variance: bool = True, eps: float = 1e-9
) -> Array:
    """(x - mean) / (deviation + eps) of each channel of each image, or of each image.

    Without variance only the mean is taken off.
    """
    rows = x.reshape(*x.shape[: 1 if across_channels else 2], -1)
    y = rows - rows.mean(axis=-1, keepdims=True)
    if variance:
        y = y / (rows.std(axis=-1, keepdims=True) + eps)
    return y.reshape(*x.shape, *[1] * (4 - x.ndim))


def standardize_backward(
    dy: Array,
    x: Array,
    y: Array,
    across_channels: bool = False,
    variance: bool = True,
    eps: float = 1e-9,
) -> Array:
    """Mean and deviation depend on x too."""
    rows = x.reshape(*x.shape[: 1 if across_channels else 2], -1)
    dy_rows, y_rows = dy.reshape(rows.shape), y.reshape(rows.shape)
    d_rows = dy_rows - dy_rows.mean(axis=-1, keepdims=True)
    if variance:
        d_rows = d_rows - y_rows * (dy_rows * y_rows).mean(axis=-1, keepdims=True)
        d_rows = d_rows / (rows.std(axis=-1, keepdims=True) + eps)
    return d_rows.reshape(x.shape)
