"""ROIPooling: the largest numbers in the bins of regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, Signature
from netcc.layers.regions import REGION, Bins, check_regions, items_of, round_half_away
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "roi_pooling_param"

_Place: TypeAlias = tuple[int, slice, int, int]
_Window: TypeAlias = tuple[int, slice, slice]


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
        features = bottoms[0]
        top = (check_regions(bottoms, self.type), features[1], *self.bins)
        pixels_first = Buffer((features[0], *features[2:], features[1]))
        return Signature(tops=(top,), scratch=(pixels_first, pixels_first))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1), tops=(0,))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def gradient_by_default(self, bottom: int) -> bool:
        return bottom == 0

    def forward(self, operands: Operands) -> None:
        features, regions = operands.bottoms
        top, pixels_first = operands.tops[0], operands.scratch[0]
        np.copyto(pixels_first, features.transpose(0, 2, 3, 1))
        for place, window in self._windows(regions, features.shape):
            numbers = pixels_first[window]
            top[place] = numbers.max(axis=(0, 1)) if numbers.size else 0

    def backward(self, operands: Operands) -> None:
        dx, (dy,), (top,) = operands.bottom_diffs[0], operands.top_diffs, operands.tops
        if dx is None:
            return
        features, regions = operands.bottoms
        pixels_first, gradient = operands.scratch
        np.copyto(pixels_first, features.transpose(0, 2, 3, 1))
        gradient.fill(0)
        channels = np.arange(features.shape[1])
        for place, window in self._windows(regions, features.shape):
            numbers, target = pixels_first[window], gradient[window]
            if numbers.size:
                first = (numbers.reshape(-1, len(channels)) == top[place]).argmax(axis=0)
                rows, columns = np.divmod(first, numbers.shape[1])
                target[rows, columns, channels] += dy[place]
        np.copyto(dx, gradient.transpose(0, 3, 1, 2))

    def _windows(self, regions: Array, features: Shape) -> Iterator[tuple[_Place, _Window]]:
        """Each bin's place in the top, and its pixels in a map (N, H, W, C)."""
        regions = regions.reshape(-1, REGION)
        items = items_of(regions, features[0])
        bins = self._bins(regions, features[2:])
        for region, item in enumerate(items.tolist()):
            rows = list(map(slice, bins.top[region].tolist(), bins.bottom[region].tolist()))
            columns = list(map(slice, bins.left[region].tolist(), bins.right[region].tolist()))
            for row, column in np.ndindex(self.bins):
                yield (region, slice(None), row, column), (item, rows[row], columns[column])

    def _bins(self, regions: Array, size: Shape) -> Bins:
        corners = round_half_away(regions[:, 1:].astype(np.float32) * np.float32(self.scale))
        sides = np.maximum(corners[:, 2:] - corners[:, :2] + 1, 1)
        return Bins.cut(corners[:, :2], sides, self.bins, size, whole=True)
