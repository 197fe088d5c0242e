"""Convolution and its transpose, over any number of spatial axes."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array, Shape


def under_tap(
    image: Array, tap: Shape, size: Shape, stride: Shape, dilation: Shape
) -> Array:
    """What one tap of a kernel sees at each of `size` positions: a view of `image`."""
    window = tuple(
        slice(d * t, d * t + s * (n - 1) + 1, s)
        for t, n, s, d in zip(tap, size, stride, dilation, strict=True)
    )
    return image[(..., *window)]


def pad_image(x: Array, pad: Shape) -> Array:
    """`x` with a rim of zeros around its spatial axes."""
    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])


def cut_rim(image: Array, pad: Shape) -> Array:
    """The inverse of `pad_image`."""
    inside = (slice(p, n - p) for p, n in zip(pad, image.shape[2:], strict=True))
    return image[(..., *inside)]


def tap_matrix(weights: Array, tap: Shape, group: int) -> Array:
    """The weights of one tap as a matrix for each group of channels."""
    matrix = weights[(..., *tap)]
    return matrix.reshape(group, len(matrix) // group, -1)


def split_groups(x: Array, group: int) -> Array:
    """(images, group, channels of a group, pixels)."""
    return x.reshape(x.shape[0], group, x.shape[1] // group, -1)


def add_bias(y: Array, bias: Array | None) -> Array:
    """One number more for each channel."""
    return y if bias is None else y + bias.reshape(-1, *[1] * (y.ndim - 2))


def sum_to_channels(dy: Array) -> Array:
    """The gradient of what was added to a whole channel."""
    return dy.sum(axis=(0, *range(2, dy.ndim)))


def convolution(
    x: Array,
    weights: Array,
    bias: Array | None,
    stride: Shape,
    pad: Shape,
    dilation: Shape | None = None,
    group: int = 1,
) -> Array:
    """Every output pixel is a weighted sum of the input pixels under the kernel.

    weights: (outputs, channels / group, *kernel). The kernel is taken apart: each tap
    sees the image moved by some pixels, and mixes its channels as a matrix does.
    """
    kernel = weights.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    image = pad_image(x, pad)
    size = tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(image.shape[2:], kernel, stride, dilation, strict=True)
    )
    y = np.zeros((len(x), len(weights), *size), x.dtype)
    for tap in np.ndindex(*kernel):
        seen = split_groups(under_tap(image, tap, size, stride, dilation), group)
        y += (tap_matrix(weights, tap, group) @ seen).reshape(y.shape)
    return add_bias(y, bias)


def convolution_backward(
    dy: Array,
    x: Array,
    weights: Array,
    stride: Shape,
    pad: Shape,
    dilation: Shape | None = None,
    group: int = 1,
) -> tuple[Array, Array, Array]:
    """Gradients of the input, the weights and the bias."""
    kernel, size = weights.shape[2:], dy.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    image = pad_image(x, pad)
    d_image, d_weights = np.zeros_like(image), np.zeros_like(weights)
    dy_groups = split_groups(dy, group)
    for tap in np.ndindex(*kernel):
        # The weights of this tap: every image gives a product, and all add up.
        seen = under_tap(image, tap, size, stride, dilation)
        products = dy_groups @ split_groups(seen, group).swapaxes(2, 3)
        d_weights[(..., *tap)] = products.sum(axis=0).reshape(d_weights.shape[:2])
        # The pixels that this tap saw get their share back.
        d_seen = under_tap(d_image, tap, size, stride, dilation)
        d_seen += (tap_matrix(weights, tap, group).swapaxes(1, 2) @ dy_groups).reshape(
            d_seen.shape
        )
    return cut_rim(d_image, pad), d_weights, sum_to_channels(dy)


def deconvolution(
    x: Array,
    weights: Array,
    bias: Array | None,
    stride: Shape,
    pad: Shape,
    dilation: Shape | None = None,
    group: int = 1,
) -> Array:
    """Every input pixel adds its multiple of the kernel to the output.

    weights: (channels, outputs / group, *kernel). This is what a convolution does to
    the gradient of its input.
    """
    kernel, size = weights.shape[2:], x.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    full = (
        s * (n - 1) + d * (k - 1) + 1
        for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)
    )
    image = np.zeros((len(x), weights.shape[1] * group, *full), x.dtype)
    for tap in np.ndindex(*kernel):
        reached = under_tap(image, tap, size, stride, dilation)
        matrix = tap_matrix(weights, tap, group).swapaxes(1, 2)
        reached += (matrix @ split_groups(x, group)).reshape(reached.shape)
    return add_bias(cut_rim(image, pad), bias)


def deconvolution_backward(
    dy: Array,
    x: Array,
    weights: Array,
    stride: Shape,
    pad: Shape,
    dilation: Shape | None = None,
    group: int = 1,
) -> tuple[Array, Array, Array]:
    """Gradients of the input, the weights and the bias."""
    kernel, size = weights.shape[2:], x.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    d_image = pad_image(dy, pad)
    dx, d_weights = np.zeros_like(x), np.zeros_like(weights)
    for tap in np.ndindex(*kernel):
        reached = split_groups(under_tap(d_image, tap, size, stride, dilation), group)
        dx += (tap_matrix(weights, tap, group) @ reached).reshape(dx.shape)
        products = split_groups(x, group) @ reached.swapaxes(2, 3)
        d_weights[(..., *tap)] = products.sum(axis=0).reshape(d_weights.shape[:2])
    return dx, d_weights, sum_to_channels(dy)
