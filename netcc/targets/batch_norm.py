"""BatchNorm in training over channels-last blobs, with the Scale layer and the ReLU behind it.

The statistics are those of the whole batch, so it is no slice of it; parts of the batch are shared out within a call.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.ir.graph import Node
from netcc.kernels.batch_norm import BatchNorm as BatchNormKernel
from netcc.kernels.batch_norm import coefficients, join
from netcc.layers.activation import ReLU
from netcc.layers.base import Buffer, Needs, Operands, Repeat
from netcc.layers.batch_norm import BatchNorm
from netcc.layers.scale import Scale
from netcc.targets.arrays import channels_last
from netcc.targets.base import Memory, Target
from netcc.targets.choose import absorbs, makes
from netcc.targets.options import Options
from netcc.targets.share import ranges
from netcc.types import Array, Shape

_LEARNT = 3
"""Index of the first parameter behind the statistics."""


class _Parts:
    """The images shared out, and the scratch of each part."""

    def __init__(self, images: int, channels: int) -> None:
        self.slices = [slice(*part) for part in ranges(images)]
        self.channels = channels

    def sums(self) -> Array:
        return np.empty((len(self.slices), 2, self.channels))


class BatchNormTarget(Target):
    """Without followers backward reads the normalised numbers, so the top may be the bottom's memory; see `Joined`."""

    name = "statistics in parts"
    layout = "channels last"
    shares = True

    def __init__(self, layer: BatchNorm, shape: Shape, relu: float | None = None) -> None:
        images, channels, height, width = shape
        self.layer = layer
        self.parts = _Parts(images, channels)
        self.numbers = images * height * width
        largest = max(part.stop - part.start for part in self.parts.slices)
        self.kernel = BatchNormKernel((largest, height, width, channels), relu)
        scratch = max(self.kernel.scratch, self.kernel.scratch_backward)
        self.memory = Memory(
            saved=(Buffer((channels,)), Buffer((channels,))), scratch=(Buffer((len(self.parts.slices), scratch)),)
        )

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        self._measure(channels_last(operands.bottoms[0]), operands)
        self.repeat(operands)

    def repeats(self) -> Repeat:
        return "tops"

    def repeat(self, operands: Operands) -> None:
        x, y = channels_last(operands.bottoms[0]), channels_last(operands.tops[0])
        mean, inverse = operands.saved
        self._normalise(x, mean, *self._affine(inverse, operands.parameters), y, operands)

    def _measure(self, x: Array, operands: Operands) -> None:
        """The statistics of the batch: kept for backward, and added to the running ones."""
        found = self.parts.sums()
        work = zip(self.parts.slices, found, operands.scratch[0], strict=True)
        operands.together([(self.kernel.statistics, (x[part], out, scratch)) for part, out, scratch in work])
        images = [part.stop - part.start for part in self.parts.slices]
        pixels = self.numbers // len(x)
        mean, variance = join(list(found), [pixels * number for number in images])
        self.layer.keep(mean, variance, self.numbers, operands.parameters)
        np.copyto(operands.saved[0], mean)
        np.copyto(operands.saved[1], 1 / np.sqrt(variance + self.layer.eps))

    def _affine(self, inverse: Array, parameters: Sequence[Array]) -> tuple[Array, Array | None]:
        """Factor and shift of the centred numbers."""
        return inverse, None

    def _normalise(
        self, x: Array, mean: Array, factor: Array, shift: Array | None, y: Array, operands: Operands
    ) -> None:
        work = zip(self.parts.slices, operands.scratch[0], strict=True)
        operands.together(
            [(self.kernel.normalise, (x[part], mean, factor, shift, y[part], scratch)) for part, scratch in work]
        )

    def backward(self, operands: Operands) -> None:
        (bottom_diff,) = operands.bottom_diffs
        if bottom_diff is None:
            return
        dy, y, dx = map(channels_last, (operands.top_diffs[0], operands.tops[0], bottom_diff))
        sums = self.parts.sums()
        work = zip(self.parts.slices, sums, operands.scratch[0], strict=True)
        operands.together(
            [(self.kernel.sums, (dy[part], None, y[part], None, None, out, scratch)) for part, out, scratch in work]
        )
        found = coefficients(sums.sum(axis=0), operands.saved[1], 1.0, self.numbers, normalised=True)
        rest = zip(self.parts.slices, operands.scratch[0], strict=True)
        operands.together(
            [(self.kernel.apply, (dy[part], y[part], None, found, dx[part], scratch)) for part, scratch in rest]
        )


