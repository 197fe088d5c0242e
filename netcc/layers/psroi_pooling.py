"""PSROIPooling: mean numbers in the bins of regions, each bin from channels of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Needs, Operands, Signature
from netcc.layers.regions import REGION, Bins, check_regions, items_of, round_half_away
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "psroi_pooling_param"

_LEAST_SIDE = 0.1
"""Sides of regions are at least so many pixels of the map."""


@register("PSROIPooling")
@dataclass(frozen=True)
class PSROIPooling(Layer):
    """Position-sensitive pooling: top channel d at bin (i, j) is the mean of channel (d * group + i) * group + j there.

    Bottoms: features (N, output_dim * group^2, H, W), regions (R, 5): rows (item, x1, y1, x2, y2) in pixels of the
    image. Top (R, output_dim, group, group). Corners are rounded, the far ones made one larger, then scaled by
    `spatial_scale`; bins have all pixels that they touch, and one without pixels is 0. Gradient to the features only.
    Dai et al., R-FCN (2016). Behaves as src/caffe/layers/psroi_pooling_layer.cu of daijifeng001/caffe-rfcn.
    """

    fork = "R-FCN (daijifeng001/caffe-rfcn)"
    example = "psroi_pooling_param { spatial_scale: 0.0625 output_dim: 21 group_size: 7 }"

    bottoms = Count(2, 2)

    scale: float
    channels: int
    group: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.psroi_pooling_param
        for name in ("spatial_scale", "output_dim", "group_size"):
            if getattr(fields, name) <= 0:
                raise LayerError(f"PSROIPooling needs a positive {name}", field=(_MESSAGE, name))
        return cls(fields.spatial_scale, fields.output_dim, fields.group_size)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        number = check_regions(bottoms, self.type)
        if bottoms[0][1] != self.channels * self.group**2:
            raise ShapeError(
                f"output_dim {self.channels} and group_size {self.group} need "
                f"{self.channels * self.group**2} channels, not {bottoms[0][1]}",
                field=(_MESSAGE, "output_dim"),
            )
        return Signature(tops=((number, self.channels, self.group, self.group),))

    def needs(self) -> Needs:
        return Needs(bottoms=(1,))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def gradient_by_default(self, bottom: int) -> bool:
        return bottom == 0

    def forward(self, operands: Operands) -> None:
        top = operands.tops[0]
        for place, window in self._windows(operands.bottoms[0], operands.bottoms[1]):
            top[place] = window.mean(axis=(1, 2)) if window.size else 0

    def backward(self, operands: Operands) -> None:
        dx, (dy,) = operands.bottom_diffs[0], operands.top_diffs
        if dx is None:
            return
        dx.fill(0)
        for place, window in self._windows(dx, operands.bottoms[1]):
            if window.size:
                window += (dy[place] / (window.shape[1] * window.shape[2]))[:, None, None]

    def _windows(self, maps: Array, regions: Array) -> Iterator[tuple[tuple[int, slice, int, int], Array]]:
        """Each bin's place in the top and its part (output_dim, rows, columns) of `maps`, a view."""
        regions = regions.reshape(-1, REGION)
        items = items_of(regions, len(maps))
        bins = self._bins(regions, maps.shape[2:])
        by_bin = maps.reshape(len(maps), self.channels, self.group, self.group, *maps.shape[2:])
        for region, item in enumerate(items.tolist()):
            for row, column in np.ndindex(self.group, self.group):
                rows = slice(bins.top[region, row], bins.bottom[region, row])
                columns = slice(bins.left[region, column], bins.right[region, column])
                yield (region, slice(None), row, column), by_bin[item, :, row, column, rows, columns]

    def _bins(self, regions: Array, size: Shape) -> Bins:
        corners = round_half_away(regions[:, 1:].astype(np.float32))
        near = corners[:, :2] * np.float32(self.scale)
        far = (corners[:, 2:] + 1) * np.float32(self.scale)
        return Bins.cut(near, np.maximum(far - near, np.float32(_LEAST_SIDE)), (self.group,) * 2, size, whole=False)
