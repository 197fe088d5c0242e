"""True boxes, as the data layers of detectors give them, and which priors stand for which of them.

Behaves as GetGroundTruth and MatchBBox in src/caffe/util/bbox_util.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.errors import DataError
from netcc.layers.boxes import overlaps
from netcc.types import Array

TRUTH = 8
"""Numbers of a true box: item, label, instance, xmin, ymin, xmax, ymax, difficult."""

FREE = -1
"""The match of a prior that stands for no true box."""

LEFT_OUT = -2
"""The match of a prior that may neither match nor be an example of the background."""

_LEAST_OVERLAP = 1e-6


@dataclass(frozen=True)
class TrueBoxes:
    """G boxes in the order of the data: their items and labels (G), corners (G, 4), and which are difficult (G)."""

    items: Array
    labels: Array
    boxes: Array
    difficult: Array

    @classmethod
    def read(cls, rows: Array, background: int, *, ends: bool) -> TrueBoxes:
        """From rows (..., 8). Item -1 is padding: the last row before it is the last one if `ends`, else it is passed.

        Raises DataError for a box of the background.
        """
        rows = rows.reshape(-1, TRUTH)
        items = rows[:, 0].astype(np.int64)
        padding = items == -1
        valid = np.logical_and.accumulate(~padding) if ends else ~padding
        items, rows = items[valid], rows[valid]
        labels = rows[:, 1].astype(np.int64)
        if (labels == background).any():
            place = int(np.flatnonzero(labels == background)[0])
            raise DataError(f"a true box of item {items[place]} has label {background}, that of the background")
        return cls(items, labels, rows[:, 3:7], rows[:, 7] != 0)

    def only(self, which: Array) -> TrueBoxes:
        """Those boxes where `which` (G) is true."""
        return TrueBoxes(self.items[which], self.labels[which], self.boxes[which], self.difficult[which])

    def relabelled(self, label: int) -> TrueBoxes:
        """The same boxes, all of one label."""
        return TrueBoxes(self.items, np.full_like(self.labels, label), self.boxes, self.difficult)


@dataclass(frozen=True)
class Matching:
    """How priors (or boxes predicted now) find the true boxes that they stand for.

    First each true box takes the prior of largest overlap that is left, the largest overlaps first. Then, if
    `per_prediction`, each prior left takes the true box of largest overlap from `threshold` on. `inside_only` leaves
    out priors with a corner outside the image.
    """

    per_prediction: bool
    threshold: float
    inside_only: bool

    def match(self, boxes: Array, truths: Array) -> tuple[Array, Array]:
        """For `boxes` (P, 4) the index of the matched one of `truths` (T, 4), or FREE or LEFT_OUT (int64), and the
        overlap with it, or else the largest overlap."""
        matches = np.full(len(boxes), FREE, dtype=np.int64)
        shared = overlaps(boxes[:, None], truths)
        if self.inside_only:
            outside = ((boxes < 0) | (boxes > 1)).any(axis=1)
            matches[outside] = LEFT_OUT
            shared[outside] = 0
        shared = np.where(shared > _LEAST_OVERLAP, shared, np.zeros_like(shared))
        highest = shared.max(axis=1, initial=0)
        self._match_each_truth(shared, matches, highest)
        if self.per_prediction and len(truths):
            near = (matches == FREE) & (highest >= self.threshold) & (highest > 0)
            matches[near] = shared[near].argmax(axis=1)
        return matches, highest

    @staticmethod
    def _match_each_truth(shared: Array, matches: Array, highest: Array) -> None:
        """Takes one pair after the other; of equal overlaps the first prior, then the first true box."""
        left = np.where((matches == FREE)[:, None], shared, np.zeros_like(shared))
        for _ in range(left.shape[1] if left.size else 0):
            prior, truth = divmod(int(left.argmax()), left.shape[1])
            if left[prior, truth] == 0:
                return
            matches[prior], highest[prior] = truth, left[prior, truth]
            left[prior], left[:, truth] = 0, 0
