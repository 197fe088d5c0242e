"""`BlobProto` to NumPy array and back, without a Python loop over numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from netcc.errors import WeightsError
from netcc.schema import caffe_pb2, weights_pb2, wire
from netcc.types import Array, Shape, count, format_shape

LEGACY_AXES = ("num", "channels", "height", "width")

MOST_AXES = 32
"""Of a blob (`kMaxBlobAxes`, include/caffe/blob.hpp)."""

RAW_TYPES = {caffe_pb2.DOUBLE: "<f8", caffe_pb2.FLOAT: "<f4", caffe_pb2.FLOAT16: "<f2"}
"""NumPy types of raw numbers; Caffe has names for more, but no weights of them."""


@dataclass(frozen=True, eq=False, slots=True)
class BlobArray:
    """An array as it stands in a file.

    `data` is float32, or float64 from a net of doubles, and read-only; so is `diff`, the gradients, where the file has
    them. `legacy` tells that the shape was given as num, channels, height and width: leading ones may be filling.
    """

    data: Array
    diff: Array | None = None
    legacy: bool = False

    @property
    def shape(self) -> Shape:
        return self.data.shape


def fits(blob: BlobArray, shape: Shape) -> bool:
    """Whether a blob of `shape` can take the values of `blob`.

    Shapes must be equal; but a legacy shape of four axes is compared from the right, with ones for the axes that
    `shape` lacks: a bias (1, 1, 1, n) fits (n,). As `Blob::ShapeEquals` in src/caffe/blob.cpp.
    """
    if blob.legacy and len(shape) <= 4:
        return blob.shape == (1,) * (4 - len(shape)) + shape
    return not blob.legacy and blob.shape == shape


def reshaped(blob: BlobArray, shape: Shape) -> Array:
    """The data of `blob` in the shape that the net wants, not copied.

    Raises WeightsError with both shapes if they do not fit.
    """
    if not fits(blob, shape):
        raise WeightsError(f"shape {format_shape(blob.shape)} does not fit {format_shape(shape)}")
    return blob.data.reshape(shape)


def decode_blob(message: weights_pb2.BlobProto, where: str) -> BlobArray:
    """The array in `message`; `where` says in error messages which one it is.

    Doubles win over floats, these over raw numbers (of half precision, say, in files of NVIDIA's Caffe), and legacy
    axes over `shape`, as in `Blob::FromProto` of src/caffe/blob.cpp.

    Raises WeightsError if the numbers do not fill the shape, or raw ones are of no known type.
    """
    legacy = any(message.HasField(axis) for axis in LEGACY_AXES)
    shape = tuple(getattr(message, axis) for axis in LEGACY_AXES) if legacy else tuple(message.shape.dim)
    if len(shape) > MOST_AXES:
        raise WeightsError(f"{where}: {len(shape)} axes are more than the {MOST_AXES} that a blob may have")
    if min(shape, default=0) < 0:
        raise WeightsError(f"{where}: its shape {format_shape(shape)} has a negative size")
    data, diff = _numbers(message, where)
    if data.size == 0 and count(shape) > 0:
        data, diff = _unpacked_numbers(message)
    return BlobArray(_fill(data, shape, where, "numbers"), _gradients(diff, shape, where), legacy)


def _numbers(message: weights_pb2.BlobProto, where: str) -> tuple[Array, Array]:
    """Data and gradients, flat."""
    return _listed(message, "data", where), _listed(message, "diff", where)


def _listed(message: weights_pb2.BlobProto, name: str, where: str) -> Array:
    """The numbers of `name`, data or diff, however they are listed."""
    for field, dtype in ((f"double_{name}", "<f8"), (name, "<f4")):
        if blocks := getattr(message, field):
            return _join(blocks, dtype, where)
    return _raw(message, name, where)


def _raw(message: weights_pb2.BlobProto, name: str, where: str) -> Array:
    """The raw numbers of `name`, those of half precision as float32; none if it has none."""
    block: bytes = getattr(message, f"raw_{name}")
    if not block:
        return np.frombuffer(b"", np.float32)
    number: int | None = getattr(message, f"raw_{name}_type") if message.HasField(f"raw_{name}_type") else None
    if number not in RAW_TYPES:
        raise WeightsError(f"{where}: its raw numbers are of {_type_name(number)}, not DOUBLE, FLOAT or FLOAT16")
    numbers = _join([block], RAW_TYPES[number], where)
    if numbers.dtype != np.float16:
        return numbers
    single = numbers.astype(np.float32)
    single.flags.writeable = False
    return single


def _type_name(number: int | None) -> str:
    """A type of raw numbers, as messages call it."""
    if number is None:
        return "no type"
    return f"type {caffe_pb2.Type.Name(number) if number in caffe_pb2.Type.values() else number}"


def _join(blocks: Iterable[bytes], dtype: str, where: str) -> Array:
    """The numbers of all blocks of a packed list; one block, the rule, is not copied."""
    blocks = list(blocks)
    joined = blocks[0] if len(blocks) == 1 else b"".join(blocks)
    if len(joined) % np.dtype(dtype).itemsize:
        raise WeightsError(f"{where}: {len(joined)} bytes are no whole number of {np.dtype(dtype).name} values")
    return np.frombuffer(joined, dtype)


def _unpacked_numbers(message: weights_pb2.BlobProto) -> tuple[Array, Array]:
    """Data and gradients of a message that lists them number by number, which the slim schema leaves undecoded."""
    full = caffe_pb2.BlobProto.FromString(message.SerializeToString())
    data = np.array(full.double_data, np.float64) if full.double_data else np.array(full.data, np.float32)
    diff = np.array(full.double_diff, np.float64) if full.double_diff else np.array(full.diff, np.float32)
    data.flags.writeable = diff.flags.writeable = False
    return data, diff


def _gradients(numbers: Array, shape: Shape, where: str) -> Array | None:
    return _fill(numbers, shape, where, "gradients") if numbers.size else None


def _fill(numbers: Array, shape: Shape, where: str, what: str) -> Array:
    """`numbers` in `shape`."""
    if numbers.size != count(shape):
        raise WeightsError(f"{where}: {numbers.size} {what}, but its shape {format_shape(shape)} needs {count(shape)}")
    try:
        return numbers.reshape(shape)
    except ValueError as error:  # a size of 0 among sizes past all memory
        raise WeightsError(f"{where}: its shape {format_shape(shape)} is too large") from error


def encode_blob(data: Array, diff: Array | None = None, *, legacy: bool = False) -> list[wire.Part]:
    """A serialized `BlobProto` in parts, arrays among them uncopied if they are contiguous.

    float64 is written as double_data, all else as float32; with the shape, or for `legacy` (four axes) with num,
    channels, height and width. The fields stand in the order of `Blob::ToProto` of src/caffe/blob.cpp as serialized.
    """
    double = data.dtype == np.float64
    parts: list[wire.Part] = []
    if legacy:
        axes = dict(zip(LEGACY_AXES, data.shape, strict=True))
        parts.append(caffe_pb2.BlobProto(**axes).SerializeToString())
    shape = [] if legacy else _encode_shape(data.shape)
    arrays = [*_packed(8 if double else 5, data, double), *_packed(9 if double else 6, diff, double)]
    return [*parts, *shape, *arrays] if double else [*parts, *arrays, *shape]


def _encode_shape(shape: Shape) -> list[wire.Part]:
    return wire.field(7, [caffe_pb2.BlobShape(dim=shape).SerializeToString()])


def _packed(number: int, array: Array | None, double: bool) -> list[wire.Part]:
    """The field with the numbers of `array`, nothing if there are none."""
    if array is None or array.size == 0:
        return []
    flat = np.ascontiguousarray(array, "<f8" if double else "<f4").reshape(-1)
    return wire.field(number, [flat.data.cast("B")])
