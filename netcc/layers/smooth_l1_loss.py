"""Smooth L1 loss: squares near 0, absolute values further out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Needs, Operands, Signature
from netcc.layers.loss import Loss, Normalization, check_counts
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape


@dataclass(frozen=True)
class SmoothL1(Loss):
    """Losses that sum e(d), d = inside weights * (prediction - target); e(d) = sigma^2 d^2 / 2 up to |d| = 1 / sigma^2.

    Further out e(d) = |d| - 1 / (2 sigma^2).
    """

    given: int
    """How many bottoms there are."""

    sigma_squared: float

    def needs(self) -> Needs:
        return Needs(bottoms=range(self.given))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom < 2

    def errors(self, operands: Operands, difference: Array, error: Array) -> None:
        """Writes d to `difference` and e(d) to `error`."""
        self._differences(operands, difference)
        np.multiply(difference, self.sigma_squared, out=error)
        np.clip(error, -1, 1, out=error)
        # With the clipped slope s, e(d) = s (d - s / (2 sigma^2)) on both sides of the joint.
        np.divide(error, -2 * self.sigma_squared, out=error)
        difference += error
        error *= -2 * self.sigma_squared
        np.multiply(error, difference, out=error)

    def slopes(self, operands: Operands, slope: Array) -> None:
        """Writes the derivative of e(d) with respect to the prediction to `slope`."""
        self._differences(operands, slope)
        slope *= self.sigma_squared
        np.clip(slope, -1, 1, out=slope)
        if len(operands.bottoms) > 2:
            slope *= operands.bottoms[2].reshape(slope.shape)

    def _differences(self, operands: Operands, difference: Array) -> None:
        prediction, target = operands.bottoms[:2]
        np.subtract(prediction, target.reshape(prediction.shape), out=difference)
        if len(operands.bottoms) > 2:
            difference *= operands.bottoms[2].reshape(difference.shape)


def _pass_back(operands: Operands, slope: Array) -> None:
    """The same gradient to the prediction and, turned round, to the target."""
    for diff, sign in zip(operands.bottom_diffs[:2], (1, -1), strict=True):
        if diff is not None:
            np.multiply(slope.reshape(diff.shape), sign, out=diff)


@register("SmoothL1Loss")
@dataclass(frozen=True)
class SmoothL1Loss(SmoothL1):
    """sum w_out e(w_in (prediction - target)) / items; e(d) = (sigma d)^2 / 2 for |d| < 1 / sigma^2.

    Further out e(d) = |d| - 1 / (2 sigma^2). Bottoms, with as many numbers each: predictions, targets, and if given
    inside weights w_in and outside weights w_out (1 otherwise). Top: the loss (scalar). Predictions and targets get a
    gradient. Behaves as smooth_L1_loss_layer.cpp of rbgirshick/caffe-fast-rcnn; with two bottoms as that of
    weiliu89/caffe (SSD), which has no sigma. Girshick, Fast R-CNN (2015).
    """

    fork = "Fast R-CNN (rbgirshick/caffe-fast-rcnn)"

    bottoms: ClassVar[Count] = Count(2, 4)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        sigma = message.smooth_l1_loss_param.sigma
        if not sigma > 0:
            raise LayerError(f"sigma must be positive, not {sigma:g}", field=("smooth_l1_loss_param", "sigma"))
        return cls(len(message.bottom), sigma * sigma)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_counts(bottoms)
        return Signature(tops=((),), scratch=(Buffer(bottoms[0]), Buffer(bottoms[0])))

    def forward(self, operands: Operands) -> None:
        difference, error = operands.scratch
        self.errors(operands, difference, error)
        if len(operands.bottoms) > 3:
            error *= operands.bottoms[3].reshape(error.shape)
        operands.tops[0][...] = error.sum() / max(1, len(error))

    def backward(self, operands: Operands) -> None:
        slope = operands.scratch[0]
        self.slopes(operands, slope)
        if len(operands.bottoms) > 3:
            slope *= operands.bottoms[3].reshape(slope.shape)
        slope *= operands.top_diffs[0] / max(1, len(slope))
        _pass_back(operands, slope)


@register("SmoothL1LossOHEM")
@dataclass(frozen=True)
class SmoothL1LossOHEM(SmoothL1):
    """sum e(w (prediction - target)) / divisor, e(d) = d^2 / 2 for |d| < 1 and |d| - 1/2 further out.

    Bottoms of one shape (N x C x H x W; trailing axes may be left out): predictions, targets, and if given weights w.
    Tops: the loss (scalar), and if asked for the loss of each place (N x 1 x H x W), the sum over its channels, through
    which no gradient comes back. The divisor is the number of places unless `loss_param.normalization` says otherwise.
    Behaves as smooth_L1_loss_ohem_layer.cpp of intel/caffe (after R-FCN), but that the gradient has the weights in
    full: the fork leaves them out, which is the same for weights 0 and 1.
    """

    fork = "R-FCN (daijifeng001/caffe-rfcn)"

    bottoms: ClassVar[Count] = Count(2, 3)
    tops: ClassVar[Count] = Count(1, 2)

    normalization: Normalization

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls(len(message.bottom), 1.0, Normalization.read(message.loss_param))

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_counts(bottoms)
        items, channels, height, width = _four_axes(bottoms[0])
        planes = Buffer((items, channels, height * width))
        return Signature(tops=((), (items, 1, height, width))[:tops], scratch=(planes, planes))

    def forward(self, operands: Operands) -> None:
        difference, error = operands.scratch
        shape = operands.bottoms[0].shape
        self.errors(operands, difference.reshape(shape), error.reshape(shape))
        operands.tops[0][...] = error.sum() / self._divisor(error)
        if len(operands.tops) > 1:
            np.sum(error, axis=1, out=operands.tops[1].reshape(len(error), error.shape[2]))

    def backward(self, operands: Operands) -> None:
        slope = operands.scratch[0]
        self.slopes(operands, slope.reshape(operands.bottoms[0].shape))
        slope *= operands.top_diffs[0] / self._divisor(slope)
        _pass_back(operands, slope)

    def _divisor(self, planes: Array) -> float:
        items, _, inner = planes.shape
        return self.normalization.divisor(items, inner, items * inner)


def _four_axes(shape: Shape) -> tuple[int, int, int, int]:
    """The shape as N x C x H x W, axes that it lacks being 1. Raises ShapeError for more axes."""
    if len(shape) > 4:
        raise ShapeError(f"a bottom of at most 4 axes (N x C x H x W) is needed, not {format_shape(shape)}")
    items, channels, height, width = (*shape, 1, 1, 1, 1)[:4] if shape else (1, 1, 1, count(shape))
    return items, channels, height, width