class Joined(BatchNormTarget):
    """With a Scale layer, and perhaps a ReLU: one pass over the blob instead of three. Backward reads the bottom."""

    name = "statistics in parts, scale"

    def __init__(self, layer: BatchNorm, shape: Shape, *, bias: bool, relu: float | None) -> None:
        super().__init__(layer, shape, relu)
        self.bias = bias
        self.relu = relu

    def needs(self) -> Needs:
        return Needs(bottoms=(0,), tops=() if self.relu is None else (0,))

    def _affine(self, inverse: Array, parameters: Sequence[Array]) -> tuple[Array, Array | None]:
        return inverse * parameters[_LEARNT], parameters[_LEARNT + 1] if self.bias else None

    def backward(self, operands: Operands) -> None:
        mean, inverse = operands.saved
        x, dy, y = map(channels_last, (operands.bottoms[0], operands.top_diffs[0], operands.tops[0]))
        dx = None if operands.bottom_diffs[0] is None else channels_last(operands.bottom_diffs[0])
        sums = self.parts.sums()
        calls = []
        for part, out, scratch in zip(self.parts.slices, sums, operands.scratch[0], strict=True):
            passed = None if dx is None or self.relu is None else dx[part]
            calls.append((self.kernel.sums, (dy[part], y[part], x[part], mean, passed, out, scratch)))
        operands.together(calls)
        gamma = operands.parameters[_LEARNT]
        found = coefficients(sums.sum(axis=0), inverse, gamma, self.numbers)
        for diff, gradient in zip(operands.parameter_diffs[_LEARNT:], (found.gamma, found.beta), strict=False):
            if diff is not None:
                np.copyto(diff, gradient)
        if dx is None:
            return
        g = dy if self.relu is None else dx
        rest = zip(self.parts.slices, operands.scratch[0], strict=True)
        operands.together(
            [(self.kernel.apply, (g[part], x[part], mean, found, dx[part], scratch)) for part, scratch in rest]
        )


@makes(BatchNorm)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    if not isinstance(layer, BatchNorm) or layer.use_global_stats or layer.scale_bias or len(shapes[0]) != 4:
        return None
    if not node.absorbed:
        return BatchNormTarget(layer, shapes[0])
    scale, *rest = (part.layer for part in node.absorbed)
    assert isinstance(scale, Scale)
    relu = rest[0].negative_slope if rest and isinstance(rest[0], ReLU) else None
    return Joined(layer, shapes[0], bias=scale.bias_filler is not None, relu=relu)


@absorbs(BatchNorm)
def _absorb(node: Node, follower: Node, options: Options) -> bool:
    """A Scale layer with numbers for channels, then a ReLU; their diffs are not to be looked at afterwards."""
    layer, own, bottom = follower.layer, node.layer, node.inputs[0].shape
    if (
        options.keep_diffs
        or not isinstance(own, BatchNorm)
        or own.use_global_stats
        or own.scale_bias
        or len(bottom) != 4
    ):
        return False
    if not node.absorbed:
        return isinstance(layer, Scale) and len(follower.inputs) == 1 and layer.is_affine(bottom)
    return len(node.absorbed) == 1 and type(layer) is ReLU and 0 <= layer.negative_slope < 1
