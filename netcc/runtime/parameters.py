"""First values of parameters: fillers, or the arrays of another net."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.fillers import fill
from netcc.ir.graph import Graph, Parameter
from netcc.types import Array, format_shape


def fill_parameters(
    arrays: Mapping[Parameter, Array], random: np.random.Generator, *, given: Mapping[Parameter, Array]
) -> None:
    """Fills every parameter that is not in `given` by its filler or its layer's own values, in the order of the layers.

    Raises LayerError naming the layer where a filler is unknown or does not fit the shape.
    """
    for parameter, array in arrays.items():
        if parameter in given:
            continue
        if parameter.values is not None:
            array[...] = parameter.values
            continue
        try:
            fill(array, parameter.filler, random)
        except LayerError as error:
            owner = parameter.owner
            raise error.located(owner.span(*error.field), f"{parameter.name} of layer {owner.name!r}") from None


def share_by_name(graph: Graph, source: Graph, arrays: Mapping[Parameter, Array]) -> dict[Parameter, Array]:
    """The arrays of `source` that the layers of the same name in `graph` are to use.

    Behaves as Net::ShareTrainedLayersWith of src/caffe/net.cpp. Raises ShapeError naming the layer where they differ.
    """
    theirs = {node.name: node.parameters for node in source.nodes}
    shared: dict[Parameter, Array] = {}
    for node in graph.nodes:
        others = theirs.get(node.name)
        if others is None:
            continue
        if len(others) != len(node.parameters):
            raise ShapeError(
                f"layer {node.name!r} has {len(node.parameters)} parameters here, {len(others)} in the net it shares",
                span=node.span(),
            )
        for mine, other in zip(node.parameters, others, strict=True):
            if mine.shape != other.shape:
                raise ShapeError(
                    f"layer {node.name!r}, {mine.name}: {format_shape(mine.shape)} here, "
                    f"{format_shape(other.shape)} in the net it shares",
                    span=node.span(),
                )
            shared[mine] = arrays[other]
    return shared


def carry_over(graph: Graph, old: Graph, arrays: Mapping[Parameter, Array]) -> dict[Parameter, Array]:
    """The arrays of `old`, the same net before its inputs changed shape, for the parameters of `graph`.

    Raises ShapeError where the new input shapes would change a parameter's shape.
    """
    carried: dict[Parameter, Array] = {}
    for mine, other in zip(graph.parameters(), old.parameters(), strict=True):
        if mine.shape != other.shape:
            raise ShapeError(
                f"layer {mine.owner.name!r}, {mine.name}: these input shapes need {format_shape(mine.shape)}, "
                f"the net has {format_shape(other.shape)}",
                span=mine.owner.span(),
            )
        if other in arrays:
            carried[mine] = arrays[other]
    return carried
