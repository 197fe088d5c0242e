"""A channels-last convolution and its gradients in the plainest way: tap by tap over a padded image, in float64."""

from __future__ import annotations

import numpy as np

from netcc.kernels.geometry import Geometry
from netcc.types import Array


def _padded(geometry: Geometry, x: Array) -> Array:
    down, right = geometry.pad
    return np.pad(x.astype(np.float64), ((0, 0), (down, down), (right, right), (0, 0)))


def _tap(geometry: Geometry, padded: Array, i: int, j: int) -> Array:
    """The pixels that tap (i, j) reads: a view of the padded image."""
    top, left = i * geometry.dilation[0], j * geometry.dilation[1]
    down, right = geometry.stride
    view = padded[:, top:, left:][:, ::down, ::right]
    return view[:, : geometry.out_height, : geometry.out_width]


def _groups(geometry: Geometry) -> list[tuple[slice, slice]]:
    channels, outputs = geometry.channels // geometry.groups, geometry.outputs // geometry.groups
    return [
        (slice(g * channels, (g + 1) * channels), slice(g * outputs, (g + 1) * outputs)) for g in range(geometry.groups)
    ]


def _taps(geometry: Geometry) -> list[tuple[int, int]]:
    return [(i, j) for i in range(geometry.kernel[0]) for j in range(geometry.kernel[1])]


def forward(geometry: Geometry, x: Array, weights: Array) -> Array:
    padded = _padded(geometry, x)
    y = np.zeros((geometry.images, geometry.out_height, geometry.out_width, geometry.outputs))
    for channels, outputs in _groups(geometry):
        for i, j in _taps(geometry):
            y[..., outputs] += _tap(geometry, padded, i, j)[..., channels] @ weights[outputs, :, i, j].T
    return y


def image_gradient(geometry: Geometry, weights: Array, dy: Array) -> Array:
    padded = _padded(geometry, np.zeros((geometry.images, geometry.height, geometry.width, geometry.channels)))
    for channels, outputs in _groups(geometry):
        for i, j in _taps(geometry):
            _tap(geometry, padded, i, j)[..., channels] += dy[..., outputs] @ weights[outputs, :, i, j]
    down, right = geometry.pad
    return padded[:, down : down + geometry.height, right : right + geometry.width]


def weights_gradient(geometry: Geometry, x: Array, dy: Array) -> Array:
    padded = _padded(geometry, x)
    dw = np.zeros((geometry.outputs, geometry.channels // geometry.groups, *geometry.kernel))
    for channels, outputs in _groups(geometry):
        for i, j in _taps(geometry):
            tap = _tap(geometry, padded, i, j)[..., channels]
            dw[outputs, :, i, j] = np.tensordot(dy[..., outputs], tap, ((0, 1, 2), (0, 1, 2)))
    return dw
