"""First values of parameters and dummy data.

Every filler draws float32 numbers whatever the type of the array, so one seed gives the same net in single and double
precision. Behaves as include/caffe/filler.hpp; the numbers themselves come from NumPy's generator, not Caffe's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from netcc.errors import LayerError, closest
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape, count, format_shape

Rule: TypeAlias = Callable[[Array, caffe_pb2.FillerParameter, np.random.Generator], None]


def fill(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """Overwrites `array` with what `filler` asks for.

    Raises LayerError for an unknown type, for numbers that make no distribution, and for a shape that
    the filler cannot fill.
    """
    check(filler)
    rule = _RULES[filler.type]
    if array.dtype == np.float32 and array.flags.c_contiguous:
        rule(array, filler, random)
        return
    drawn = np.empty(array.shape, np.float32)
    rule(drawn, filler, random)
    array[...] = drawn


def check(filler: caffe_pb2.FillerParameter) -> None:
    """Raises LayerError where `filler` makes no sense for any shape."""
    if filler.type not in _RULES:
        raise LayerError(
            f"unknown filler type {filler.type!r}",
            field=("type",),
            notes=[f"fillers: {', '.join(sorted(_RULES))}"],
            suggestion=closest(filler.type, _RULES),
        )
    if filler.sparse < -1 or (filler.sparse != -1 and filler.type != "gaussian"):
        raise LayerError(f"sparse: {filler.sparse} does not go with filler {filler.type!r}", field=("sparse",))
    if filler.type == "uniform" and not filler.min <= filler.max:
        raise LayerError(f"filler 'uniform' needs min <= max, not {filler.min:g} and {filler.max:g}", field=("min",))
    if filler.type == "gaussian" and not filler.std > 0:
        raise LayerError(f"filler 'gaussian' needs a positive std, not {filler.std:g}", field=("std",))


def _constant(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    array.fill(filler.value)


def _uniform(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    _draw_uniform(array, filler.min, filler.max, random)


def _gaussian(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """Normal numbers; with `sparse: s` each is kept with probability s / shape[0] and else is 0."""
    _draw_normal(array, filler.mean, filler.std, random)
    if filler.sparse < 0:
        return
    _need_axes(array, "gaussian", 1)
    kept = filler.sparse / array.shape[0]
    if kept > 1:
        raise LayerError(
            f"sparse: {filler.sparse} is more than the {array.shape[0]} outputs of {format_shape(array.shape)}",
            field=("sparse",),
        )
    array[random.random(array.shape, dtype=np.float32) >= kept] = 0


def _positive_unitball(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """Uniform positive numbers, each slice of the first axis divided by its sum."""
    _need_axes(array, "positive_unitball", 1)
    _draw_uniform(array, 0, 1, random)
    rows = array.reshape(array.shape[0], -1)
    rows /= rows.sum(axis=1, keepdims=True)


def _xavier(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """Uniform in +-sqrt(3 / fan). Glorot and Bengio, Understanding the difficulty of training deep networks (2010)."""
    bound = math.sqrt(3 / _fan(array, filler))
    _draw_uniform(array, -bound, bound, random)


def _msra(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """Normal with variance 2 / fan. He et al., Delving Deep into Rectifiers (2015)."""
    _draw_normal(array, 0, math.sqrt(2 / _fan(array, filler)), random)


def _bilinear(array: Array, filler: caffe_pb2.FillerParameter, random: np.random.Generator) -> None:
    """The kernel of bilinear upsampling, the same for every pair of channels; array shape (n, c, k, k)."""
    if array.ndim != 4 or array.shape[2] != array.shape[3]:
        raise LayerError(f"filler 'bilinear' fills n x c x k x k, not {format_shape(array.shape)}", field=("type",))
    size = array.shape[3]
    factor = math.ceil(size / 2)
    center = (size - 1) / (2 * factor)
    ramp = 1 - np.abs(np.arange(size) / factor - center)
    array[...] = np.outer(ramp, ramp)


_RULES: dict[str, Rule] = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "positive_unitball": _positive_unitball,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
}


def _fan(array: Array, filler: caffe_pb2.FillerParameter) -> float:
    """Inputs of one output, outputs of one input or their mean, by raw axes (not by what the layer means by them)."""
    _need_axes(array, filler.type, 1)
    shape: Shape = array.shape
    fan_in = count(shape) / shape[0]
    fan_out = count(shape) / shape[1] if len(shape) > 1 else count(shape)
    if filler.variance_norm == caffe_pb2.FillerParameter.FAN_OUT:
        return fan_out
    if filler.variance_norm == caffe_pb2.FillerParameter.AVERAGE:
        return (fan_in + fan_out) / 2
    return fan_in


def _need_axes(array: Array, name: str, least: int) -> None:
    if array.ndim < least or array.size == 0:
        raise LayerError(f"filler {name!r} cannot fill a blob of shape {format_shape(array.shape)}", field=("type",))


def _draw_uniform(array: Array, low: float, high: float, random: np.random.Generator) -> None:
    random.random(dtype=np.float32, out=array)
    array *= high - low
    array += low


def _draw_normal(array: Array, mean: float, deviation: float, random: np.random.Generator) -> None:
    random.standard_normal(dtype=np.float32, out=array)
    array *= deviation
    array += mean
