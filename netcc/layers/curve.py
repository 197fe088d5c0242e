"""What elementwise layers share whose gradient is the incoming one times a slope."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from netcc.layers.activation import Activation
from netcc.layers.base import Operands, Signature, same_shape
from netcc.layers.cutting import piece
from netcc.types import Array, Shape


class Curve(Activation):
    """y = f(x): subclasses write f(x) in `forward` and f'(x) in `slope`; `scratch[0]` looks as the bottom."""

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(piece(bottoms[0]),))

    @abstractmethod
    def slope(self, operands: Operands, out: Array) -> None:
        """Writes dy/dx to `out`, which is `scratch[0]`, from what `needs` declares."""

    def differentiate(self, operands: Operands) -> None:
        (dx,), (dy,) = operands.bottom_diffs, operands.top_diffs
        out = operands.scratch[0]
        self.slope(operands, out)
        np.multiply(dy, out, out=dx)
