"""One step of an LSTM: from gate inputs and the cell before to the cell and the hidden state after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Buffer, Count, Layer, Needs, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

GATES = 4
"""Input, forget and output gate, and the candidate, one after the other on the last axis."""


def open_gates(gates: Array, continued: Array) -> None:
    """Gate inputs to gates, in place: the logistic function of i, f and o, tanh of g; f is multiplied by `continued`.

    `gates` has shape (streams, 4 * size), `continued` (streams).
    """
    size = gates.shape[1] // GATES
    logistic = gates[:, : 3 * size]
    # 1 / (1 + exp(-x)) = tanh(x / 2) / 2 + 1/2, so that one call serves all gates and nothing overflows.
    logistic *= 0.5
    np.tanh(gates, out=gates)
    logistic *= 0.5
    logistic += 0.5
    gates[:, size : 2 * size] *= continued[:, np.newaxis]


def advance_cell(gates: Array, before: Array, cell: Array, squashed: Array, hidden: Array) -> None:
    """cell = f * before + i * g; squashed = tanh(cell); hidden = o * squashed; all (streams, size)."""
    i, f, o, g = np.split(gates, GATES, axis=1)
    np.multiply(i, g, out=squashed)
    np.multiply(f, before, out=cell)
    cell += squashed
    np.tanh(cell, out=squashed)
    np.multiply(o, squashed, out=hidden)


def slopes_of_gates(gates: Array, slopes: Array) -> None:
    """What the gates change by with their inputs: a (1 - a) for i, f and o, 1 - g^2 for g. Any leading axes."""
    size = gates.shape[-1] // GATES
    np.multiply(gates, gates, out=slopes)
    np.subtract(gates[..., : 3 * size], slopes[..., : 3 * size], out=slopes[..., : 3 * size])
    np.subtract(1, slopes[..., 3 * size :], out=slopes[..., 3 * size :])


def retreat_cell(
    gates: Array, before: Array, squashed: Array, hidden_diff: Array, cell_diff: Array, gates_diff: Array
) -> None:
    """Backward of `advance_cell` and `open_gates`.

    `gates_diff` holds the slopes of the gates and becomes the diff of their inputs; `cell_diff` is that of the cell
    and becomes that of the cell before.
    """
    i, f, o, g = np.split(gates, GATES, axis=1)
    i_diff, f_diff, o_diff, g_diff = np.split(gates_diff, GATES, axis=1)
    cell_diff += hidden_diff * o * (1 - squashed * squashed)
    i_diff *= cell_diff * g
    f_diff *= cell_diff * before
    o_diff *= hidden_diff * squashed
    g_diff *= cell_diff * i
    cell_diff *= f


@register("LSTMUnit")
@dataclass(frozen=True)
class LSTMUnit(Layer):
    """c = cont * f * c' + i * g and h = o * tanh(c); i, f, o are logistic functions and g is tanh of their inputs.

    Bottoms: the cell before, c' (1 x N x D), the gate inputs (1 x N x 4D) in the order i, f, o, g, and cont (1 x N),
    0 where a sequence begins and else 1. Tops: c and h (1 x N x D). Where cont is neither, the gradient of the forget
    gate is f (1 - f) with cont multiplied into f, as there. Behaves as src/caffe/layers/lstm_unit_layer.cpp.
    """

    bottoms = Count(3, 3)
    tops = Count(2, 2)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        cell, gates, continued = bottoms
        if len(cell) != 3 or cell[0] != 1:
            raise ShapeError(f"the cell must be 1 x streams x size, not {format_shape(cell)}", field=("bottom", "0"))
        _, streams, size = cell
        if gates != (1, streams, GATES * size):
            expected = format_shape((1, streams, GATES * size))
            raise ShapeError(
                f"a cell of {format_shape(cell)} needs gate inputs of {expected}, not {format_shape(gates)}",
                field=("bottom", "1"),
            )
        if continued != (1, streams):
            raise ShapeError(
                f"{streams} streams need sequence markers of {format_shape((1, streams))}, "
                f"not {format_shape(continued)}",
                field=("bottom", "2"),
            )
        small, wide = Buffer((streams, size)), Buffer((streams, GATES * size))
        return Signature(tops=(cell, cell), saved=(wide, small), scratch=(small, wide))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom != 2

    def forward(self, operands: Operands) -> None:
        (before, inputs, continued), (cell, hidden) = operands.bottoms, operands.tops
        gates, squashed = operands.saved
        np.copyto(gates, inputs[0])
        open_gates(gates, continued[0])
        advance_cell(gates, before[0], cell[0], squashed, hidden[0])

    def backward(self, operands: Operands) -> None:
        gates, squashed = operands.saved
        cell_diff, gates_diff = operands.scratch
        np.copyto(cell_diff, operands.top_diffs[0][0])
        slopes_of_gates(gates, gates_diff)
        retreat_cell(gates, operands.bottoms[0][0], squashed, operands.top_diffs[1][0], cell_diff, gates_diff)
        for diff, found in zip(operands.bottom_diffs, (cell_diff, gates_diff), strict=False):
            if diff is not None:
                np.copyto(diff[0], found)
