"""Local response normalization over channels-last blobs."""

from __future__ import annotations

from netcc.ir.graph import Node
from netcc.kernels import lrn
from netcc.layers.base import Buffer, Needs, Operands, Repeat
from netcc.layers.lrn import LRN
from netcc.targets.arrays import channels_last
from netcc.targets.base import Memory, Target
from netcc.targets.choose import makes
from netcc.targets.options import Options
from netcc.types import Shape


class LRNTarget(Target):
    """Keeps the sums around every number where backward will follow."""

    name = "sums along channels"
    layout = "channels last"
    sliced = True

    def __init__(self, kernel: lrn.LRN, *, gradients: bool) -> None:
        self.kernel = kernel
        self.gradients = gradients
        scratch = max(kernel.scratch, kernel.scratch_backward if gradients else 0)
        self.memory = Memory(saved=(kernel.saved,) if gradients else (), scratch=(Buffer((scratch,)),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def repeats(self) -> Repeat:
        return "all"

    def forward(self, operands: Operands) -> None:
        saved = operands.saved[0] if self.gradients else None
        x, y = channels_last(operands.bottoms[0]), channels_last(operands.tops[0])
        self.kernel.forward(x, y, saved, operands.scratch[0])

    def backward(self, operands: Operands) -> None:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is not None:
            x, dy, dx = map(channels_last, (operands.bottoms[0], operands.top_diffs[0], bottom_diff))
            self.kernel.backward(x, operands.saved[0], dy, dx, operands.scratch[0])


@makes(LRN)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    if not isinstance(layer, LRN) or not lrn.LRN.allows(layer.alpha, layer.k):
        return None
    images, channels, height, width = shapes[0]
    shape = (images, height, width, channels)
    kernel = lrn.LRN(shape, layer.local_size, layer.alpha, layer.beta, layer.k, within=layer.within)
    return LRNTarget(kernel, gradients=options.gradients and node.runs_backward)
