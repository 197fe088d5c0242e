"""FlowWarp: an image read where a flow points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import ShapeError
from netcc.layers.base import Count, Layer, Needs, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape


@dataclass(frozen=True)
class _Corners:
    """The four pixels around the points (H, W) that the flow of one image points to.

    `inside` (H, W) says which points lie in the image; `pixels` are positions in the plane and `weights` the shares of
    the pixels: top left, top right, bottom left, bottom right, each (inside points). `across` and `down` are how far
    the points lie beyond the top left pixel.
    """

    inside: Array
    pixels: tuple[Array, Array, Array, Array]
    across: Array
    down: Array

    @classmethod
    def find(cls, flow: Array) -> _Corners:
        """For `flow` (2, H, W): columns, then rows."""
        height, width = flow.shape[1:]
        columns = np.arange(width, dtype=flow.dtype) + flow[0]
        rows = np.arange(height, dtype=flow.dtype)[:, None] + flow[1]
        inside = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        columns, rows = columns[inside], rows[inside]
        left, top = columns.astype(np.int64), rows.astype(np.int64)
        right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
        pixels = (top * width + left, top * width + right, bottom * width + left, bottom * width + right)
        return cls(inside, pixels, columns - left, rows - top)

    @property
    def weights(self) -> tuple[Array, Array, Array, Array]:
        across, down = self.across, self.down
        return (1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down


@register("FlowWarp")
@dataclass(frozen=True)
class FlowWarp(Layer):
    """top[c, y, x] = image[c, y + flow_y, x + flow_x], between pixels weighted linearly; `fill_value` outside.

    Bottoms: image (N, C, H, W), flow (N, 2, H, W): columns, then rows. Points from the last row or column on, less than
    a pixel further, still lie in the image and read the last pixels. Gradients to both; that of a flow that points
    outside is 0. Ilg et al., FlowNet 2.0 (2017). Behaves as src/caffe/layers/flow_warp_layer.cpp of
    lmb-freiburg/flownet2.
    """

    fork = "FlowNet 2 (lmb-freiburg/flownet2)"

    bottoms = Count(2, 2)

    fill: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        outside = message.flow_warp_param.fill_value == caffe_pb2.FlowWarpParameter.NOT_A_NUMBER
        return cls(float("nan") if outside else 0.0)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        image, flow = bottoms
        if len(image) != 4:
            raise ShapeError(f"FlowWarp needs an image of 4 axes (N x C x H x W), not {format_shape(image)}")
        wanted = (image[0], 2, *image[2:])
        if flow != wanted:
            raise ShapeError(
                f"the flow of {format_shape(image)} is {format_shape(wanted)}, not {format_shape(flow)}",
                field=("bottom", "1"),
            )
        return Signature(tops=(image,))

    def needs(self) -> Needs:
        return Needs(bottoms=(0, 1))

    def forward(self, operands: Operands) -> None:
        for image, flow, top in zip(*operands.bottoms, operands.tops[0], strict=True):
            corners = _Corners.find(flow)
            planes = image.reshape(len(image), -1)
            top.fill(self.fill)
            top[:, corners.inside] = sum(
                planes[:, pixels] * weights for pixels, weights in zip(corners.pixels, corners.weights, strict=True)
            )

    def backward(self, operands: Operands) -> None:
        image_diff, flow_diff = operands.bottom_diffs
        for item, (image, flow) in enumerate(zip(*operands.bottoms, strict=True)):
            corners = _Corners.find(flow)
            dy = operands.top_diffs[0][item][:, corners.inside]
            if image_diff is not None:
                _spread(corners, dy, image_diff[item].reshape(len(image), -1))
            if flow_diff is not None:
                flow_diff[item] = 0
                flow_diff[item][:, corners.inside] = _flow_gradient(corners, dy, image.reshape(len(image), -1))


def _spread(corners: _Corners, dy: Array, dx: Array) -> None:
    """Adds `dy` (C, points) to the pixels of `dx` (C, H * W) that the points were read from."""
    dx.fill(0)
    planes = np.arange(len(dx))[:, None] * dx.shape[1]
    for pixels, weights in zip(corners.pixels, corners.weights, strict=True):
        np.add.at(dx.reshape(-1), (planes + pixels).reshape(-1), (dy * weights).reshape(-1))


def _flow_gradient(corners: _Corners, dy: Array, planes: Array) -> Array:
    """The gradient (2, points): how the numbers change to the right and down, weighted by `dy`."""
    top_left, top_right, bottom_left, bottom_right = (planes[:, pixels] for pixels in corners.pixels)
    right = (1 - corners.down) * (top_right - top_left) + corners.down * (bottom_right - bottom_left)
    below = (1 - corners.across) * (bottom_left - top_left) + corners.across * (bottom_right - top_right)
    return np.stack([np.sum(dy * right, axis=0), np.sum(dy * below, axis=0)])
