"""Focal loss: softmax loss in which places that are already right count little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Count
from netcc.layers.loss import Normalization, read_ignore_label, refuse_label_smoothing
from netcc.layers.registry import register
from netcc.layers.softmax_loss import SoftmaxLoss, negative_logarithm
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase

_MESSAGE = "focal_loss_param"
_LEAST_BASE = 1e-10


@register("FocalLoss")
@dataclass(frozen=True)
class FocalLoss(SoftmaxLoss):
    """The mean of -alpha (1 - p)^gamma log p, where p = softmax(x)[label].

    With `type: ONEADDP` it is -alpha (1 + p)^gamma log p; `type: LINEAR` is the same as ORIGIN, as in the fork.
    Bottoms: scores (any shape, classes on axis 1 or `softmax_param.axis`), labels (one for each place). Tops: the loss
    (scalar), and if asked for the probabilities.
    Behaves as focal_loss_layer.cpp of happynear/caffe-windows after zimenglan-sysu-512/Focal-Loss; where the two differ
    (alpha other than 1) as the latter. Lin et al., Focal Loss for Dense Object Detection (2017).
    """

    fork = "caffe-windows (happynear/caffe-windows)"

    tops: ClassVar[Count] = Count(1, 2)

    gamma: float
    alpha: float
    sign: int
    """Of p in the base of the power: -1, or 1 for ONEADDP."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, loss = message.focal_loss_param, message.loss_param
        refuse_label_smoothing(loss)
        if not fields.gamma >= 0:
            raise LayerError(f"gamma must not be negative, not {fields.gamma:g}", field=(_MESSAGE, "gamma"))
        if not fields.alpha > 0:
            raise LayerError(f"alpha must be positive, not {fields.alpha:g}", field=(_MESSAGE, "alpha"))
        sign = 1 if fields.type == caffe_pb2.FocalLossParameter.ONEADDP else -1
        return cls(
            message.softmax_param.axis,
            read_ignore_label(loss),
            Normalization.read(loss),
            fields.gamma,
            fields.alpha,
            sign,
        )

    def losses(self, probabilities: Array, labels: Array) -> None:
        power = self._power(probabilities)
        negative_logarithm(probabilities)
        probabilities *= power

    def slopes(self, probabilities: Array, labels: Array) -> None:
        """alpha (1 - p)^gamma (1 - gamma p log p / (1 - p)), likewise with a plus."""
        base = np.maximum(1 + self.sign * probabilities, _LEAST_BASE)
        power = self._power(probabilities)
        share = probabilities / base
        negative_logarithm(probabilities)
        probabilities *= share
        probabilities *= -self.sign * self.gamma
        probabilities += 1
        probabilities *= power

    def _power(self, probabilities: Array) -> Array:
        """alpha (1 - p)^gamma or alpha (1 + p)^gamma."""
        power: Array = np.maximum(1 + self.sign * probabilities, 0)
        np.power(power, self.gamma, out=power)
        power *= self.alpha
        return power


@register("SoftmaxFocalLoss")
@dataclass(frozen=True)
class SoftmaxFocalLoss(FocalLoss):
    """FocalLoss under the name that some forks give it."""
