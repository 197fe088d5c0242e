"""ROIPooling: the largest numbers in the bins of regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.regions import REGION, Bins, check_regions, items_of, round_half_away
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "roi_pooling_param"


@register("ROIPooling")
@dataclass(frozen=True)
class ROIPooling(Layer):
    """The largest number in each bin of each region, channel by channel; 0 for a bin outside the map.

    Bottoms: features (N, C, H, W), regions (R, 5): rows (item, x1, y1, x2, y2) in pixels of the image. Top (R, C,
    pooled_h, pooled_w). Corners times `spatial_scale` are rounded, and both belong to the region; it is cut into
    pooled_h x pooled_w bins that overlap where the pixels do not divide. Gradient to the features only: to the first
    largest number of each bin. Girshick, Fast R-CNN (2015). Behaves as src/caffe/layers/roi_pooling_layer.cpp of
    rbgirshick/caffe-fast-rcnn.
    """

    fork = "Fast R-CNN (rbgirshick/caffe-fast-rcnn)"
    example = "roi_pooling_param { pooled_h: 7 pooled_w: 7 spatial_scale: 0.0625 }"

    bottoms = Count(2, 2)

    bins: tuple[int, int]
    scale: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.roi_pooling_param
        for name in ("pooled_h", "pooled_w"):
            if getattr(fields, name) == 0:
                raise LayerError(f"ROIPooling needs a positive {name}", field=(_MESSAGE, name))
        return cls((fields.pooled_h, fields.pooled_w), fields.spatial_scale)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        top = (check_regions(bottoms, self.type), bottoms[0][1], *self.bins)
        return Signature(tops=(top,), saved=(Buffer(top, "index"),), scratch=(Buffer(top),))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def gradient_by_default(self, bottom: int) -> bool:
        return bottom == 0

    def forward(self, operands: Operands) -> None:
        """Saves for each number of the top where in the features it comes from (-1: from nowhere)."""
        features, regions = operands.bottoms[0], operands.bottoms[1].reshape(-1, REGION)
        top, (origin,) = operands.tops[0], operands.saved
        items = items_of(regions, len(features))
        bins = self._bins(regions, features.shape[2:])
        plane = features.shape[2] * features.shape[3]
        firsts = np.arange(features.shape[1]) * plane
        for region, item in enumerate(items):
            for row, column in np.ndindex(self.bins):
                corner = bins.top[region, row], bins.left[region, column]
                window = features[
                    item,
                    :,
                    corner[0] : bins.bottom[region, row],
                    corner[1] : bins.right[region, column],
                ]
                here = (region, slice(None), row, column)
                if not window.size:
                    top[here], origin[here] = 0, -1
                    continue
                places = window.reshape(len(window), -1).argmax(axis=1)
                down, across = np.divmod(places, window.shape[2])
                pixels = (down + corner[0]) * features.shape[3] + across + corner[1] + firsts
                top[here] = features[item].reshape(-1)[pixels]
                origin[here] = pixels + item * features[item].size

    def backward(self, operands: Operands) -> None:
        dx, (dy,) = operands.bottom_diffs[0], operands.top_diffs
        if dx is None:
            return
        (origin,), (share,) = operands.saved, operands.scratch
        np.multiply(dy, origin >= 0, out=share)
        dx.fill(0)
        np.add.at(dx.reshape(-1), np.maximum(origin, 0).reshape(-1), share.reshape(-1))

    def _bins(self, regions: Array, size: Shape) -> Bins:
        corners = round_half_away(regions[:, 1:].astype(np.float32) * np.float32(self.scale))
        sides = np.maximum(corners[:, 2:] - corners[:, :2] + 1, 1)
        return Bins.cut(corners[:, :2], sides, self.bins, size, whole=True)
