"""What recurrent layers have in common: bottoms and tops, the product with the inputs, the state between passes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, ParameterSpec, Signature
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "recurrent_param"


@dataclass(frozen=True)
class Recurrent(Layer):
    """A layer that goes through time: T steps of N independent streams.

    Bottoms: x (T x N x ...); cont (T x N), 0 where a sequence begins and else 1, by which the state before a step is
    multiplied; perhaps an input that stays the same at all steps (N x ...); with `expose_hidden` the first state
    (1 x N x num_output each). Tops: the output (T x N x num_output); with `expose_hidden` the last state. Without it
    the last state is the first one of the next pass, and zero at the start.

    No gradient leaves a pass: diffs of an exposed last state are passed over, those of the first state are zero.
    The number of steps may change between passes, unlike in Caffe, whose behaviour is that of
    src/caffe/layers/recurrent_layer.cpp otherwise.
    """

    batch_axis = 1
    bottoms = Count(2, 5)
    tops = Count(1, 3)

    state_names: ClassVar[tuple[str, ...]]
    """What goes from step to step, each of shape (streams, num_output)."""

    sums: ClassVar[int]
    """How many times num_output numbers the products with inputs and state give for each stream."""

    num_output: int
    has_static: bool
    expose_hidden: bool
    weight_filler: caffe_pb2.FillerParameter
    bias_filler: caffe_pb2.FillerParameter

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.recurrent_param
        if fields.num_output == 0:
            raise LayerError(f"{cls.type} needs num_output", field=(_MESSAGE, "num_output"))
        has_static = cls._check_counts(len(message.bottom), len(message.top), fields.expose_hidden)
        return cls(fields.num_output, has_static, fields.expose_hidden, fields.weight_filler, fields.bias_filler)

    @classmethod
    def _check_counts(cls, bottoms: int, tops: int, exposed: bool) -> bool:
        """Whether one of the bottoms is static. Raises LayerError where their number or that of the tops is wrong."""
        states = cls.state_names if exposed else ()
        how = f"{cls.type} {'with' if exposed else 'without'} expose_hidden"
        least = 2 + len(states)
        if bottoms not in (least, least + 1):
            names = ", ".join(["x", "cont", "perhaps a static input", *(f"the first {name}" for name in states)])
            raise LayerError(
                f"{how} takes {least} or {least + 1} bottom blobs ({names}), found {bottoms}", field=("bottom",)
            )
        if tops != 1 + len(states):
            names = ", ".join(["the output", *(f"the last {name}" for name in states)])
            raise LayerError(f"{how} gives {1 + len(states)} top blobs ({names}), found {tops}", field=("top",))
        return bottoms == least + 1

    def is_function(self) -> bool:
        return self.expose_hidden

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        steps, streams, inputs = _check_input(bottoms[0])
        if tuple(bottoms[1]) != (steps, streams):
            raise ShapeError(
                f"{steps} steps of {streams} streams need sequence markers of {format_shape((steps, streams))}, "
                f"not {format_shape(bottoms[1])}",
                field=("bottom", "1"),
            )
        static_inputs = _check_static(bottoms[2], streams) if self.has_static else 0
        state = (streams, self.num_output)
        for index in self._first_states():
            if bottoms[index] != (1, *state):
                raise ShapeError(
                    f"the first state must be {format_shape((1, *state))}, not {format_shape(bottoms[index])}",
                    field=("bottom", str(index)),
                )
        parameters = (*self._common_parameters(inputs, static_inputs), *self._own_parameters())
        products = [count(spec.shape) * (1 if spec.name == "static weights" else steps) for spec in parameters]
        return Signature(
            tops=((steps, *state), *[(1, *state)] * (len(self.state_names) if self.expose_hidden else 0)),
            parameters=parameters,
            saved=self._saved(steps, streams),
            scratch=self._scratch(steps, streams),
            state=() if self.expose_hidden else (Buffer(state),) * len(self.state_names),
            macs=streams * sum(size for size, spec in zip(products, parameters, strict=True) if len(spec.shape) == 2),
        )

    def _common_parameters(self, inputs: int, static_inputs: int) -> Iterator[ParameterSpec]:
        """In the order of Caffe: input weights, bias, static weights if any, hidden weights."""
        rows = self.sums * self.num_output
        yield ParameterSpec("input weights", (rows, inputs), self.weight_filler)
        yield ParameterSpec("bias", (rows,), self.bias_filler)
        if self.has_static:
            yield ParameterSpec("static weights", (rows, static_inputs), self.weight_filler)
        yield ParameterSpec("hidden weights", (rows, self.num_output), self.weight_filler)

    def _own_parameters(self) -> tuple[ParameterSpec, ...]:
        return ()

    @abstractmethod
    def _saved(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        """What forward keeps for backward."""

    @abstractmethod
    def _scratch(self, steps: int, streams: int) -> tuple[Buffer, ...]:
        """Working memory of one pass."""

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom != 1

    def start(self, operands: Operands) -> None:
        for state in operands.state:
            state.fill(0)

    def _first_states(self) -> range:
        """The indices of the bottoms that hold the first state."""
        first = 3 if self.has_static else 2
        return range(first, first + len(self.state_names) if self.expose_hidden else first)

    @property
    def _hidden_weights(self) -> int:
        """The index of the hidden weights among the parameters."""
        return 3 if self.has_static else 2

    def _begin(self, operands: Operands) -> tuple[Array, ...]:
        """The state before the first step, each (streams, num_output)."""
        if self.expose_hidden:
            return tuple(operands.bottoms[index][0] for index in self._first_states())
        return operands.state

    def _end(self, operands: Operands, *last: Array) -> None:
        """Keeps the state after the last step, or shows it."""
        targets = [top[0] for top in operands.tops[1:]] if self.expose_hidden else operands.state
        for target, array in zip(targets, last, strict=True):
            np.copyto(target, array)

    def _add_inputs(self, operands: Operands, sums: Array) -> None:
        """sums = x W^T + b, and the static product at every step; (steps, streams, sums * num_output)."""
        weights, bias = operands.parameters[:2]
        np.matmul(_rows(operands.bottoms[0], 2), weights.T, out=_rows(sums, 2))
        sums += bias
        if self.has_static:
            sums += _rows(operands.bottoms[2], 1) @ operands.parameters[2].T

    def _spread(self, operands: Operands, sums_diff: Array, states: Array) -> None:
        """From the diff of the sums to those of the inputs and of the weights on inputs and state.

        `states` (steps, streams, num_output) are what the hidden weights were multiplied by.
        """
        flat = _rows(sums_diff, 2)
        weights_diff, bias_diff = operands.parameter_diffs[:2]
        hidden_diff = operands.parameter_diffs[self._hidden_weights]
        if weights_diff is not None:
            np.matmul(flat.T, _rows(operands.bottoms[0], 2), out=weights_diff)
        if bias_diff is not None:
            np.sum(flat, axis=0, out=bias_diff)
        if hidden_diff is not None:
            np.matmul(flat.T, _rows(states, 2), out=hidden_diff)
        x_diff = operands.bottom_diffs[0]
        if x_diff is not None:
            np.matmul(flat, operands.parameters[0], out=_rows(x_diff, 2))
        if self.has_static:
            self._spread_static(operands, sums_diff)
        for index in self._first_states():
            state_diff = operands.bottom_diffs[index]
            if state_diff is not None:
                state_diff.fill(0)

    def _spread_static(self, operands: Operands, sums_diff: Array) -> None:
        weights_diff, static_diff = operands.parameter_diffs[2], operands.bottom_diffs[2]
        if weights_diff is None and static_diff is None:
            return
        total = np.sum(sums_diff, axis=0)
        if weights_diff is not None:
            np.matmul(total.T, _rows(operands.bottoms[2], 1), out=weights_diff)
        if static_diff is not None:
            np.matmul(total, operands.parameters[2], out=_rows(static_diff, 1))


def _rows(array: Array, leading: int) -> Array:
    """A matrix whose rows are the `leading` first axes joined."""
    return array.reshape(count(array.shape[:leading]), count(array.shape[leading:]))


def _check_input(shape: Shape) -> tuple[int, int, int]:
    """Steps, streams and numbers for each."""
    if len(shape) < 3:
        raise ShapeError(f"x must be steps x streams x numbers, not {format_shape(shape)}", field=("bottom", "0"))
    return shape[0], shape[1], count(shape[2:])


def _check_static(shape: Shape, streams: int) -> int:
    """Numbers of the static input for each stream."""
    if len(shape) < 2 or shape[0] != streams:
        raise ShapeError(
            f"the static input must be {streams} streams x numbers, not {format_shape(shape)}", field=("bottom", "2")
        )
    return count(shape[1:])
