"""Products with learnt matrices and vectors."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array


def inner_product(
    x: Array,
    weights: Array,
    bias: Array | None,
    axis: int = 1,
    transpose: bool = False,
) -> Array:
    """x W^T + b: every output is a weighted sum of all inputs.

    The axes of x from `axis` on are its inputs. weights: (outputs, inputs), or
    (inputs, outputs) if transposed.
    """
    matrix = weights if transpose else weights.T
    y = x.reshape(-1, len(matrix)) @ matrix
    if bias is not None:
        y = y + bias
    return y.reshape(*x.shape[:axis], -1)


def inner_product_backward(
    dy: Array, x: Array, weights: Array, transpose: bool = False
) -> tuple[Array, Array, Array]:
    """Gradients of the input, the weights and the bias."""
    matrix = weights if transpose else weights.T
    rows, d_rows = x.reshape(-1, len(matrix)), dy.reshape(-1, matrix.shape[1])
    d_weights = rows.T @ d_rows if transpose else d_rows.T @ rows
    return (d_rows @ matrix.T).reshape(x.shape), d_weights, d_rows.sum(axis=0)


def embed(x: Array, weights: Array, bias: Array | None) -> Array:
    """A learnt vector for each whole number in x."""
    y = weights[x.astype(int)]
    return y if bias is None else y + bias


def embed_backward(dy: Array, x: Array, weights: Array) -> tuple[Array, Array]:
    """Gradients of the vectors and the bias; the same number may stand in x often."""
    d_rows = dy.reshape(-1, weights.shape[1])
    d_weights = np.zeros_like(weights)
    np.add.at(d_weights, x.astype(int).reshape(-1), d_rows)
    return d_weights, d_rows.sum(axis=0)
