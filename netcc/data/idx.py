"""IDX files, the format of MNIST: a big-endian header (magic, size of each axis), then the bytes in row-major order."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import numpy as np

from netcc.errors import DataError
from netcc.types import Array, Shape, count, format_shape

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_MOST_BYTES = 1 << 31


class Readable(Protocol):
    """A path on the disk or a file inside an installed package."""

    def read_bytes(self) -> bytes: ...


@dataclass(frozen=True)
class LabelledImages:
    """`images` (count, height, width) and `labels` (count), both uint8."""

    images: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


def read_labelled_images(images: Readable, labels: Readable) -> LabelledImages:
    """Reads the two files of one part of a data set.

    Raises DataError where a file cannot be read, is not IDX or is cut short, and where the counts differ.
    """
    return label_images(read_idx(images, axes=3), read_idx(labels, axes=1), str(images), str(labels))


def label_images(images: Array, labels: Array, images_name: str, labels_name: str) -> LabelledImages:
    """Puts images and labels together; raises DataError unless there is one label an image, and at least one."""
    if len(images) != len(labels):
        raise DataError(
            f"{images_name} has {len(images)} images but {labels_name} has {len(labels)} labels",
            notes=["expected one label for each image"],
        )
    if not images.size:
        raise DataError(f"{images_name} holds no images")
    return LabelledImages(images, labels)


def read_idx(path: Readable, axes: int) -> Array:
    """The array in the IDX file `path`, compressed with gzip or not; see `parse_idx`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    return parse_idx(content, axes, str(path))


def parse_idx(content: bytes, axes: int, name: str) -> Array:
    """The uint8 array of `axes` axes that the IDX file `content` holds; messages call it `name`.

    Raises DataError: not IDX, another kind of IDX, cut short, bytes left over, damaged gzip.
    """
    plain = io.BytesIO(content)
    packed = content.startswith(_GZIP_MAGIC)
    # GzipFile is no BinaryIO to the type checker, though it has all that is asked of it here.
    stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if packed else plain
    try:
        shape = _read_header(stream, axes, name)
        # Never more than the header promises is decompressed, so a small file cannot fill the memory.
        body = stream.read(count(shape) + 1)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{name} is damaged: its gzip data is broken or cut short") from None
    if len(body) < count(shape):
        raise DataError(
            f"{name} is cut short: it holds {len(body)} bytes of data",
            notes=[f"expected {count(shape)}, for {format_shape(shape)}"],
        )
    if len(body) > count(shape):
        raise DataError(f"{name} has bytes left over after the {format_shape(shape)} that its header promises")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _read_header(stream: BinaryIO, axes: int, name: str) -> Shape:
    """Checks the magic number and gives the size of each axis."""
    magic = stream.read(4)
    expected = bytes([0, 0, _UNSIGNED_BYTE, axes])
    if magic != expected:
        raise DataError(
            f"{name} is not an IDX file of unsigned bytes with {axes} {'axis' if axes == 1 else 'axes'}",
            notes=[f"expected the magic number 0x{expected.hex()}, found {f'0x{magic.hex()}' if magic else 'nothing'}"],
        )
    sizes = stream.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise DataError(
            f"{name} is cut short: its header ends after {4 + len(sizes)} bytes", notes=[f"expected {4 + 4 * axes}"]
        )
    shape: Shape = struct.unpack(f">{axes}I", sizes)
    if count(shape) > _MOST_BYTES:
        raise DataError(f"{name} promises {format_shape(shape)} bytes, which is more than netcc reads at once")
    return shape


def find_idx(folder: Path, stem: str, axes: int) -> Path:
    """The file of `folder` for `stem` (`train-images`) under any of its usual names, as it is or with `.gz`.

    Raises DataError naming what was looked for.
    """
    names = [f"{stem}{mark}idx{axes}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DataError(f"{folder} has no {names[0]}", notes=[f"looked for {', '.join(names)}"])
    return found
