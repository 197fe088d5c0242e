"""Correlation of images with a bank of filters, and its gradients. Shapes are those of `Correlation`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.layers.correlation import Correlation
from netcc.layers.correlation_tile import TileMemory
from netcc.types import Array, count


def correlate(
    plan: Correlation, image: Array, weights: Array, bias: Array | None, result: Array, scratch: Sequence[Array]
) -> None:
    """result = image correlated with weights, plus bias (outputs,) if there is one."""
    matrix = weights.reshape(plan.groups, -1, plan.taps)
    shift = None if bias is None else bias.reshape(plan.groups, -1, 1)
    if plan.direct:
        target = _pixel_matrix(plan, result)
        np.matmul(matrix, _pixel_matrix(plan, image), out=target)
        if shift is not None:
            target += shift
        return
    for tile in plan.tiles:
        memory = TileMemory(plan, tile, scratch)
        memory.load_image(image)
        memory.gather()
        np.matmul(matrix, memory.columns, out=memory.rows)
        if shift is not None:
            memory.rows += shift
        memory.store_result(result)


def image_gradient(
    plan: Correlation, weights: Array, result_diff: Array, image_diff: Array, scratch: Sequence[Array]
) -> None:
    """Overwrites `image_diff` with the gradient of `correlate` in its image."""
    if plan.direct:
        matrix = weights.reshape(plan.groups, -1, plan.taps).transpose(0, 2, 1)
        np.matmul(matrix, _pixel_matrix(plan, result_diff), out=_pixel_matrix(plan, image_diff))
    elif plan.mirror is not None:
        correlate(plan.mirror, result_diff, _mirrored(plan, weights, scratch[3]), None, image_diff, scratch)
    else:
        _scatter_gradient(plan, weights, result_diff, image_diff, scratch)


def _mirrored(plan: Correlation, weights: Array, memory: Array) -> Array:
    """Weights with flipped kernels and, within each group, outputs and channels exchanged."""
    kernel = plan.window.kernel
    grouped = weights.reshape(plan.groups, -1, plan.channels // plan.groups, *kernel)
    flipped = np.flip(grouped.swapaxes(1, 2), tuple(range(3, grouped.ndim)))
    mirrored = memory[: weights.size].reshape(flipped.shape)
    np.copyto(mirrored, flipped)
    return mirrored.reshape(plan.channels, -1, *kernel)


def _scatter_gradient(
    plan: Correlation, weights: Array, result_diff: Array, image_diff: Array, scratch: Sequence[Array]
) -> None:
    matrix = weights.reshape(plan.groups, -1, plan.taps).transpose(0, 2, 1)
    if not plan.whole:
        image_diff.fill(0)
    for tile in plan.tiles:
        memory = TileMemory(plan, tile, scratch)
        memory.load_result(result_diff)
        if matrix.shape[2] == 1:
            np.multiply(matrix, memory.rows, out=memory.columns)  # far faster than a product with one inner number
        else:
            np.matmul(matrix, memory.rows, out=memory.columns)
        memory.scatter()
        memory.store_image(image_diff, add=not plan.whole)


def weights_gradient(
    plan: Correlation, image: Array, result_diff: Array, weights_diff: Array, scratch: Sequence[Array], *, add: bool
) -> None:
    """Overwrites `weights_diff` with the gradient of `correlate` in its weights, or adds it with `add`."""
    total = weights_diff.reshape(plan.groups, -1, plan.taps)
    part = scratch[3][: total.size].reshape(total.shape)
    if plan.direct:
        pairs = zip(_pixel_matrix(plan, result_diff), _pixel_matrix(plan, image), strict=True)
        for index, (rows, columns) in enumerate(pairs):
            _product(rows, columns, total, part, add=add or index > 0)
        return
    for index, tile in enumerate(plan.tiles):
        memory = TileMemory(plan, tile, scratch)
        memory.load_result(result_diff)
        memory.load_image(image)
        memory.gather()
        _product(memory.rows, memory.columns, total, part, add=add or index > 0)


def _product(rows: Array, columns: Array, total: Array, part: Array, *, add: bool) -> None:
    """total (+)= rows times columns turned, group by group."""
    np.matmul(rows, columns.transpose(0, 2, 1), out=part if add else total)
    if add:
        np.add(total, part, out=total)


def _pixel_matrix(plan: Correlation, blob: Array) -> Array:
    """A blob as (images, groups, channels / groups, pixels)."""
    return blob.reshape(len(blob), plan.groups, -1, count(blob.shape[2:]))
