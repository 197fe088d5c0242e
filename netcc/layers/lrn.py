"""Local response normalization, across channels or within each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Layer, Needs, Operands, Repeat, Signature, same_shape
from netcc.layers.powers import raise_power
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@register("LRN")
@dataclass(frozen=True)
class LRN(Layer):
    """y = x * s^-beta with s = k + alpha / n * (sum of x^2 over the n numbers around x, those outside being 0).

    ACROSS_CHANNELS: the same pixel in n = local_size channels; WITHIN_CHANNEL: n = local_size^2 pixels of the same
    channel, and k is 1 whatever the net says. Bottom and top (N, C, H, W).
    Behaves as src/caffe/layers/lrn_layer.cpp. Krizhevsky et al., ImageNet Classification (2012).
    """

    example = "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"

    in_place = True

    local_size: int
    alpha: float
    beta: float
    k: float
    within: bool

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.lrn_param
        if fields.local_size % 2 == 0:
            raise LayerError(
                f"local_size of LRN must be odd, not {fields.local_size}", field=("lrn_param", "local_size")
            )
        within = fields.norm_region == caffe_pb2.LRNParameter.WITHIN_CHANNEL
        return cls(fields.local_size, fields.alpha, fields.beta, 1.0 if within else fields.k, within)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        (bottom,) = bottoms
        if len(bottom) != 4:
            raise ShapeError(f"LRN needs a bottom of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        image = Buffer(bottom[1:])
        return same_shape(bottoms, saved=(Buffer(bottom),), scratch=(image, image, image))

    def batchwise(self) -> bool:
        return True

    def repeats(self) -> Repeat:
        return "all"

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (saved,), (power, square, _) = operands.saved, operands.scratch
        for x, y, sums in zip(operands.bottoms[0], operands.tops[0], saved, strict=True):
            np.multiply(x, self._weight, out=square)
            square *= x
            self._sum_around(square, sums, power, self.k)
            raise_power(sums, self.beta, power, square)
            np.divide(x, power, out=y)

    def backward(self, operands: Operands) -> None:
        """dx = dy * s^-beta - 2 beta alpha / n * x * (sum around of dy * x * s^-beta / s)."""
        if operands.bottom_diffs[0] is None:
            return
        (saved,), (share, around, ratio) = operands.saved, operands.scratch
        images = zip(operands.bottoms[0], saved, operands.top_diffs[0], operands.bottom_diffs[0], strict=True)
        for x, sums, dy, dx in images:
            raise_power(sums, self.beta, share, around)
            np.divide(dy, share, out=share)
            np.multiply(x, -2 * self.beta * self._weight, out=ratio)
            ratio *= share
            ratio /= sums
            self._sum_around(ratio, around, dx, 0)
            np.multiply(around, x, out=dx)
            dx += share

    @property
    def _weight(self) -> float:
        return self.alpha / (self.local_size**2 if self.within else self.local_size)

    def _sum_around(self, source: Array, sums: Array, scratch: Array, start: float) -> None:
        """`start` and the neighbourhood of every number of one image, summed; all arrays are (C, H, W)."""
        if self.within:
            _sum_windows(source, scratch, self.local_size, 1, 0)
            _sum_windows(scratch, sums, self.local_size, 2, start)
        else:
            _sum_windows(source, sums, self.local_size, 0, start)


def _sum_windows(source: Array, sums: Array, size: int, axis: int, start: float) -> None:
    """`start` and the `size` (odd) numbers around each place of `axis`, summed; those outside are 0."""
    before: tuple[slice, ...] = (slice(None),) * axis
    np.add(source, start, out=sums)
    for distance in range(1, min(size // 2, source.shape[axis] - 1) + 1):
        left, right = (*before, slice(None, -distance)), (*before, slice(distance, None))
        sums[right] += source[left]
        sums[left] += source[right]
