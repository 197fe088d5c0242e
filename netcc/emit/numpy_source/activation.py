"""Functions of single numbers."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array


def relu(x: Array, negative_slope: float = 0.0) -> Array:
    """Numbers below 0 become 0, or are multiplied by a slope."""
    return np.maximum(x, 0) + negative_slope * np.minimum(x, 0)


def relu_backward(dy: Array, x: Array, negative_slope: float = 0.0) -> Array:
    """The slope is 1 above 0."""
    return dy * np.where(x > 0, 1, negative_slope).astype(dy.dtype)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), in a form that does not overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def sigmoid_backward(dy: Array, y: Array) -> Array:
    """The slope of a sigmoid is y (1 - y)."""
    return dy * y * (1 - y)


def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(x)


def tanh_backward(dy: Array, y: Array) -> Array:
    """The slope of tanh is 1 - y^2."""
    return dy * (1 - y * y)


def clip(x: Array, least: float, most: float) -> Array:
    """Numbers below `least` become `least`, those above `most` become `most`."""
    return np.maximum(least, np.minimum(x, most))


def clip_backward(dy: Array, x: Array, least: float, most: float) -> Array:
    """The gradient passes where nothing was cut."""
    return dy * ((x >= least) & (x <= most))


def power(x: Array, exponent: float, scale: float, shift: float) -> Array:
    """(shift + scale x) ^ exponent; constant where the exponent or the scale is 0."""
    if exponent * scale == 0:
        return np.full_like(x, np.power(float(shift), exponent))
    y = shift + scale * x
    return y if exponent == 1 else np.power(y, exponent)


def power_backward(
    dy: Array, x: Array, exponent: float, scale: float, shift: float
) -> Array:
    """The slope is exponent scale (shift + scale x) ^ (exponent - 1)."""
    factor = exponent * scale
    if factor == 0 or exponent == 1:
        return dy * factor
    return dy * factor * np.power(shift + scale * x, exponent - 1)


def absolute_value(x: Array) -> Array:
    """|x|."""
    return np.abs(x)


def absolute_value_backward(dy: Array, x: Array) -> Array:
    """The slope is the sign."""
    return dy * np.sign(x)


def elu(x: Array, alpha: float = 1.0, gain: float = 1.0) -> Array:
    """x above 0, alpha (exp(x) - 1) below; all times a gain."""
    return gain * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dy: Array, x: Array, alpha: float = 1.0, gain: float = 1.0) -> Array:
    """The slope is 1 above 0 and alpha exp(x) below; all times the gain."""
    below = alpha * np.exp(np.minimum(x, 0))
    return dy * gain * np.where(x > 0, 1, below).astype(dy.dtype)


def exponential(x: Array, inner: float = 1.0, outer: float = 1.0) -> Array:
    """outer exp(inner x)."""
    return outer * np.exp(inner * x)


def exponential_backward(dy: Array, y: Array, inner: float = 1.0) -> Array:
    """The slope is inner y."""
    return dy * inner * y


def logarithm(x: Array, factor: float, scale: float, shift: float) -> Array:
    """factor ln(shift + scale x)."""
    return factor * np.log(shift + scale * x)


def logarithm_backward(
    dy: Array, x: Array, factor: float, scale: float, shift: float
) -> Array:
    """The slope is factor scale / (shift + scale x)."""
    return dy * factor * scale / (shift + scale * x)


def soft_plus(x: Array) -> Array:
    """ln(1 + exp(x)): Caffe's BNLL."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def soft_plus_backward(dy: Array, x: Array) -> Array:
    """The slope is a sigmoid."""
    return dy * sigmoid(x)


def threshold(x: Array, level: float) -> Array:
    """1 above the level, else 0."""
    return (x > level).astype(x.dtype)


def prelu(x: Array, slopes: Array) -> Array:
    """A ReLU whose slope below 0 is learnt: one for all, or one for each channel."""
    slope = slopes.reshape(-1, *[1] * (x.ndim - 2))
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def prelu_backward(dy: Array, x: Array, slopes: Array) -> tuple[Array, Array]:
    """Gradients of the input and of the slopes."""
    slope = slopes.reshape(-1, *[1] * (x.ndim - 2))
    d_slopes = (dy * np.minimum(x, 0)).sum(axis=(0, *range(2, x.ndim)))
    if slopes.size == 1:
        d_slopes = d_slopes.sum()
    return dy * np.where(x > 0, 1, slope), d_slopes.reshape(slopes.shape)


def dropout(x: Array, random: np.random.Generator, ratio: float) -> tuple[Array, Array]:
    """Drops numbers by chance and makes the others larger; also which were kept."""
    kept = random.random(x.shape, np.float32) >= ratio
    return x * kept / (1 - ratio), kept


def dropout_backward(dy: Array, kept: Array, ratio: float) -> Array:
    """The gradient passes where the numbers passed."""
    return dy * kept / (1 - ratio)
