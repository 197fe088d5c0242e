"""Layers that go through time: (steps, streams, numbers)."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.activation import sigmoid
from netcc.emit.numpy_source.arrays import Array


def lstm_steps(
    x: Array,
    marks: Array,
    input_weights: Array,
    bias: Array,
    hidden_weights: Array,
    hidden: Array,
    cell: Array,
) -> list[tuple[Array, ...]]:
    """What each step computes: gates, the state before, the cell and the hidden state.

    marks (steps, streams) are 0 where a sequence begins: it forgets what was before.
    """
    steps = []
    hidden, cell = hidden[0], cell[0]
    for t in range(len(x)):
        mark = marks[t][:, np.newaxis]
        before = hidden * mark
        sums = (
            x[t].reshape(len(before), -1) @ input_weights.T
            + bias
            + before @ hidden_weights.T
        )
        i, f, o, g = np.split(sums, 4, axis=1)
        i, f, o, g = sigmoid(i), sigmoid(f) * mark, sigmoid(o), np.tanh(g)
        cell_before, cell = cell, f * cell + i * g
        hidden = o * np.tanh(cell)
        steps.append((i, f, o, g, before, cell_before, cell, hidden))
    return steps


def lstm(
    x: Array,
    marks: Array,
    input_weights: Array,
    bias: Array,
    hidden_weights: Array,
    hidden: Array,
    cell: Array,
) -> tuple[Array, Array, Array]:
    """Long short-term memory: the hidden states, and the last hidden state and cell.

    The cell keeps what the forget gate f lets it, and takes what the input gate i lets
    in of the candidate g; the output gate o shows of it what it wants.
    """
    steps = lstm_steps(x, marks, input_weights, bias, hidden_weights, hidden, cell)
    y = np.stack([step[-1] for step in steps])
    return y, y[-1:], steps[-1][-2][np.newaxis]


def lstm_backward(
    dy: Array,
    x: Array,
    marks: Array,
    input_weights: Array,
    bias: Array,
    hidden_weights: Array,
    hidden: Array,
    cell: Array,
) -> tuple[Array, Array, Array, Array]:
    """Gradients of the input, its weights, the bias and the hidden weights.

    Back through time, from the last step to the first.
    """
    steps = lstm_steps(x, marks, input_weights, bias, hidden_weights, hidden, cell)
    dx, d_input = np.zeros_like(x), np.zeros_like(input_weights)
    d_bias, d_weights = np.zeros_like(bias), np.zeros_like(hidden_weights)
    d_hidden, d_cell = np.zeros_like(hidden[0]), np.zeros_like(cell[0])
    for t in reversed(range(len(x))):
        i, f, o, g, before, cell_before, cell_now, _ = steps[t]
        squashed = np.tanh(cell_now)
        d_hidden = d_hidden + dy[t]
        d_cell = d_cell + d_hidden * o * (1 - squashed * squashed)
        d_sums = np.concatenate(
            [
                d_cell * g * i * (1 - i),
                d_cell * cell_before * f * (1 - f),
                d_hidden * squashed * o * (1 - o),
                d_cell * i * (1 - g * g),
            ],
            axis=1,
        )
        d_input += d_sums.T @ x[t].reshape(len(before), -1)
        d_bias += d_sums.sum(axis=0)
        d_weights += d_sums.T @ before
        dx[t] = (d_sums @ input_weights).reshape(x[t].shape)
        d_hidden = d_sums @ hidden_weights * marks[t][:, np.newaxis]
        d_cell = d_cell * f
    return dx, d_input, d_bias, d_weights
