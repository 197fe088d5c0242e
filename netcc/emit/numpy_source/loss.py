"""Softmax, losses, and how good predictions are."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.activation import sigmoid
from netcc.emit.numpy_source.arrays import Array


def softmax(x: Array, axis: int = 1) -> Array:
    """Scores to probabilities: exp(x) / sum of exp(x), the largest taken off first."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(dy: Array, y: Array, axis: int = 1) -> Array:
    """More of one class is less of all others."""
    return (dy - (dy * y).sum(axis=axis, keepdims=True)) * y


def loss_divisor(
    normalization: str, items: int, places: int, valid: int, fixed: float
) -> float:
    """What a sum of losses is divided by, never less than 1."""
    choices: dict[str, float] = {
        "FULL": places,
        "VALID": valid,
        "BATCH_SIZE": items,
        "NONE": 1,
        "PRE_FIXED": fixed,
    }
    return max(1, choices[normalization])


def class_rows(x: Array, axis: int) -> Array:
    """A row of scores for each place that has a label."""
    return np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])


def softmax_with_loss(
    x: Array,
    label: Array,
    axis: int = 1,
    ignore_label: int | None = None,
    normalization: str = "VALID",
    fixed: float = 1.0,
    class_weights: tuple[float, ...] = (),
) -> Array:
    """The mean of -log(probability of the label)."""
    rows, labels = softmax(class_rows(x, axis)), label.reshape(-1).astype(int)
    counted = labels != ignore_label
    own = rows[np.arange(len(rows)), np.where(counted, labels, 0)]
    losses = -np.log(np.maximum(own, np.finfo(np.float32).tiny))
    if class_weights:
        losses = losses * np.take(class_weights, np.where(counted, labels, 0))
    items = int(np.prod(x.shape[:axis]))
    valid = counted.sum()
    divisor = loss_divisor(normalization, items, len(rows), valid, fixed)
    return np.asarray(losses[counted].sum() / divisor, x.dtype)


def softmax_with_loss_backward(
    d_loss: Array,
    x: Array,
    label: Array,
    axis: int = 1,
    ignore_label: int | None = None,
    normalization: str = "VALID",
    fixed: float = 1.0,
    class_weights: tuple[float, ...] = (),
) -> Array:
    """The probabilities, less 1 for the label."""
    d_rows, labels = softmax(class_rows(x, axis)), label.reshape(-1).astype(int)
    counted = labels != ignore_label
    d_rows[np.arange(len(d_rows)), np.where(counted, labels, 0)] -= 1
    d_rows *= counted[:, np.newaxis]
    if class_weights:
        weights = np.take(class_weights, np.where(counted, labels, 0))
        d_rows *= weights[:, np.newaxis]
    items = int(np.prod(x.shape[:axis]))
    valid = counted.sum()
    divisor = loss_divisor(normalization, items, len(d_rows), valid, fixed)
    moved = np.moveaxis(x, axis, -1).shape
    return np.moveaxis(d_rows.reshape(moved), -1, axis) * (d_loss / divisor)


def accuracy(
    x: Array,
    label: Array,
    top_k: int = 1,
    axis: int = 1,
    ignore_label: int | None = None,
) -> Array:
    """The share of places whose label is among the k best scores, ties not counted."""
    rows, labels = class_rows(x, axis), label.reshape(-1).astype(int)
    counted = labels != ignore_label
    rows, labels = rows[counted], labels[counted]
    own = rows[np.arange(len(rows)), labels]
    right = (rows >= own[:, np.newaxis]).sum(axis=1) <= top_k
    return np.asarray(right.mean() if len(right) else 0, x.dtype)


def accuracy_by_class(
    x: Array,
    label: Array,
    top_k: int = 1,
    axis: int = 1,
    ignore_label: int | None = None,
) -> tuple[Array, Array]:
    """The accuracy of all, and that of each class."""
    classes = x.shape[axis]
    rows, labels = class_rows(x, axis), label.reshape(-1).astype(int)
    shares = np.zeros(classes, x.dtype)
    for k in range(classes):
        if k != ignore_label and (labels == k).any():
            shares[k] = accuracy(rows[labels == k], labels[labels == k], top_k)
    return accuracy(x, label, top_k, axis, ignore_label), shares


def largest_positions(x: Array, top_k: int, axis: int) -> Array:
    """Where the k largest numbers of an axis are, the largest first, then the last."""
    order = np.argsort(x, axis, kind="stable")
    last = range(x.shape[axis] - top_k, x.shape[axis])
    return np.flip(np.take(order, last, axis), axis)


def arg_max(
    x: Array, top_k: int = 1, axis: int | None = None, values: bool = False
) -> Array:
    """The positions, or values, of the largest numbers of an axis.

    Without an axis, of each item as a whole: positions, then perhaps values.
    """
    if axis is not None:
        best = largest_positions(x, top_k, axis)
        return np.take_along_axis(x, best, axis) if values else best.astype(x.dtype)
    rows = x.reshape(len(x), -1)
    best = largest_positions(rows, top_k, 1)
    facts = [best.astype(x.dtype)]
    if values:
        facts.append(np.take_along_axis(rows, best, 1))
    stacked = np.stack(facts, axis=1)
    return stacked.reshape(*stacked.shape, *[1] * (x.ndim - 3))


def euclidean_loss(x: Array, target: Array) -> Array:
    """Half the squared distance, the mean over the items."""
    difference = x.reshape(len(x), -1) - target.reshape(len(x), -1)
    return np.asarray((difference**2).sum() / (2 * len(x)), x.dtype)


def euclidean_loss_backward(
    d_loss: Array, x: Array, target: Array
) -> tuple[Array, Array]:
    """The difference, both ways."""
    difference = x.reshape(len(x), -1) - target.reshape(len(x), -1)
    d_difference = difference * (d_loss / len(x))
    return d_difference.reshape(x.shape), -d_difference.reshape(target.shape)


