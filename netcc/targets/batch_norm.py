"""BatchNorm in training over channels-last blobs, with the Scale layer, the sum and the ReLU behind it.

The statistics are those of the whole batch, so it is no slice of it; parts of the batch are shared out within a call.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netcc.ir.graph import Node
from netcc.kernels.batch_norm import BatchNorm as BatchNormKernel
from netcc.kernels.batch_norm import coefficients, is_near_zero, join
from netcc.kernels.twins import target
from netcc.layers.activation import ReLU
from netcc.layers.base import Buffer, Call, Needs, Operands, Repeat, same_memory
from netcc.layers.batch_norm import BatchNorm
from netcc.layers.eltwise import Eltwise
from netcc.layers.scale import Scale
from netcc.targets.arrays import channels_last
from netcc.targets.base import Memory, Target
from netcc.targets.choose import absorbs, makes
from netcc.targets.options import Options
from netcc.targets.share import processors, ranges
from netcc.types import Array, Shape

_LEARNT = 3
"""Index of the first parameter behind the statistics."""


_LEAST_PART = {"numpy": 1 << 18, "fast": 1 << 16}
"""Numbers of a part: with fewer, threads wait longer for the interpreter and for each other than they save."""


class _Parts:
    """The images shared out, and the scratch of each part."""

    def __init__(self, images: int, numbers: int, channels: int) -> None:
        most = max(1, numbers // _LEAST_PART[target()])
        self.slices = [slice(*part) for part in ranges(images, min(processors(), most))]
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
        self.numbers = images * height * width
        self.parts = _Parts(images, self.numbers * channels, channels)
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
        factor, shift = self._affine(inverse, operands.parameters)
        around: Array | None = mean
        if is_near_zero(mean, inverse):
            around, shift = None, -mean * factor if shift is None else shift - mean * factor
        addend = channels_last(operands.bottoms[1]) if len(operands.bottoms) > 1 else None
        calls: list[Call] = []
        for part, scratch in zip(self.parts.slices, operands.scratch[0], strict=True):
            added = None if addend is None else addend[part]
            calls.append((self.kernel.normalise, (x[part], around, factor, shift, y[part], scratch, added)))
        operands.together(calls)

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
    """With a Scale layer, and perhaps a sum with another blob and a ReLU: one pass over the blob instead of one each.

    Backward reads the bottom. The other blob is bottom 1; its diff is what passes the ReLU.
    """

    def __init__(self, layer: BatchNorm, shape: Shape, *, bias: bool, adds: bool, relu: float | None) -> None:
        super().__init__(layer, shape, relu)
        self.name = "statistics in parts, scale, sum" if adds else "statistics in parts, scale"
        self.bias = bias
        self.relu = relu
        self.hands_on = (1,) if adds else ()
        self.changes_diff = adds and relu is not None

    def needs(self) -> Needs:
        return Needs(bottoms=(0,), tops=() if self.relu is None else (0,))

    def _affine(self, inverse: Array, parameters: Sequence[Array]) -> tuple[Array, Array | None]:
        return inverse * parameters[_LEARNT], parameters[_LEARNT + 1] if self.bias else None

    def backward(self, operands: Operands) -> None:
        x, dy, y = map(channels_last, (operands.bottoms[0], operands.top_diffs[0], operands.tops[0]))
        dx, other = (None if diff is None else channels_last(diff) for diff in (*operands.bottom_diffs, None)[:2])
        passed = self._passed(dy, dx, other)
        sums = self._sums(x, dy, y, passed, operands)
        inverse, gamma = operands.saved[1], operands.parameters[_LEARNT]
        found = coefficients(sums, inverse, gamma, self.numbers)
        for diff, gradient in zip(operands.parameter_diffs[_LEARNT:], (found.gamma, found.beta), strict=False):
            if diff is not None:
                np.copyto(diff, gradient)
        if dx is None:
            return
        g = dy if passed is None else passed
        rest = zip(self.parts.slices, operands.scratch[0], strict=True)
        operands.together(
            [
                (self.kernel.apply, (g[part], x[part], operands.saved[0], found, dx[part], scratch))
                for part, scratch in rest
            ]
        )

    def _passed(self, dy: Array, dx: Array | None, other: Array | None) -> Array | None:
        """Where to keep what of dy passes the ReLU; None if that is dy, or nobody wants it."""
        if self.relu is None:
            return None if other is None or same_memory(other, dy) else other
        return dx if other is None else other

    def _sums(self, x: Array, dy: Array, y: Array, passed: Array | None, operands: Operands) -> Array:
        """Of what passes the ReLU, and of its products with the distances of x from the mean."""
        mean, inverse = operands.saved
        around = None if is_near_zero(mean, inverse) else mean
        sums = self.parts.sums()
        calls: list[Call] = []
        for part, out, scratch in zip(self.parts.slices, sums, operands.scratch[0], strict=True):
            kept = None if passed is None else passed[part]
            calls.append((self.kernel.sums, (dy[part], y[part], x[part], around, kept, out, scratch)))
        operands.together(calls)
        total = np.asarray(sums.sum(axis=0))
        if around is None:
            total[1] -= mean * total[0]
        return total


@makes(BatchNorm)
def _make(node: Node, shapes: tuple[Shape, ...], options: Options) -> Target | None:
    layer = node.layer
    if not isinstance(layer, BatchNorm) or layer.use_global_stats or layer.scale_bias or len(shapes[0]) != 4:
        return None
    if not node.absorbed:
        return BatchNormTarget(layer, shapes[0])
    scale, *rest = (part.layer for part in node.absorbed)
    assert isinstance(scale, Scale)
    slopes = [part.negative_slope for part in rest if isinstance(part, ReLU)]
    adds = any(isinstance(part, Eltwise) for part in rest)
    relu = slopes[0] if slopes else None
    return Joined(layer, shapes[0], bias=scale.bias_filler is not None, adds=adds, relu=relu)


@absorbs(BatchNorm)
def _absorb(node: Node, follower: Node, options: Options) -> bool:
    """A Scale layer with numbers for channels, then a sum with another blob, then a ReLU; two of the three may lack.

    Their diffs are not to be looked at afterwards.
    """
    layer, own, bottom = follower.layer, node.layer, node.inputs[0].shape
    if (
        options.keep_diffs
        or not isinstance(own, BatchNorm)
        or own.use_global_stats
        or own.scale_bias
        or len(bottom) != 4
    ):
        return False
    done = [type(part.layer) for part in node.absorbed]
    if not done:
        return isinstance(layer, Scale) and len(follower.inputs) == 1 and layer.is_affine(bottom)
    if ReLU in done:
        return False
    if isinstance(layer, Eltwise):
        return Eltwise not in done and layer.is_sum and len(follower.inputs) == len(set(follower.inputs)) == 2
    return type(layer) is ReLU and 0 <= layer.negative_slope < 1
