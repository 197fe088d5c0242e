"""The sizes of a two-dimensional convolution, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TypeAlias

from netcc.kernels.twins import target

Pair: TypeAlias = tuple[int, int]
"""One number for the rows and one for the columns."""

L2 = 1 << 20
"""Bytes of second-level cache that strips are cut for; what a core of a current server has."""

_STRIP_BYTES = {"numpy": 4 * L2, "fast": L2}
"""What a strip may take. Where its steps are calls of NumPy they had better be few and long: two threads lose time over
each, handing on the interpreter. Calls of 30 us take 1.3 times as long as on one thread, calls of 400 us 1.04 times."""

_short_of_memory = ContextVar("_short_of_memory", default=False)


@contextmanager
def small_strips(wanted: bool) -> Iterator[None]:
    """Kernels made within have small strips if they are `wanted`, since memory is short."""
    token = _short_of_memory.set(wanted)
    try:
        yield
    finally:
        _short_of_memory.reset(token)


def strip_bytes() -> int:
    """What a strip of a kernel that is made now may take."""
    return L2 if _short_of_memory.get() else _STRIP_BYTES[target()]


@dataclass(frozen=True)
class Geometry:
    """A convolution of (images, height, width, channels) into (images, out_height, out_width, outputs).

    y[n, r, q, o] = sum over i, j, c of w[o, c, i, j] x[n, r stride + i dilation - pad, q stride + j dilation - pad, c]
    within each of `groups` ranges of channels and outputs; x is zero outside.
    """

    images: int
    height: int
    width: int
    channels: int
    outputs: int
    groups: int = 1
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)

    @property
    def reach(self) -> Pair:
        """How far the last tap lies from the first."""
        return (self.kernel[0] - 1) * self.dilation[0], (self.kernel[1] - 1) * self.dilation[1]

    @property
    def out_height(self) -> int:
        return (self.height + 2 * self.pad[0] - self.reach[0] - 1) // self.stride[0] + 1

    @property
    def out_width(self) -> int:
        return (self.width + 2 * self.pad[1] - self.reach[1] - 1) // self.stride[1] + 1

    @property
    def taps(self) -> int:
        return self.kernel[0] * self.kernel[1]

    @property
    def pixels(self) -> int:
        """Pixels of the result, of all images."""
        return self.images * self.out_height * self.out_width

    @property
    def macs(self) -> int:
        """Multiplications of the direct method; forward and each gradient need as many."""
        return self.pixels * self.outputs * self.taps * (self.channels // self.groups)

    @property
    def unit_stride(self) -> bool:
        return self.stride == (1, 1)

    @property
    def pointwise(self) -> bool:
        """Each result needs one pixel, and each pixel is needed: a product of two matrices."""
        return self.kernel == (1, 1) and self.unit_stride and self.pad == (0, 0)

    @property
    def depthwise(self) -> bool:
        """Every channel has its own filter and gives one output."""
        return self.groups > 1 and self.groups == self.channels == self.outputs

    @property
    def one_group(self) -> Geometry:
        """The convolution of one range of channels."""
        return replace(self, channels=self.channels // self.groups, outputs=self.outputs // self.groups, groups=1)

    @property
    def mirrored(self) -> Geometry:
        """For unit stride: the convolution, with mirrored weights, that takes the gradient of y to that of x."""
        return replace(
            self,
            height=self.out_height,
            width=self.out_width,
            channels=self.outputs,
            outputs=self.channels,
            pad=(self.reach[0] - self.pad[0], self.reach[1] - self.pad[1]),
        )
