"""Which priors a detector learns from: there are far more of the background than of anything else.

Behaves as MineHardExamples in src/caffe/util/bbox_util.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.layers.boxes import Suppression, areas, best_first
from netcc.layers.true_boxes import FREE
from netcc.types import Array

_SMALLEST_AREA = 1e-5
"""Boxes below are never kept when overlapping ones are suppressed."""


@dataclass(frozen=True)
class Mining:
    """Keeps the examples of largest loss.

    Of the priors without a match and with overlaps below `most_overlap` it keeps `ratio` times as many as there are
    matches; with `sample` it keeps that many of all priors instead, so that matches may be dropped too.
    `suppression` lets of overlapping boxes only the one of largest loss pass, of the `top_k` first.
    """

    ratio: float
    most_overlap: float
    sample: int | None
    suppression: Suppression | None
    top_k: int | None

    def negatives(self, matches: Array, highest: Array, losses: Array, boxes: Array) -> Array:
        """Which of P priors are kept as background (bool). With `sample`, dropped matches become FREE in `matches`.

        `matches` and `highest` are those of `Matching.match`, `losses` (P); `boxes` (P, 4) are for the suppression.
        """
        if self.sample is not None:
            candidates, number = np.arange(len(matches)), self.sample
        else:
            candidates = np.flatnonzero((matches == FREE) & (highest < self.most_overlap))
            number = int(np.float32(np.count_nonzero(matches > FREE)) * np.float32(self.ratio))
        chosen = np.zeros(len(matches), dtype=np.bool_)
        chosen[candidates[self._hardest(losses[candidates], boxes[candidates])[:number]]] = True
        free = matches == FREE
        if self.sample is not None:
            matches[(matches > FREE) & ~chosen] = FREE
        return np.asarray(chosen & free)

    def _hardest(self, losses: Array, boxes: Array) -> Array:
        """Indices of the losses that pass, the largest first."""
        if self.suppression is None:
            return best_first(losses)
        order = best_first(losses, self.top_k)
        order = order[areas(boxes[order]) >= _SMALLEST_AREA]
        kept: Array = order[self.suppression.keep(boxes[order])]
        return kept
