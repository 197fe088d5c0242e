"""Center loss: features near the center of their class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, closest
from netcc.layers.base import Buffer, Needs, Operands, ParameterSpec, Signature, canonical_axis
from netcc.layers.labels import Scores, read_labels
from netcc.layers.loss import Loss, check_items, check_one_each
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count

_MESSAGE = "center_loss_param"
_DISTANCES = ("L1", "L2")


@register("CenterLoss")
@dataclass(frozen=True)
class CenterLoss(Loss):
    """sum |x - center of its label|^2 / (2 items); with `distance_type: "L1"` the sum of |x - center| / items.

    Bottoms: features (items, ...), labels (items). Top: the loss (scalar). The centers are a parameter (num_output, K),
    K the size of the features from `axis` on. What the centers get is not the derivative but the mean way to the
    features of their class, (number of them + 1) in the divisor, whatever the loss weight.
    Behaves as center_loss_layer.cpp of ydwen/caffe-face (happynear/caffe-windows for L1), but that a label which is no
    class is an error (DataError). Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition
    (2016).
    """

    fork = "caffe-face (ydwen/caffe-face)"
    example = "center_loss_param { num_output: 10 }"

    num_output: int
    axis: int
    absolute: bool
    center_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.center_loss_param
        if fields.num_output == 0:
            raise LayerError("CenterLoss needs num_output, the number of classes", field=(_MESSAGE, "num_output"))
        if fields.distance_type not in _DISTANCES:
            raise LayerError(
                f"distance_type is L1 or L2, not {fields.distance_type!r}",
                field=(_MESSAGE, "distance_type"),
                suggestion=closest(fields.distance_type, _DISTANCES),
            )
        return cls(fields.num_output, fields.axis, fields.distance_type == "L1", fields.center_filler)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        axis = canonical_axis(self.axis, len(bottoms[0]), (_MESSAGE, "axis"))
        check_items(bottoms)
        rows = (count(bottoms[0][:axis]), count(bottoms[0][axis:]))
        check_one_each(bottoms[1], rows[0], "labels", 1)
        return Signature(
            tops=((),),
            parameters=(ParameterSpec("centers", (self.num_output, rows[1]), self.center_filler),),
            saved=(Buffer((rows[0], 1), "index"),),
            scratch=(Buffer(rows),),
        )

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        (labels,), (way,) = operands.saved, operands.scratch
        ignored = np.empty(labels.shape, np.bool_)
        read_labels(operands.bottoms[1], Scores(len(labels), self.num_output, 1), None, labels, ignored)
        self._ways(operands, way)
        if self.absolute:
            np.abs(way, out=way)
        else:
            np.multiply(way, way, out=way)
            way *= 0.5
        operands.tops[0][...] = way.sum() / max(1, len(way))

    def backward(self, operands: Operands) -> None:
        (labels,), (way,) = operands.saved, operands.scratch
        self._ways(operands, way)
        if self.absolute:
            np.sign(way, out=way)
        if operands.parameter_diffs[0] is not None:
            self._pull_centers(way, labels.reshape(-1), operands.parameter_diffs[0])
        if operands.bottom_diffs[0] is not None:
            scale = operands.top_diffs[0] / max(1, len(way))
            np.multiply(way, scale, out=operands.bottom_diffs[0].reshape(way.shape))

    def _ways(self, operands: Operands, way: Array) -> None:
        """From the centers to the features."""
        np.take(operands.parameters[0], operands.saved[0].reshape(-1), axis=0, out=way, mode="clip")
        np.subtract(operands.bottoms[0].reshape(way.shape), way, out=way)

    def _pull_centers(self, way: Array, labels: Array, diff: Array) -> None:
        diff.fill(0)
        np.subtract.at(diff, labels, way)
        diff /= (np.bincount(labels, minlength=self.num_output) + 1).astype(diff.dtype)[:, None]
