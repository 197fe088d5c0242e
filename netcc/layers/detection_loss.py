"""The two parts of the loss of a detector: how wrong scores are, and how wrong locations are.

Behaves as ComputeConfLoss and ComputeLocLoss in src/caffe/util/bbox_util.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import numpy as np

from netcc.types import Array

_SMALLEST = float(np.finfo(np.float32).tiny)
"""Probabilities below are taken for this (FLT_MIN)."""


def softmax_loss(scores: Array, labels: Array) -> tuple[Array, Array]:
    """-log softmax(scores)[label] for `scores` (R, classes) and `labels` (R), and its gradient."""
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    rows = np.arange(len(scores))
    losses = -np.log(np.maximum(probabilities[rows, labels], _SMALLEST))
    probabilities[rows, labels] -= 1
    return losses, probabilities


def logistic_loss(scores: Array, targets: Array) -> tuple[Array, Array]:
    """The cross entropy of sigmoid(scores) and `targets`, both (R, classes), summed over classes, and its gradient."""
    weak = np.exp(-np.abs(scores))
    losses = np.sum(np.maximum(scores, 0) - scores * targets + np.log1p(weak), axis=1)
    return losses, np.where(scores >= 0, 1, weak) / (1 + weak) - targets


def one_hot(labels: Array, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """(R, classes): 1 at the label of each row; none for labels that are no class."""
    return np.asarray(labels[:, None] == np.arange(classes), dtype)


def smooth_l1(differences: Array) -> tuple[Array, Array]:
    """d^2 / 2 where |d| < 1, else |d| - 1/2, for any shape, and its gradient."""
    slopes = np.clip(differences, -1, 1)
    return slopes * (differences - slopes / 2), slopes


def half_square(differences: Array) -> tuple[Array, Array]:
    """d^2 / 2 for any shape, and its gradient."""
    return differences * differences / 2, differences
