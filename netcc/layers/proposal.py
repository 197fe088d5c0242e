"""Proposal: regions that may hold something, from the scores of anchors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.boxes import Suppression, best_first
from netcc.layers.regions import REGION
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "proposal_param"


@register("Proposal")
@dataclass(frozen=True)
class Proposal(Layer):
    """The best regions among A anchors at every cell of a map, moved as the network says.

    Bottoms: scores (N, 2 * A, H, W), of the background first, then of the rest; moves (N, 4 * A, H, W): dx, dy, log of
    width and height ratio for each anchor; image sizes: height, width, scale, or height, width and a scale for each.
    Tops: regions (M, 5): rows (item, x1, y1, x2, y2); if asked for their scores (M). There are
    A = ratios * scales anchors: of area (scale)^2 pixels and height / width = ratio around the middle of the cell's
    first `base_size` pixels. Regions are cut at the border of the image; ones with a side below `min_size` * scale get
    score 0. The `pre_nms_topn` best go through the suppression of overlaps above `nms_thresh`, and `post_nms_topn` at
    most come out of each item. No gradient. Ren et al., Faster R-CNN (2015). Behaves as
    src/caffe/layers/proposal_layer.cpp of happynear/caffe-windows.
    """

    fork = "caffe-windows (happynear/caffe-windows)"
    example = "proposal_param { ratio: [0.5, 1, 2] scale: [8, 16, 32] }"

    dynamic = True
    differentiable = False
    bottoms = Count(3, 3)
    tops = Count(1, 2)

    stride: int
    base_size: int
    least_size: int
    ratios: tuple[float, ...]
    scales: tuple[float, ...]
    enter: int
    leave: int
    threshold: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.proposal_param
        for name in ("feat_stride", "base_size", "pre_nms_topn", "post_nms_topn"):
            if getattr(fields, name) == 0:
                raise LayerError(f"Proposal needs a positive {name}", field=(_MESSAGE, name))
        for name in ("ratio", "scale"):
            if not getattr(fields, name) or min(getattr(fields, name)) <= 0:
                raise LayerError(f"Proposal needs at least one {name}, all of them positive", field=(_MESSAGE, name))
        return cls(
            fields.feat_stride,
            fields.base_size,
            fields.min_size,
            tuple(fields.ratio),
            tuple(fields.scale),
            fields.pre_nms_topn,
            fields.post_nms_topn,
            fields.nms_thresh,
        )

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scores, moves, sizes = bottoms
        anchors = len(self.ratios) * len(self.scales)
        for index, (shape, channels) in enumerate(((scores, 2 * anchors), (moves, 4 * anchors))):
            if len(shape) != 4 or shape[1] != channels or (shape[0], *shape[2:]) != (scores[0], *scores[2:]):
                raise ShapeError(
                    f"{anchors} anchors (ratios times scales) need N x {channels} x H x W, not {format_shape(shape)}",
                    field=("bottom", str(index)),
                )
        if count(sizes) not in (3, 4):
            raise ShapeError(
                f"image sizes are 3 or 4 numbers (height, width, scale), not {format_shape(sizes)}",
                field=("bottom", "2"),
            )
        most = scores[0] * self.leave
        return Signature(tops=((most, REGION), (most,))[:tops], saved=(Buffer((most, REGION)), Buffer((most,))))

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        """Does the work; the regions wait in saved buffers for forward."""
        scores, moves, sizes = operands.bottoms
        regions, kept_scores = operands.saved
        total = 0
        for item in range(len(scores)):
            boxes, ranks = self._propose(scores[item], moves[item], sizes.reshape(-1))
            part = slice(total, total + len(boxes))
            regions[part, 0], regions[part, 1:], kept_scores[part] = item, boxes, ranks
            total += len(boxes)
        return ((total, REGION), (total,))[: len(operands.tops)]

    def forward(self, operands: Operands) -> None:
        for top, saved in zip(operands.tops, operands.saved, strict=False):
            np.copyto(top, saved[: len(top)])

    def _propose(self, scores: Array, moves: Array, sizes: Array) -> tuple[Array, Array]:
        """Boxes (M, 4) and scores (M) of one item, the best first."""
        height, width = scores.shape[1:]
        number = len(scores) // 2
        anchors = _anchors(self, height, width).astype(moves.dtype)
        boxes = _move(anchors, moves.reshape(number, 4, height, width).transpose(2, 3, 0, 1).reshape(-1, 4))
        np.clip(boxes, 0, np.tile(sizes[[1, 0]] - 1, 2), out=boxes)
        least = self.least_size * sizes[[-1, 2]]  # of width, height; one scale stands for both
        large = (boxes[:, 2:] - boxes[:, :2] + 1 >= least).all(axis=1)
        ranks = scores[number:].transpose(1, 2, 0).reshape(-1) * large
        order = best_first(ranks, self.enter)
        kept = order[Suppression(self.threshold, extent=1).keep(boxes[order], self.leave)]
        return boxes[kept], ranks[kept]


def _move(anchors: Array, moves: Array) -> Array:
    """`anchors` (K, 4), of which the far corner is a part, moved by `moves` (K, 4)."""
    sides = anchors[:, 2:] - anchors[:, :2] + 1
    centres = moves[:, :2] * sides + anchors[:, :2] + sides / 2
    halves = np.exp(moves[:, 2:]) * sides / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)


@lru_cache(maxsize=16)
def _anchors(layer: Proposal, height: int, width: int) -> Array:
    """Anchors of all cells (height * width * A, 4), by row, column and anchor."""
    halves = []
    for ratio in layer.ratios:
        across = (layer.base_size**2 / ratio) ** 0.5
        for scale in layer.scales:
            # Sides are whole numbers of pixels, counted from the first to the last.
            sides = [side * scale / layer.base_size for side in (across, across * ratio)]
            halves.append([0.5 * int(side - 1 + 0.5) for side in sides])
    middle = 0.5 * (layer.base_size - 1)
    near, far = middle - np.array(halves), middle + np.array(halves)
    shifts = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) * layer.stride
    cells = np.tile(shifts, 2)[:, :, None, :] + np.concatenate([near, far], axis=1)
    return np.asarray(cells.reshape(-1, 4))
