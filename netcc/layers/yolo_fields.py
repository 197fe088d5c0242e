"""What YOLO's layers say about their maps: anchors, which of them a map has, and its channels."""

from __future__ import annotations

from collections.abc import Sequence

from netcc.errors import LayerError, ShapeError
from netcc.types import Shape, format_shape

OBJECT = 4
"""Which number of a box says whether there is something; the classes follow it."""


def read_anchors(biases: Sequence[float], number: int, field: tuple[str, ...]) -> tuple[tuple[float, float], ...]:
    """The first `number` pairs of `biases`: width and height. Raises LayerError where there are fewer."""
    if number == 0 or len(biases) < 2 * number:
        raise LayerError(
            f"{number} anchors need {2 * number} biases (width and height of each), not {len(biases)}", field=field
        )
    if min(biases) <= 0:
        raise LayerError("biases must be positive", field=field)
    return tuple((biases[2 * i], biases[2 * i + 1]) for i in range(number))


def check_map(shape: Shape, anchors: int, classes: int, index: int, *, square: bool = False) -> None:
    """Raises ShapeError unless bottom `index` has the numbers of all anchors at each place."""
    channels = anchors * (OBJECT + 1 + classes)
    if len(shape) != 4 or shape[1] != channels:
        raise ShapeError(
            f"{anchors} anchors of {classes} classes need N x {channels} x H x W, not {format_shape(shape)}",
            field=("bottom", str(index)),
        )
    if square and shape[2] != shape[3]:
        raise ShapeError(f"the map must be square, not {format_shape(shape[2:])}", field=("bottom", str(index)))


def read_mask(mask: Sequence[int], number: int, anchors: int, field: tuple[str, ...]) -> tuple[int, ...]:
    """The first `number` entries of `mask`; raises LayerError where there are fewer, or an anchor does not exist."""
    if number == 0 or len(mask) < number:
        raise LayerError(f"{number} boxes of a cell need {number} mask entries, not {len(mask)}", field=field)
    if max(mask) >= anchors:
        raise LayerError(f"mask {max(mask)} names no anchor: there are {anchors} (0 to {anchors - 1})", field=field)
    return tuple(mask[:number])
