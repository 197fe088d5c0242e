"""What data layers share whose shapes may be known from their fields, from a flag, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Operands
from netcc.types import Shape


def settled(shapes: Sequence[Shape | None], names: Sequence[str], field: tuple[str, ...]) -> tuple[Shape, ...]:
    """The shapes of all tops; raises ShapeError naming the flag for the first that nothing tells."""
    for index, shape in enumerate(shapes):
        if shape is None:
            raise ShapeError(
                f"the shape of top {names[index]!r} is not known: no data source is at hand",
                field=field,
                notes=[input_flag(names, index)],
            )
    return tuple(shape for shape in shapes if shape is not None)


def input_flag(names: Sequence[str], index: int) -> str:
    """What to do about a top without a shape."""
    name = names[index] if index < len(names) else "NAME"
    return f"give `--input {name}=64,3,227,227` (with your sizes)"


def read_batch(operands: Operands, kind: str) -> None:
    """Fills the tops from the layer's reader. Raises LayerError where there is none."""
    if operands.reader is None:
        raise LayerError(f"a forward pass through {kind} layers needs its data source")
    operands.reader.read(operands.tops)


def measure_batch(operands: Operands) -> tuple[Shape, ...]:
    """The shapes of the next batch; those of the last one where there is no reader."""
    if operands.reader is None:
        return tuple(top.shape for top in operands.tops)
    return operands.reader.shapes(len(operands.tops))


def positive_batch(batch_size: int, kind: str, field: tuple[str, ...]) -> int:
    """`batch_size`; raises LayerError if it is not positive."""
    if batch_size < 1:
        raise LayerError(f"{kind} needs a positive batch_size", field=(*field, "batch_size"))
    return batch_size
