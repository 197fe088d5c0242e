"""Infogain loss: multinomial logistic loss in which mistakes cost what a matrix says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Operands, Signature
from netcc.layers.labels import Scores, read_labels, split_scores, view_scores
from netcc.layers.loss import Loss, Normalization, check_items, read_ignore_label, refuse_label_smoothing
from netcc.layers.registry import register
from netcc.layers.softmax import softmax, softmax_row
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "infogain_loss_param"
_SMALLEST = 1e-20


@register("InfogainLoss")
@dataclass(frozen=True)
class InfogainLoss(Loss):
    """The mean of -sum_k H[label, k] log softmax(x)[k].

    Bottoms: scores (any shape, classes on `axis`), labels (one for each place), and the matrix H (classes x classes in
    any shape) unless it is in the .binaryproto file `source`. Tops: the loss (scalar), and if asked for the
    probabilities (shape of the scores), through which no gradient comes back. With the identity for H this is
    SoftmaxWithLoss. Probabilities below 1e-20 are taken for that. Behaves as src/caffe/layers/infogain_loss_layer.cpp,
    but that a label which is no class is an error (DataError). Nets older than 2016 fed it probabilities.
    """

    example = 'infogain_loss_param { source: "infogain.binaryproto" }'

    predicts: ClassVar[str] = "Softmax"
    bottoms: ClassVar[Count] = Count(2, 3)
    tops: ClassVar[Count] = Count(1, 2)

    axis: int
    source: str
    ignore_label: int | None
    normalization: Normalization

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields, loss = message.infogain_loss_param, message.loss_param
        refuse_label_smoothing(loss)
        if loss.HasField("normalize"):
            raise LayerError(
                "InfogainLoss does not know the old normalize",
                field=("loss_param", "normalize"),
                notes=["write normalization: VALID for true, normalization: BATCH_SIZE for false"],
            )
        if len(message.bottom) < 3 and not fields.source:
            raise LayerError(
                "InfogainLoss needs its matrix: a third bottom, or a file named by infogain_loss_param.source",
                field=(_MESSAGE, "source"),
            )
        return cls(fields.axis, fields.source, read_ignore_label(loss), Normalization.read(loss))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        scores = split_scores(bottoms[0], bottoms[1], self.axis, (_MESSAGE, "axis"))
        check_items(bottoms[:2])
        classes = scores.classes
        if len(bottoms) > 2 and count(bottoms[2]) != classes**2:
            raise ShapeError(
                f"{classes} classes need a matrix of {classes} x {classes} numbers, not {format_shape(bottoms[2])}",
                field=("bottom", "2"),
            )
        matrix = Buffer((classes, classes))
        gains = Buffer((*scores.places, classes))
        return Signature(
            tops=((), bottoms[0])[:tops],
            saved=(Buffer(scores.shape), Buffer(scores.places, "index"), Buffer(scores.places, "bool"), matrix),
            scratch=(softmax_row(scores), Buffer(scores.shape), gains),
            state=() if len(bottoms) > 2 else (matrix,),
        )

    def start(self, operands: Operands) -> None:
        if operands.state:
            operands.state[0][...] = self._read_matrix(operands.state[0].shape)

    def _read_matrix(self, shape: Shape) -> Array:
        from netcc.schema.binaryproto import read_binaryproto

        matrix = read_binaryproto(self.source)
        if matrix.size != count(shape):
            raise DataError(
                f"{self.source} holds {format_shape(matrix.shape)} numbers, but {shape[0]} classes need a matrix of "
                f"{format_shape(shape)}"
            )
        return matrix.reshape(shape)

    def forward(self, operands: Operands) -> None:
        probabilities, labels, ignored, matrix = operands.saved
        row, costs, gains = operands.scratch
        scores = view_scores(operands.bottoms[0].shape, self.axis)
        source = operands.state[0] if operands.state else operands.bottoms[2]
        np.copyto(matrix, source.reshape(matrix.shape))
        read_labels(operands.bottoms[1], scores, self.ignore_label, labels, ignored)
        softmax(operands.bottoms[0].reshape(scores.shape), probabilities, row)
        np.maximum(probabilities, _SMALLEST, out=costs)
        np.log(costs, out=costs)
        costs *= _gains(matrix, labels, gains)
        self._leave_out(costs, ignored)
        operands.tops[0][...] = -costs.sum() / self._divisor(scores, ignored)
        if len(operands.tops) > 1:
            np.copyto(operands.tops[1].reshape(scores.shape), probabilities)

    def backward(self, operands: Operands) -> None:
        """dx = (p * sum of H[label] - H[label]) * top diff / divisor."""
        dx = operands.bottom_diffs[0]
        if dx is None:
            return
        probabilities, labels, ignored, matrix = operands.saved
        scores = view_scores(dx.shape, self.axis)
        spread = dx.reshape(scores.shape)
        np.multiply(probabilities, matrix.sum(axis=1)[labels][:, None, :], out=spread)
        spread -= _gains(matrix, labels, operands.scratch[2])
        spread *= operands.top_diffs[0] / self._divisor(scores, ignored)
        self._leave_out(spread, ignored)

    def _leave_out(self, values: Array, ignored: Array) -> None:
        if self.ignore_label is not None:
            np.copyto(values, 0, where=ignored[:, None, :])

    def _divisor(self, scores: Scores, ignored: Array) -> float:
        return self.normalization.divisor(scores.outer, scores.inner, ignored.size - int(np.count_nonzero(ignored)))


def _gains(matrix: Array, labels: Array, gains: Array) -> Array:
    """The rows of the matrix for all labels: a view (outer, classes, inner) of `gains` (outer, inner, classes)."""
    np.take(matrix, labels, axis=0, out=gains, mode="clip")
    return gains.transpose(0, 2, 1)
