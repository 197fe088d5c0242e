"""Mean files: every form that holds one image, and what is said about others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netcc.data.mean import read_mean
from netcc.errors import DataError
from netcc.schema import caffe_pb2

VALUES = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


def stored(tmp_path: Path, blob: caffe_pb2.BlobProto | bytes) -> Path:
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(blob if isinstance(blob, bytes) else blob.SerializeToString())
    return path


@pytest.mark.parametrize(
    "blob",
    [
        caffe_pb2.BlobProto(num=1, channels=1, height=2, width=3, data=VALUES),
        caffe_pb2.BlobProto(shape=caffe_pb2.BlobShape(dim=[1, 1, 2, 3]), data=VALUES),
        caffe_pb2.BlobProto(shape=caffe_pb2.BlobShape(dim=[1, 2, 3]), double_data=VALUES),
    ],
)
def test_forms(tmp_path: Path, blob: caffe_pb2.BlobProto) -> None:
    mean = read_mean(stored(tmp_path, blob))
    assert (mean.shape, mean.dtype) == ((1, 2, 3), np.float32)
    assert mean.ravel().tolist() == VALUES


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_mean(path)
    return str(caught.value)


def test_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "m") == f"error: cannot read {tmp_path}/m: there is no such file"


def test_not_a_blob(tmp_path: Path) -> None:
    path = stored(tmp_path, b"name: 'net'\n")
    assert refusal(path) == f"error: {path} is not a .binaryproto but text\n  it begins: name: 'net'"


def test_not_one_image(tmp_path: Path) -> None:
    path = stored(tmp_path, caffe_pb2.BlobProto(data=VALUES, num=2, channels=1, height=1, width=3))
    assert refusal(path) == (
        f"error: {path} is not a mean file: its shape is 2 x 1 x 1 x 3\n"
        "  expected one image: 1 x channels x height x width"
    )


def test_values_that_do_not_fill_the_shape(tmp_path: Path) -> None:
    path = stored(tmp_path, caffe_pb2.BlobProto(num=1, channels=3, height=2, width=3, data=VALUES))
    assert refusal(path) == f"error: {path}: 6 numbers, but its shape 1 x 3 x 2 x 3 needs 18"


def test_over_two_gigabytes(tmp_path: Path) -> None:
    path = stored(tmp_path, b"")
    with path.open("r+b") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    assert refusal(path) == (
        f"error: {path} is over 2 GB, so it is not a mean file\n  expected one image: 1 x channels x height x width"
    )
