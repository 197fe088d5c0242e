"""What follows a convolution while its result is still in cache: bias, an addend, ReLU."""

from __future__ import annotations

import math

import numpy as np

from netcc.types import Array


def finish(y: Array, bias: Array | None, addend: Array | None, relu: float | None) -> None:
    """y += bias + addend, then y = max(y, 0) + relu min(y, 0) if `relu` is a number, the slope below zero.

    y (images, rows, width, outputs), bias (outputs), addend of y's shape.
    """
    if bias is not None:
        np.add(y, bias, out=y)
    if addend is not None:
        np.add(y, addend, out=y)
    if relu is None:
        return
    if relu == 0:
        # Unlike `maximum` with a scalar, `clip` runs on vectors of the processor.
        np.clip(y, 0, math.inf, out=y)
    elif 0 < relu < 1:
        np.maximum(y, y * y.dtype.type(relu), out=y)
    else:
        np.multiply(y, y.dtype.type(relu), out=y, where=y < 0)
