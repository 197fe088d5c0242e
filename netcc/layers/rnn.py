"""The simple recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcc.layers.base import Buffer, Needs, Operands, ParameterSpec
from netcc.layers.recurrent import Recurrent
from netcc.layers.registry import register
from netcc.types import Array


@register("RNN")
@dataclass(frozen=True)
class RNN(Recurrent):
    """At step t, with h' = cont h(t-1):

        h = tanh(W_xh x + b_h [+ W_xh_static x_static] + W_hh h'),  o = tanh(W_ho h + b_o)

    Top 0 is o; the state is h. Parameters: W_xh (num_output, inputs), b_h, W_xh_static where there is a static bottom,
    W_hh, W_ho, b_o. Bottoms and tops are those of `Recurrent`.
    Behaves as src/caffe/layers/rnn_layer.cpp.
    """

    example = 'recurrent_param { num_output: 256 weight_filler { type: "uniform" min: -0.08 max: 0.08 } }'

    state_names = ("hidden state",)
    sums = 1

    def _own_parameters(self) -> tuple[ParameterSpec, ...]:
        size = self.num_output
        return (
            ParameterSpec("output weights", (size, size), self.weight_filler),
            ParameterSpec("output bias", (size,), self.bias_filler),
        )

    def _saved(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        states = Buffer((steps, streams, self.num_output))
        return states, states  # h and h'

    def _scratch(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        states = Buffer((steps, streams, self.num_output))
        return states, states, Buffer((streams, self.num_output))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1, 2) if self.has_static else (0, 1), tops=(0,))

    def forward(self, operands: Operands) -> None:
        states, continued = operands.saved
        product = operands.scratch[2]
        output, marks = operands.tops[0], operands.bottoms[1]
        matrix = operands.parameters[self._hidden_weights].T
        (hidden,) = self._begin(operands)
        self._add_inputs(operands, states)
        for step in range(len(states)):
            np.multiply(hidden, marks[step, :, np.newaxis], out=continued[step])
            np.matmul(continued[step], matrix, out=product)
            hidden = states[step]
            hidden += product
            np.tanh(hidden, out=hidden)
        self._end(operands, hidden)
        weights, bias = operands.parameters[-2:]
        np.matmul(states.reshape(-1, self.num_output), weights.T, out=output.reshape(-1, self.num_output))
        output += bias
        np.tanh(output, out=output)

    def backward(self, operands: Operands) -> None:
        states, continued = operands.saved
        states_diff, sums_diff, carried = operands.scratch
        marks, weights = operands.bottoms[1], operands.parameters[self._hidden_weights]
        self._backward_output(operands, sums_diff, states_diff)
        np.multiply(states, states, out=sums_diff)
        np.subtract(1, sums_diff, out=sums_diff)
        carried.fill(0)
        for step in reversed(range(len(states))):
            states_diff[step] += carried
            sums_diff[step] *= states_diff[step]
            np.matmul(sums_diff[step], weights, out=carried)
            carried *= marks[step, :, np.newaxis]
        self._spread(operands, sums_diff, continued)

    def _backward_output(self, operands: Operands, before_diff: Array, states_diff: Array) -> None:
        """Through o = tanh(W_ho h + b_o), for all steps at once; `before_diff` is what tanh was taken of."""
        output = operands.tops[0]
        np.multiply(output, output, out=before_diff)
        np.subtract(1, before_diff, out=before_diff)
        before_diff *= operands.top_diffs[0]
        flat = before_diff.reshape(-1, self.num_output)
        weights_diff, bias_diff = operands.parameter_diffs[-2:]
        if weights_diff is not None:
            np.matmul(flat.T, operands.saved[0].reshape(-1, self.num_output), out=weights_diff)
        if bias_diff is not None:
            np.sum(flat, axis=0, out=bias_diff)
        np.matmul(flat, operands.parameters[-2], out=states_diff.reshape(-1, self.num_output))