def sigmoid_cross_entropy_loss(
    x: Array,
    target: Array,
    ignore_label: int | None = None,
    normalization: str = "BATCH_SIZE",
    fixed: float = 1.0,
) -> Array:
    """The sum of -log(probability of each target), divided by what counts."""
    targets = target.reshape(x.shape)
    counted = np.trunc(targets) != ignore_label
    losses = np.maximum(x, 0) - x * targets + np.log1p(np.exp(-np.abs(x)))
    valid = counted.sum()
    divisor = loss_divisor(normalization, len(x), x.size, valid, fixed)
    return np.asarray(losses[counted].sum() / divisor, x.dtype)


def sigmoid_cross_entropy_loss_backward(
    d_loss: Array,
    x: Array,
    target: Array,
    ignore_label: int | None = None,
    normalization: str = "BATCH_SIZE",
    fixed: float = 1.0,
) -> Array:
    """The probability less the target."""
    targets = target.reshape(x.shape)
    counted = np.trunc(targets) != ignore_label
    valid = counted.sum()
    divisor = loss_divisor(normalization, len(x), x.size, valid, fixed)
    return (sigmoid(x) - targets) * counted * (d_loss / divisor)


def hinge_margins(x: Array, label: Array) -> tuple[Array, Array]:
    """How far each score is on the wrong side of its margin; -1 for labels, else 1."""
    rows = x.reshape(len(x), -1)
    sign = np.ones_like(rows)
    sign[np.arange(len(rows)), label.reshape(-1).astype(int)] = -1
    return np.maximum(0, 1 + sign * rows), sign


def hinge_loss(x: Array, label: Array, squared: bool = False) -> Array:
    """The margins, or their squares, summed; the mean over the items."""
    margins, _ = hinge_margins(x, label)
    return np.asarray((margins**2 if squared else margins).sum() / len(x), x.dtype)


def hinge_loss_backward(
    d_loss: Array, x: Array, label: Array, squared: bool = False
) -> Array:
    """Only what is on the wrong side has a gradient."""
    margins, sign = hinge_margins(x, label)
    slopes = 2 * margins if squared else (margins > 0).astype(x.dtype)
    return (sign * slopes * (d_loss / len(x))).reshape(x.shape)


def reduce(x: Array, operation: str, axis: int = 0, coefficient: float = 1.0) -> Array:
    """The sum, mean, sum of sizes or sum of squares of all axes from `axis` on."""
    rows = x.reshape(*x.shape[:axis], -1)
    of = {"ASUM": np.abs(rows), "SUMSQ": rows * rows}.get(operation, rows)
    total = of.mean(axis=-1) if operation == "MEAN" else of.sum(axis=-1)
    return np.asarray(coefficient * total, x.dtype)


def reduce_backward(
    dy: Array, x: Array, operation: str, axis: int = 0, coefficient: float = 1.0
) -> Array:
    """Every number gets the gradient times its slope."""
    rows = x.reshape(*x.shape[:axis], -1)
    slope = {
        "SUM": np.ones_like(rows),
        "MEAN": np.full_like(rows, 1 / rows.shape[-1]),
        "ASUM": np.sign(rows),
        "SUMSQ": 2 * rows,
    }[operation]
    return (coefficient * slope * np.asarray(dy)[..., np.newaxis]).reshape(x.shape)


def contrastive_loss(
    x: Array, other: Array, alike: Array, margin: float = 1.0, legacy: bool = False
) -> Array:
    """Half the squared distance of what is alike; what is not is pushed to a margin."""
    difference = x.reshape(len(x), -1) - other.reshape(len(x), -1)
    squares = (difference**2).sum(axis=1)
    apart = margin - squares if legacy else np.maximum(margin - squares**0.5, 0) ** 2
    is_alike = np.trunc(alike.reshape(-1)) != 0
    costs = np.where(is_alike, squares, np.maximum(apart, 0))
    return np.asarray(costs.sum() / (2 * len(x)), x.dtype)


def contrastive_loss_backward(
    d_loss: Array,
    x: Array,
    other: Array,
    alike: Array,
    margin: float = 1.0,
    legacy: bool = False,
) -> tuple[Array, Array]:
    """Along the difference, to each other or away."""
    difference = x.reshape(len(x), -1) - other.reshape(len(x), -1)
    distance = np.sqrt((difference**2).sum(axis=1))
    push = -np.maximum(margin - distance, 0) / (distance + 1e-4)
    if legacy:
        push = -(distance**2 < margin).astype(x.dtype)
    factor = np.where(np.trunc(alike.reshape(-1)) != 0, 1, push)
    d_difference = difference * factor[:, np.newaxis] * (d_loss / len(x))
    return d_difference.reshape(x.shape), -d_difference.reshape(other.shape)


def multinomial_logistic_loss(x: Array, label: Array) -> Array:
    """The mean of -log(x) of the labels: x are probabilities."""
    rows, labels = x.reshape(len(x), -1), label.reshape(-1).astype(int)
    own = np.maximum(rows[np.arange(len(x)), labels], 1e-20)
    return np.asarray(-np.log(own).sum() / len(x), x.dtype)


def multinomial_logistic_loss_backward(d_loss: Array, x: Array, label: Array) -> Array:
    """Only the label's probability counts."""
    rows, labels = x.reshape(len(x), -1), label.reshape(-1).astype(int)
    d_rows, items = np.zeros_like(rows), np.arange(len(x))
    d_rows[items, labels] = -1 / np.maximum(rows[items, labels], 1e-20)
    return (d_rows * (d_loss / len(x))).reshape(x.shape)
