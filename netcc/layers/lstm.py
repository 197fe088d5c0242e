"""The LSTM through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.layers.base import Buffer, Needs, Operands
from netcc.layers.lstm_unit import GATES, advance_cell, open_gates, retreat_cell, slopes_of_gates
from netcc.layers.recurrent import Recurrent
from netcc.layers.registry import register


@register("LSTM")
@dataclass(frozen=True)
class LSTM(Recurrent):
    """At step t, with h' = cont h(t-1) and c' = cont c(t-1):

        i, f, o = logistic and g = tanh of W_xc x + b_c [+ W_xc_static x_static] + W_hc h'
        c = f c' + i g,  h = o tanh(c)

    Top 0 is h. Parameters, rows in the order i, f, o, g: W_xc (4 num_output, inputs), b_c, W_xc_static where there is
    a static bottom, W_hc. State: h, then c. Bottoms and tops are those of `Recurrent`.
    Behaves as src/caffe/layers/lstm_layer.cpp. Hochreiter and Schmidhuber, Long Short-Term Memory (1997), in the form
    of Zaremba and Sutskever, Learning to Execute (2014).
    """

    example = 'recurrent_param { num_output: 256 weight_filler { type: "uniform" min: -0.08 max: 0.08 } }'

    state_names = ("hidden state", "cell")
    sums = GATES

    def _saved(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        state = (streams, self.num_output)
        return (
            Buffer((steps, streams, GATES * self.num_output)),  # gates
            Buffer((steps, *state)),  # h'
            Buffer((steps + 1, *state)),  # c, the first one included
            Buffer((steps, *state)),  # tanh(c)
        )

    def _scratch(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        gates = (streams, GATES * self.num_output)
        state = Buffer((streams, self.num_output))
        return Buffer((steps, *gates)), Buffer(gates), state, state

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1, 2) if self.has_static else (0, 1))

    def forward(self, operands: Operands) -> None:
        gates, continued, cells, squashed = operands.saved
        product = operands.scratch[1]
        output, marks = operands.tops[0], operands.bottoms[1]
        matrix = operands.parameters[self._hidden_weights].T
        hidden, cells[0] = self._begin(operands)
        self._add_inputs(operands, gates)
        for step in range(len(gates)):
            np.multiply(hidden, marks[step, :, np.newaxis], out=continued[step])
            np.matmul(continued[step], matrix, out=product)
            gates[step] += product
            open_gates(gates[step], marks[step])
            hidden = output[step]
            advance_cell(gates[step], cells[step], cells[step + 1], squashed[step], hidden)
        self._end(operands, hidden, cells[-1])

    def backward(self, operands: Operands) -> None:
        gates, continued, cells, squashed = operands.saved
        gates_diff, _, hidden_diff, cell_diff = operands.scratch
        output_diff, marks = operands.top_diffs[0], operands.bottoms[1]
        weights = operands.parameters[self._hidden_weights]
        hidden_diff.fill(0)
        cell_diff.fill(0)
        slopes_of_gates(gates, gates_diff)
        for step in reversed(range(len(gates))):
            hidden_diff += output_diff[step]
            retreat_cell(gates[step], cells[step], squashed[step], hidden_diff, cell_diff, gates_diff[step])
            np.matmul(gates_diff[step], weights, out=hidden_diff)
            hidden_diff *= marks[step, :, np.newaxis]
        self._spread(operands, gates_diff, continued)
