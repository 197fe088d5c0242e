"""Layers in a row that multiply and shift channels, as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.ir.graph import Node
from netcc.types import Array


def affine_parts(node: Node) -> list[Node]:
    """The layers that `node` absorbed which do no more than that."""
    return [part for part in node.absorbed if part.layer.is_affine(node.outputs[0].shape)]


def composed(parts: Sequence[Node], parameters: Sequence[Array], bias: Array) -> tuple[Array, Array]:
    """The gain (channels) of all `parts` together, and the shift: what becomes of `bias` (channels).

    `parameters` are those of the parts, one after the other.
    """
    rest = list(parameters)
    gains, shifts = np.ones_like(bias), bias
    for part in parts:
        number = len(part.signature.parameters)
        own, rest = rest[:number], rest[number:]
        gain, shift = (np.asarray(value, bias.dtype).reshape(-1) for value in part.layer.affine(own))
        gains, shifts = gains * gain, shifts * gain + shift
    return gains, shifts
