"""Where a pixel of one blob lies in another: nets written in Python are cropped and joined by it.

A map is (axis, scale, shift): the first axis that it speaks of, and for that and all later ones
`coordinate above = scale * coordinate below + shift`. Behaves as python/caffe/coord_map.py; as in Fully Convolutional
Networks for Semantic Segmentation (Shelhamer, Long and Darrell, 2016).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from netcc.errors import UsageError
from netcc.pycaffe.net_spec import Function, Top, layers
from netcc.types import Array

CoordMap: TypeAlias = tuple[int | None, Any, Any]

IDENTITY: CoordMap = (None, 1, 0)

PASS_THROUGH_LAYERS = [
    "AbsVal", "BatchNorm", "Bias", "BNLL", "Dropout", "Eltwise", "ELU", "Exp", "Log", "LRN", "MVN", "Power", "PReLU",
    "ReLU", "Scale", "Sigmoid", "Split", "TanH", "Threshold",
]  # fmt: skip
"""Layers whose pixels stay where they are."""

LEGACY_WINDOW = {"pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w"}


class UndefinedMapException(UsageError):  # noqa: N818  # pycaffe's name
    """The layer does not keep pixels in a grid, or nobody has said how."""


class AxisMismatchException(UsageError):  # noqa: N818  # pycaffe's name
    """Two maps speak of different axes."""


class CropError(UsageError, AssertionError):
    """One blob cannot be cropped to the other."""


class UnconnectedError(UsageError, RuntimeError):
    """No layers with a map lead from one blob to the other."""


def conv_params(fn: Function) -> tuple[int, Array, Array, Array]:
    """Axis, strides, extents of the (dilated) kernel and paddings of a layer with windows."""
    params = fn.params.get("convolution_param", fn.params)
    if LEGACY_WINDOW & set(fn.params):
        raise CropError(
            f"{fn.type_name}: {sorted(LEGACY_WINDOW & set(fn.params))[0]} has no map; give kernel_size, stride, pad"
        )
    if "kernel_size" not in params:
        raise UndefinedMapException(f"{fn.type_name} has no kernel_size")
    kernel, dilation = np.array(params["kernel_size"], ndmin=1), np.array(params.get("dilation", 1), ndmin=1)
    stride, pad = np.array(params.get("stride", 1), ndmin=1), np.array(params.get("pad", 0), ndmin=1)
    return params.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, Array]:
    """Axis and offsets of a Crop layer."""
    params = fn.params.get("crop_param", fn.params)
    return params.get("axis", 2), np.array(params.get("offset", 0), ndmin=1)


def coord_map(fn: Function) -> CoordMap:
    """The map from the bottoms of a layer to its tops. Raises UndefinedMapException if there is none."""
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, extent, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (extent - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, extent, pad = conv_params(fn)
        return axis, stride, (extent - 1) / 2 - pad
    if fn.type_name in PASS_THROUGH_LAYERS:
        return IDENTITY
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset
    raise UndefinedMapException(f"{fn.type_name} has no map from the pixels of its bottoms to those of its tops")


def compose(base_map: CoordMap, next_map: CoordMap) -> CoordMap:
    """The map that goes through `next_map` first. Raises AxisMismatchException."""
    axis, scale, shift = base_map
    next_axis, next_scale, next_shift = next_map
    if axis is not None and next_axis is not None and axis != next_axis:
        raise AxisMismatchException(f"a map from axis {axis} on and one from axis {next_axis} on do not join")
    return next_axis if axis is None else axis, scale * next_scale, scale * next_shift + shift


def inverse(coord_map: CoordMap) -> CoordMap:
    """The map that goes the other way."""
    axis, scale, shift = coord_map
    return axis, 1 / scale, -shift / scale


def coord_map_from_to(top_from: Top, top_to: Top) -> CoordMap:
    """The map between two blobs through one that both are made of. Raises UnconnectedError if there is none."""
    from_maps = {top_from: IDENTITY}
    waiting = [top_from]
    while waiting:
        waiting += _walk(waiting.pop(), from_maps)
    to_maps = {top_to: IDENTITY}
    waiting = [top_to]
    while waiting:
        top = waiting.pop()
        if top in from_maps:
            return compose(to_maps[top], inverse(from_maps[top]))
        waiting += _walk(top, to_maps)
    raise UnconnectedError("no layers that keep pixels in a grid lead from one blob to the other")


def _walk(top: Top, maps: dict[Top, CoordMap]) -> list[Top]:
    """Adds the maps of the blobs that `top` is made of; returns those that are new."""
    # The second bottom of Crop gives a size, no pixels.
    bottoms = top.fn.inputs[:1] if top.fn.type_name == "Crop" else top.fn.inputs
    try:
        step = coord_map(top.fn) if bottoms else IDENTITY
    except UndefinedMapException:
        return []
    new = [bottom for bottom in bottoms if bottom not in maps]
    maps.update((bottom, compose(maps[top], step)) for bottom in new)
    return new


def crop(top_from: Top, top_to: Top) -> Any:
    """A Crop layer that makes `top_from` as large as `top_to`, with the pixels in their places.

    Raises CropError where the scales differ, or the crop would begin outside of the blob or between pixels.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    if not np.all(scale == 1):
        raise CropError(f"scale mismatch on crop (a = {scale})")
    if not np.all(shift <= 0):
        raise CropError(f"cannot crop negative offset (b = {shift})")
    if not np.all(np.round(shift) == shift):
        raise CropError(f"cannot crop noninteger offset (b = {shift})")
    offset = (-np.round(np.atleast_1d(shift))).astype(int).tolist()
    return layers.Crop(top_from, top_to, crop_param={"axis": 2 if axis is None else axis + 1, "offset": offset})
