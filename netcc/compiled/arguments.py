"""What a compiled net is called with: each input once, as numbers; and what is said when it is not so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy.typing as npt

from netcc.arrays import as_numbers
from netcc.errors import LayerError, NetccError, ShapeError, UsageError, closest
from netcc.types import Array, Shape, format_shape


def check_arguments(
    inputs: Mapping[str, Shape], arrays: Sequence[npt.ArrayLike], named: Mapping[str, npt.ArrayLike]
) -> dict[str, Array]:
    """The arrays of all inputs, in the order of `inputs`.

    Raises UsageError where one is missing, unknown or given twice, ArrayError where it holds no real numbers.
    """
    listed = f"inputs: {', '.join(f'{name} ({format_shape(shape)})' for name, shape in inputs.items()) or 'none'}"
    if len(arrays) > len(inputs):
        raise UsageError(f"{len(arrays)} arrays are given, but the net has {_inputs(len(inputs))}", notes=[listed])
    given = dict(zip(inputs, arrays, strict=False))
    for name, array in named.items():
        if name not in inputs:
            raise UsageError(f"{name!r} is not an input of the net", notes=[listed], suggestion=closest(name, inputs))
        if name in given:
            raise UsageError(f"input {name!r} is given twice", notes=[listed])
        given[name] = array
    missing = [name for name in inputs if name not in given]
    if missing:
        raise UsageError(f"input {missing[0]!r} is not given", notes=[listed])
    return {name: _numbers(name, given[name], shape) for name, shape in inputs.items()}


def _inputs(number: int) -> str:
    return "1 input" if number == 1 else f"{number} inputs"


def _numbers(name: str, given: npt.ArrayLike, shape: Shape) -> Array:
    expected = f"expected {format_shape(shape)}"
    try:
        array = as_numbers(given, f"input {name!r}")
    except NetccError as error:
        raise error.located(None, expected) from None
    if array.size == 0:
        raise ShapeError(f"input {name!r} is empty: {format_shape(array.shape)}", notes=[expected])
    return array


def misfit(inputs: Mapping[str, Shape], shapes: Mapping[str, Shape], error: LayerError) -> ShapeError:
    """What is said where inputs of `shapes` do not fit the layers, which `error` found."""
    changed = [name for name, shape in shapes.items() if shape != inputs[name]] or list(shapes)
    name = changed[0]
    given, expected = shapes[name], inputs[name]
    notes = [f"expected {format_shape(expected)}, or another size where the layers allow", error.message]
    notes += error.diagnostics[0].notes
    if given == expected[1:]:
        notes.append(f"give it a batch axis: {name}[np.newaxis]")
    return ShapeError(f"input {name!r} does not fit as {format_shape(given)}", notes=notes)
