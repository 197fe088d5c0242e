"""The loss of a detector that starts from prior boxes."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array
from netcc.emit.numpy_source.boxes import box_overlaps, encode_boxes
from netcc.emit.numpy_source.loss import loss_divisor, softmax


def match_priors(
    priors: Array, boxes: Array, threshold: float, per_prediction: bool
) -> tuple[Array, Array]:
    """For each prior the number of the true box that it stands for, -1 for none.

    Each true box takes the prior that overlaps it most, the largest overlaps first;
    then other priors join the box that they overlap far enough. Also: the overlaps.
    """
    matches = np.full(len(priors), -1)
    shared = box_overlaps(priors[:, np.newaxis], boxes)
    shared = np.where(shared > 1e-6, shared, 0)
    highest = shared.max(axis=1, initial=0)
    left = shared.copy()
    while left.size and left.max() > 0:
        prior, box = divmod(int(left.argmax()), left.shape[1])
        matches[prior], highest[prior] = box, left[prior, box]
        left[prior], left[:, box] = 0, 0
    if per_prediction and len(boxes):
        near = (matches == -1) & (highest >= threshold) & (highest > 0)
        matches[near] = shared[near].argmax(axis=1)
    return matches, highest


def multibox_loss(
    locations: Array,
    scores: Array,
    priors: Array,
    truths: Array,
    classes: int,
    background: int = 0,
    threshold: float = 0.5,
    per_prediction: bool = True,
    negatives: float | None = 3.0,
    most_overlap: float = 0.5,
    location_weight: float = 1.0,
    smooth: bool = True,
    use_difficult: bool = True,
    normalization: str = "VALID",
    code: str = "CENTER_SIZE",
    scaled: bool = False,
) -> tuple[Array, Array, Array]:
    """The loss, and its gradients with respect to locations and scores.

    Priors that match a true box learn its place and class. Of the others, the hardest
    are examples of the background: `negatives` times as many as matches (None: no
    background is learnt).
    """
    items = len(locations)
    boxes, variances = priors.reshape(2, -1, 4)
    numbers = locations.reshape(items, len(boxes), 4)
    rows = scores.reshape(items, len(boxes), classes)
    d_numbers, d_rows = np.zeros_like(numbers), np.zeros_like(rows)
    true = truths.reshape(-1, 8)
    true = true[(true[:, 0] != -1) & (use_difficult | (true[:, 7] == 0))]
    location_loss = score_loss = 0.0
    matched = 0
    for item in range(items):
        own = true[true[:, 0] == item]
        matches, highest = match_priors(boxes, own[:, 3:7], threshold, per_prediction)
        positive = matches >= 0
        labels = np.full(len(boxes), background)
        labels[positive] = own[matches[positive], 1].astype(int)
        matched += positive.sum()
        # Places: a smooth absolute value (or half the square) of what is wrong.
        wanted = encode_boxes(
            own[matches[positive], 3:7],
            boxes[positive],
            variances[positive],
            code,
            scaled,
        )
        wrong = numbers[item, positive] - wanted
        if scaled:
            wrong = wrong / variances[positive]
        near = (np.abs(wrong) < 1) | (not smooth)
        location_loss += np.where(near, wrong**2 / 2, np.abs(wrong) - 0.5).sum()
        d_numbers[item, positive] = np.where(near, wrong, np.sign(wrong))
        # Classes: softmax loss of the matches and of the hardest of the background.
        probabilities = softmax(rows[item])
        likely = probabilities[np.arange(len(boxes)), labels]
        losses = -np.log(np.maximum(likely, np.finfo(np.float32).tiny))
        chosen = positive.copy()
        if negatives is None:
            chosen[:] = True
        elif len(own):
            free = np.flatnonzero(~positive & (highest < most_overlap))
            hardest = free[np.argsort(-losses[free], kind="stable")]
            chosen[hardest[: int(positive.sum() * negatives)]] = True
        score_loss += losses[chosen].sum()
        probabilities[np.arange(len(boxes)), labels] -= 1
        d_rows[item] = probabilities * chosen[:, np.newaxis]
    divisor = loss_divisor(normalization, items, items * len(boxes), matched, 1)
    loss = (location_weight * location_loss + score_loss) / divisor
    d_locations = d_numbers.reshape(locations.shape) * (location_weight / divisor)
    d_scores = d_rows.reshape(scores.shape) / divisor
    return np.asarray(loss, scores.dtype), d_locations, d_scores


def multibox_loss_backward(
    d_loss: Array, d_locations: Array, d_scores: Array
) -> tuple[Array, Array]:
    """The gradients that forward has found, times that of the loss."""
    return d_loss * d_locations, d_loss * d_scores
