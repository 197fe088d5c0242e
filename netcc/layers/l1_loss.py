"""L1 loss: absolute differences, blind to NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Needs, Operands, Signature
from netcc.layers.loss import Loss, check_counts
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "l1_loss_param"


@register("L1Loss")
@dataclass(frozen=True)
class L1Loss(Loss):
    """sum |a - b| / items; with `l2_per_location` the sum over places of sqrt(epsilon + sum (a - b)^2).

    Bottoms: a and b, or their difference alone; all get a gradient. Top: the loss (scalar). Differences that are NaN
    (unknown targets) count 0 and pass no gradient, nor do those smaller than `plateau`, which are taken for 0.
    `l2_prescale_by_channels` takes the mean over channels instead of the sum; `normalize_by_num_entries` divides by the
    number of differences that are not NaN, over the channels, instead of the items. The gradient at 0 is 0.
    Behaves as l1loss_layer.cu of lmb-freiburg/flownet2 (there -1 at 0), and without fields as l1_loss_layer.cpp of
    NVIDIA/caffe.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"

    bottoms: ClassVar[Count] = Count(1, 2)

    given: int
    """How many bottoms there are."""

    by_location: bool
    mean_of_channels: bool
    by_entries: bool
    epsilon: float
    plateau: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.l1_loss_param
        if fields.l2_per_location and not fields.epsilon > 0:
            raise LayerError(
                f"l2_per_location needs a positive epsilon, not {fields.epsilon:g}", field=(_MESSAGE, "epsilon")
            )
        return cls(
            len(message.bottom),
            fields.l2_per_location,
            fields.l2_prescale_by_channels,
            fields.normalize_by_num_entries,
            fields.epsilon,
            fields.plateau,
        )

    def gradient_allowed(self, bottom: int) -> bool:
        return True

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_counts(bottoms)
        if len(bottoms[0]) < 2:
            raise ShapeError(f"L1Loss needs bottoms with items and channels, not {format_shape(bottoms[0])}")
        items, channels, *rest = bottoms[0]
        planes, places = (items, channels, count(tuple(rest))), (items, 1, count(tuple(rest)))
        return Signature(
            tops=((),),
            scratch=(
                Buffer(planes),
                Buffer(planes),
                Buffer(planes, "bool"),
                Buffer(places),
                Buffer(places, "bool"),
            ),
        )

    def needs(self) -> Needs:
        return Needs(bottoms=range(self.given))

    def forward(self, operands: Operands) -> None:
        difference, part, left_out, lengths, _ = operands.scratch
        divisor = self._differences(operands)
        if self.by_location:
            self._lengths(operands)
            total = lengths.sum()
        else:
            np.abs(difference, out=part)
            np.copyto(part, 0, where=left_out)
            total = part.sum()
        operands.tops[0][...] = total / divisor

    def backward(self, operands: Operands) -> None:
        difference, _, left_out, lengths, flat = operands.scratch
        scale = operands.top_diffs[0] / self._differences(operands)
        if self.by_location:
            self._lengths(operands)
            np.divide(scale / (difference.shape[1] if self.mean_of_channels else 1), lengths, out=lengths)
            np.copyto(lengths, 0, where=flat)
            difference *= lengths
        else:
            np.sign(difference, out=difference)
            np.copyto(difference, 0, where=left_out)
            difference *= scale
        for diff, sign in zip(operands.bottom_diffs, (1, -1), strict=False):
            if diff is not None:
                np.multiply(difference.reshape(diff.shape), sign, out=diff)

    def _differences(self, operands: Operands) -> float:
        """Writes the differences (0 for NaN) and which of them are left out; returns the divisor."""
        difference, part, left_out = operands.scratch[:3]
        first = operands.bottoms[0].reshape(difference.shape)
        second: Array | float = operands.bottoms[1].reshape(difference.shape) if len(operands.bottoms) > 1 else 0.0
        np.subtract(first, second, out=difference)
        np.isnan(difference, out=left_out)
        np.copyto(difference, 0, where=left_out)
        divisor = self._divisor(left_out)
        if self.plateau > 0 and not self.by_location:
            np.abs(difference, out=part)
            np.less(part, self.plateau, out=left_out)
        return divisor

    def _divisor(self, unknown: Array) -> float:
        items, channels, _ = unknown.shape
        known = unknown.size - int(np.count_nonzero(unknown))
        return (known / channels if self.by_entries else items) or 1

    def _lengths(self, operands: Operands) -> None:
        """sqrt(sum of squares + epsilon) at every place, and where the sum is taken for 0."""
        difference, part, _, lengths, flat = operands.scratch
        np.multiply(difference, difference, out=part)
        np.sum(part, axis=1, keepdims=True, out=lengths)
        if self.mean_of_channels:
            lengths /= difference.shape[1]
        np.less(lengths, self.plateau**2, out=flat)
        np.copyto(lengths, 0, where=flat)
        lengths += self.epsilon
        np.sqrt(lengths, out=lengths)
