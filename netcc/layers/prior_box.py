"""PriorBox: the boxes that a detector starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_MESSAGE = "prior_box_param"

_SAME = 1e-6
"""Aspect ratios closer than this are one."""


@register("PriorBox")
@dataclass(frozen=True)
class PriorBox(Layer):
    """Boxes of several sizes and aspect ratios around the centre of every cell of a feature map.

    Bottoms: feature map (N, C, H, W), of which only the size counts, and the input image. Top (1, 2, H * W * P * 4):
    the boxes (xmin, ymin, xmax, ymax) as shares of the image, and four variances for each. A cell has
    P = ratios * min_sizes + max_sizes boxes: for each min_size its square, the square of side sqrt(min * max) if there
    are max_sizes, and min_size * sqrt(r) by min_size / sqrt(r) for each other ratio r; `flip` adds 1 / r for each given
    ratio. Sizes are cut to whole pixels. Cell (h, w) has its centre at (offset + h, offset + w) * step, with the step
    of the fields or else image / map. The gradient is 0. Liu et al., SSD: Single Shot MultiBox Detector (2016).
    Behaves as src/caffe/layers/prior_box_layer.cpp of weiliu89/caffe, branch ssd.
    """

    fork = "SSD (weiliu89/caffe)"
    example = "prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 clip: false variance: [0.1, 0.1, 0.2, 0.2] }"

    bottoms = Count(2, 2)

    min_sizes: tuple[float, ...]
    max_sizes: tuple[float, ...]
    ratios: tuple[float, ...]
    clip: bool
    variances: tuple[float, ...]
    image: tuple[float, float] | None
    step: tuple[float, float] | None
    offset: float

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.prior_box_param
        return cls(
            *_sizes(fields),
            _ratios(fields),
            fields.clip,
            _variances(fields),
            _pair(fields, "img_size", "img_h", "img_w"),
            _pair(fields, "step", "step_h", "step_w"),
            fields.offset,
        )

    @property
    def boxes_per_cell(self) -> int:
        return len(self.ratios) * len(self.min_sizes) + len(self.max_sizes)

    def is_constant(self) -> bool:
        return True

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        for bottom in bottoms:
            if len(bottom) != 4:
                raise ShapeError(f"PriorBox needs bottoms of 4 axes (N x C x H x W), not {format_shape(bottom)}")
        height, width = bottoms[0][2:]
        return Signature(tops=((1, 2, height * width * self.boxes_per_cell * 4),))

    def forward(self, operands: Operands) -> None:
        features, image = operands.bottoms
        boxes = _prior_boxes(self, features.shape[2:], self.image or image.shape[2:])
        np.copyto(operands.tops[0][0, 0], boxes.reshape(-1))
        variances = self.variances if len(self.variances) == 4 else self.variances * 4
        np.copyto(operands.tops[0][0, 1].reshape(-1, 4), variances)

    def backward(self, operands: Operands) -> None:
        for bottom_diff in operands.bottom_diffs:
            if bottom_diff is not None:
                bottom_diff.fill(0)


@lru_cache(maxsize=64)
def _prior_boxes(layer: PriorBox, cells: Shape, image: tuple[float, float]) -> Array:
    """The boxes (H, W, P, 4). Centres and sides are rounded to float32, as the original keeps them."""
    steps = layer.step or (image[0] / cells[0], image[1] / cells[1])
    rows, columns = (
        (np.arange(number, dtype=np.float32) + np.float32(layer.offset)) * np.float32(step)
        for number, step in zip(cells, steps, strict=True)
    )
    centres = np.empty((*cells, 1, 2))
    centres[..., 0], centres[..., 1] = columns[None, :, None], rows[:, None, None]
    halves = _sides(layer).astype(np.float32) / np.float64(2)
    boxes = np.concatenate([centres - halves, centres + halves], axis=-1) / (image[1], image[0], image[1], image[0])
    return np.clip(boxes, 0, 1) if layer.clip else boxes


def _sides(layer: PriorBox) -> Array:
    """Width and height of the boxes of a cell (P, 2), in pixels."""
    sides: list[tuple[float, float]] = []
    for index, size in enumerate(map(int, layer.min_sizes)):
        sides.append((size, size))
        if layer.max_sizes:
            between = (size * int(layer.max_sizes[index])) ** 0.5
            sides.append((between, between))
        sides += [(size * ratio**0.5, size / ratio**0.5) for ratio in layer.ratios[1:]]
    return np.array(sides)


def _sizes(fields: caffe_pb2.PriorBoxParameter) -> tuple[tuple[float, ...], tuple[float, ...]]:
    small, large = tuple(fields.min_size), tuple(fields.max_size)
    if not small:
        raise LayerError("PriorBox needs a min_size", field=(_MESSAGE,))
    if min(small) <= 0:
        raise LayerError("min_size must be positive", field=(_MESSAGE, "min_size"))
    if large and len(large) != len(small):
        raise LayerError(
            f"{len(large)} max_size for {len(small)} min_size: give one for each, or none", field=(_MESSAGE, "max_size")
        )
    for least, most in zip(small, large, strict=False):
        if most <= least:
            raise LayerError(f"max_size {most:g} is not above min_size {least:g}", field=(_MESSAGE, "max_size"))
    return small, large


def _ratios(fields: caffe_pb2.PriorBoxParameter) -> tuple[float, ...]:
    """1, then the given ratios, each followed by its inverse if `flip`; those that are there already are left out."""
    ratios = [1.0]
    for ratio in fields.aspect_ratio:
        if ratio <= 0:
            raise LayerError("aspect_ratio must be positive", field=(_MESSAGE, "aspect_ratio"))
        if any(abs(ratio - other) < _SAME for other in ratios):
            continue
        ratios += [ratio, 1 / ratio] if fields.flip else [ratio]
    return tuple(ratios)


def _variances(fields: caffe_pb2.PriorBoxParameter) -> tuple[float, ...]:
    variances = tuple(fields.variance) or (float(np.float32(0.1)),)
    if len(variances) not in (1, 4):
        raise LayerError(f"variance takes 1 or 4 numbers, not {len(variances)}", field=(_MESSAGE, "variance"))
    if min(variances) <= 0:
        raise LayerError("variance must be positive", field=(_MESSAGE, "variance"))
    return variances


def _pair(fields: caffe_pb2.PriorBoxParameter, both: str, down: str, across: str) -> tuple[float, float] | None:
    """Height and width from one field for both or one field for each; None where nothing is said."""
    single = fields.HasField(down) or fields.HasField(across)
    if not single and not fields.HasField(both):
        return None
    if single and fields.HasField(both):
        raise LayerError(f"{both} and {down}, {across} exclude each other", field=(_MESSAGE, both))
    for name in (down, across) if single else (both,):
        if getattr(fields, name) <= 0:
            raise LayerError(f"{name} must be positive", field=(_MESSAGE, name))
    return (getattr(fields, down), getattr(fields, across)) if single else (getattr(fields, both),) * 2
