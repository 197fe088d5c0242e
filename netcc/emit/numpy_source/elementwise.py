"""Several arrays number by number; scales and biases."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array


def weighted_sum(*xs: Array, coefficients: tuple[float, ...] | None = None) -> Array:
    """The sum of all, each times its coefficient."""
    factors = coefficients or (1.0,) * len(xs)
    return sum(c * x for c, x in zip(factors, xs, strict=True))


def weighted_sum_backward(dy: Array, coefficients: tuple[float, ...]) -> list[Array]:
    """Each gets the gradient times its coefficient."""
    return [c * dy for c in coefficients]


def product(*xs: Array) -> Array:
    """The product of all."""
    y = xs[0]
    for x in xs[1:]:
        y = y * x
    return y


def product_backward(dy: Array, *xs: Array) -> list[Array]:
    """Each gets the gradient times the product of the others."""
    return [dy * product(*xs[:i], *xs[i + 1 :]) for i in range(len(xs))]


def largest(*xs: Array) -> Array:
    """The largest number at each place."""
    y = xs[0]
    for x in xs[1:]:
        y = np.maximum(y, x)
    return y


def largest_backward(dy: Array, *xs: Array) -> list[Array]:
    """The largest gets the gradient; of equals the second, then the first."""
    order = [1, 0, *range(2, len(xs))]
    winner = np.take(order, np.argmax([xs[i] for i in order], axis=0))
    return [dy * (winner == i) for i in range(len(xs))]


def beside(small: Array, x: Array, axis: int) -> Array:
    """`small`, whose axes are those of x from `axis` on, so that it spreads over x."""
    return small.reshape(*small.shape, *[1] * (x.ndim - axis - small.ndim))


def sum_beside(dy: Array, small: Array, axis: int) -> Array:
    """The gradient of a small array that was spread over a large one."""
    own = range(axis, axis + small.ndim)
    return dy.sum(axis=tuple(i for i in range(dy.ndim) if i not in own))


def scale(x: Array, factors: Array, bias: Array | None, axis: int = 1) -> Array:
    """x times a factor, plus a bias: one of each for every channel."""
    y = x * beside(factors, x, axis)
    return y if bias is None else y + beside(bias, x, axis)


def scale_backward(
    dy: Array, x: Array, factors: Array, axis: int = 1
) -> tuple[Array, Array, Array]:
    """Gradients of the input, the factors and the bias."""
    dx = dy * beside(factors, x, axis)
    return dx, sum_beside(dy * x, factors, axis), sum_beside(dy, factors, axis)


def add_beside(x: Array, bias: Array, axis: int = 1) -> Array:
    """x plus a bias."""
    return x + beside(bias, x, axis)


def add_beside_backward(dy: Array, bias: Array, axis: int = 1) -> tuple[Array, Array]:
    """Gradients of the input and of the bias."""
    return dy, sum_beside(dy, bias, axis)
