"""What all convolution kernels offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from netcc.kernels.geometry import Geometry
from netcc.kernels.strips import pixels
from netcc.types import Array, Shape

_ONES = 2048


class ForwardKernel(ABC):
    """One way of computing a convolution; made from sizes alone, used with any arrays of these sizes.

    x is (images, height, width, channels), y (images, out_height, out_width, outputs), weights (outputs, channels /
    groups, *kernel) without gaps, bias (outputs). Pixels of x and y may have gaps after them. `scratch` is a flat array
    of the same type of at least as many elements as the kernel names; what is in it means nothing between calls.
    """

    name: str
    """For people who read the plan."""
    prepared: Shape | None = None
    """Shape of the weights as `forward` takes them, made by `prepare`; None: it takes them as they are."""
    prepares_parts: bool = False
    """Whether `prepare` takes ranges of channels too: `weights[:, part]` into `prepared[..., part, :]`."""
    scratch: int = 0
    """Elements of scratch that `forward` needs."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry

    def prepare(self, weights: Array, out: Array) -> None:
        """Brings weights into the form that `forward` takes; to be repeated only when they have changed."""
        np.copyto(out, weights)

    @abstractmethod
    def forward(
        self,
        x: Array,
        weights: Array,
        bias: Array | None,
        y: Array,
        scratch: Array,
        *,
        addend: Array | None = None,
        relu: float | None = None,
    ) -> None:
        """y = convolution + bias + addend; then, if `relu` is a number, y = max(y, 0) + relu min(y, 0).

        Addend, of y's shape, is another array than y. It may have gaps after its pixels.
        """


class ConvolutionKernel(ForwardKernel):
    """One way of computing a convolution and its gradients.

    dx is as x, dy as y, dw as weights, db as bias; of `scratch` as for forward.
    """

    prepared_backward: Shape | None = None
    """Shape of the weights as `image_gradient` takes them, made by `prepare_backward`; None: as they are."""
    prepares_backward_parts: bool = False
    """Whether `prepare_backward` takes ranges of outputs too: `weights[part]` into `prepared[..., part, :]`."""
    scratch_backward: int = 0
    """Elements of scratch that each gradient needs."""
    adds_image_gradient: bool = False
    """Whether `image_gradient` may be told to add."""

    def prepare_backward(self, weights: Array, out: Array) -> None:
        """Brings weights into the form that `image_gradient` takes."""
        np.copyto(out, weights)

    @abstractmethod
    def image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        """dx from dy; what was in dx is lost."""

    def add_image_gradient(self, dy: Array, weights: Array, dx: Array, scratch: Array) -> None:
        """Adds to dx what `image_gradient` would write there. For those that `adds_image_gradient`."""
        raise AssertionError(f"{self.name} cannot add to a gradient")

    @abstractmethod
    def weights_gradient(
        self, x: Array, dy: Array, dw: Array, scratch: Array, *, add: bool, db: Array | None = None
    ) -> None:
        """dw, and db if wanted, from x and dy; added to what is there if `add`."""

    def bias_gradient(self, dy: Array, db: Array, *, add: bool) -> None:
        """db is the sum of dy over all pixels; added to what is there if `add`."""
        if not add:
            db[:] = 0
        for strip in _pieces(pixels(dy)):
            db += np.matmul(_ones(len(strip), dy.dtype), strip)


def _pieces(matrix: Array) -> Iterator[Array]:
    for first in range(0, len(matrix), _ONES):
        yield matrix[first : first + _ONES]


def _ones(length: int, dtype: np.dtype[np.generic]) -> Array:
    return np.ones(length, dtype)
