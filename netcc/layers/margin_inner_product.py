"""Inner products with a margin on the angle between a feature and the weights of its label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, ParameterSpec, Signature, canonical_axis
from netcc.layers.labels import Scores, read_labels
from netcc.layers.loss import check_items, check_one_each
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count

_MESSAGE = "margin_inner_product_param"
_LEAST_LENGTH = float(np.finfo(np.float32).tiny)


@register("MarginInnerProduct")
@dataclass(frozen=True)
class MarginInnerProduct(Layer):
    """y = x w / |w|, but at the label (lambda y + |x| psi(angle of x and w)) / (1 + lambda).

    psi is cos(m angle), made to fall all the way from 0 to pi, with m = 1 to 4 for `type: SINGLE` to QUADRUPLE; in pass
    number t, lambda = max(lambda_min, base (1 + gamma (iteration + t))^-power). Bottoms: features (items, ...), joined
    from `axis` on into K numbers; labels (items). Tops: scores (items, num_output), and if asked for lambda (1).
    The weights have shape (num_output, K).

    Behaves as margin_inner_product_layer.cpp of wy1iu/sphereface and happynear/caffe-windows, whose gradients for m > 1
    are no derivatives: that of the weights takes all scores for plain inner products, and the two parts of that of the
    feature at its label are divided by the length of their factors. The forks bring the weights to length 1 before each
    pass; here the weights stay as they are and the gradient goes through the division by |w|. A label which is no class
    is an error (DataError). Liu et al., SphereFace: Deep Hypersphere Embedding for Face Recognition (2017).
    """

    fork = "SphereFace (wy1iu/sphereface)"
    example = 'margin_inner_product_param { num_output: 10572 type: QUADRUPLE weight_filler { type: "xavier" } }'

    bottoms = Count(2, 2)
    tops = Count(1, 2)

    num_output: int
    axis: int
    multiple: int
    """m, the factor of the angle."""

    base: float
    gamma: float
    power: float
    lambda_min: float
    iteration: int
    weight_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.margin_inner_product_param
        if fields.num_output == 0:
            raise LayerError("MarginInnerProduct needs num_output", field=(_MESSAGE, "num_output"))
        return cls(
            fields.num_output,
            fields.axis,
            fields.type + 1,
            fields.base,
            fields.gamma,
            fields.power,
            fields.lambda_min,
            fields.iteration,
            fields.weight_filler,
        )

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom == 0

    def is_function(self) -> bool:
        return False

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        axis = canonical_axis(self.axis, len(bottoms[0]), (_MESSAGE, "axis"))
        check_items(bottoms)
        items, inputs = count(bottoms[0][:axis]), count(bottoms[0][axis:])
        check_one_each(bottoms[1], items, "labels", 1)
        weights = (self.num_output, inputs)
        return Signature(
            tops=((*bottoms[0][:axis], self.num_output), (1,))[:tops],
            parameters=(ParameterSpec("weights", weights, self.weight_filler),),
            saved=(Buffer((items, 1), "index"), Buffer(weights), Buffer((self.num_output, 1)), Buffer((1,))),
            scratch=(Buffer(weights), Buffer((items, inputs))),
            state=(Buffer((1,), "index"),),
            macs=items * inputs * self.num_output,
        )

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def start(self, operands: Operands) -> None:
        operands.state[0].fill(self.iteration)

    def forward(self, operands: Operands) -> None:
        labels, directions, lengths, share = operands.saved
        ignored = np.empty(labels.shape, np.bool_)
        read_labels(operands.bottoms[1], Scores(len(labels), self.num_output, 1), None, labels, ignored)
        (passes,) = operands.state
        passes += 1
        share.fill(self._lambda(int(passes[0])))
        np.copyto(lengths, _lengths(operands.parameters[0]))
        np.divide(operands.parameters[0], lengths, out=directions)
        x, y = _rows(operands.bottoms[0], labels), _rows(operands.tops[0], labels)
        np.matmul(x, directions.T, out=y)
        if self.multiple > 1:
            size = _lengths(x)
            plain = np.take_along_axis(y, labels, axis=1)
            turned = size * _psi(self.multiple, plain / size)
            np.put_along_axis(y, labels, (share * plain + turned) / (1 + share), axis=1)
        if len(operands.tops) > 1:
            np.copyto(operands.tops[1], share)

    def _lambda(self, iteration: int) -> float:
        return max(self.lambda_min, self.base * math.pow(1 + self.gamma * iteration, -self.power))

    def backward(self, operands: Operands) -> None:
        labels = operands.saved[0]
        x, dy = _rows(operands.bottoms[0], labels), _rows(operands.top_diffs[0], labels)
        if operands.parameter_diffs[0] is not None:
            self._weights_gradient(operands, dy, x, operands.parameter_diffs[0])
        if operands.bottom_diffs[0] is not None:
            dx = _rows(operands.bottom_diffs[0], labels)
            np.matmul(dy, operands.saved[1], out=dx)
            if self.multiple > 1:
                self._turn_gradient(operands, dy, x, dx)

    def _weights_gradient(self, operands: Operands, dy: Array, x: Array, diff: Array) -> None:
        """What is across the weights of dy x, over their length."""
        _, directions, lengths, _ = operands.saved
        along = operands.scratch[0]
        np.matmul(dy.T, x, out=diff)
        np.multiply(directions, np.einsum("ij,ij->i", directions, diff)[:, None], out=along)
        diff -= along
        diff /= lengths

    def _turn_gradient(self, operands: Operands, dy: Array, x: Array, dx: Array) -> None:
        """Puts the gradient of psi, by its share, in place of that of the plain score at the label."""
        labels, directions, _, share = operands.saved
        part = operands.scratch[1]
        size = _lengths(x)
        np.take(directions, labels[:, 0], axis=0, out=part, mode="clip")
        cosine = np.einsum("ij,ij->i", x, part)[:, None] / size
        of_weights = _psi_slope(self.multiple, cosine)
        of_feature = (_psi(self.multiple, cosine) - cosine * of_weights) / size
        norm = np.hypot(of_weights, of_feature)
        scale = np.take_along_axis(dy, labels, axis=1) / (1 + share)
        part *= scale * (of_weights / norm - 1)
        dx += part
        np.multiply(x, scale * of_feature / norm, out=part)
        dx += part


def _rows(array: Array, labels: Array) -> Array:
    """One row for each label."""
    return array.reshape(len(labels), array.size // max(1, len(labels)))


def _lengths(rows: Array) -> Array:
    """Euclidean lengths of the rows, never 0: (rows, 1)."""
    lengths: Array = np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), _LEAST_LENGTH)
    return lengths[:, None]


def _psi(multiple: int, cosine: Array) -> Array:
    """(-1)^k cos(m angle) - 2k for an angle from k pi / m to (k + 1) pi / m."""
    sign, shift = _branch(multiple, cosine)
    square = cosine * cosine
    if multiple == 2:
        turned = 2 * square - 1
    elif multiple == 3:
        turned = (4 * square - 3) * cosine
    else:
        turned = 8 * square * (square - 1) + 1
    psi: Array = sign * turned + shift
    return psi


def _psi_slope(multiple: int, cosine: Array) -> Array:
    """The derivative of psi with respect to the cosine."""
    square = cosine * cosine
    if multiple == 2:
        turned = 4 * cosine
    elif multiple == 3:
        turned = 12 * square - 3
    else:
        turned = (32 * square - 16) * cosine
    slope: Array = _branch(multiple, cosine)[0] * turned
    return slope


def _branch(multiple: int, cosine: Array) -> tuple[Array, Array]:
    """(-1)^k and -2k, as the forks write them by signs of the cosine."""
    side = np.sign(cosine)
    if multiple == 2:
        return side, side - 1
    if multiple == 3:
        outer = np.sign(np.abs(cosine) - 0.5)
        return outer, side * (1 + outer) - 2
    sign = side * np.sign(2 * cosine * cosine - 1)
    return sign, 2 * side + sign - 3
