"""Rows of blobs as float Datums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.database_rows import lmdb_rows
from helpers.nets import input_layer, layer

from netcc.errors import UsageError
from netcc.runtime.features import Features, extract_features
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.types import TEST


def test_rows_of_a_blob_with_four_axes(tmp_path: Path) -> None:
    with Net(input_layer("x", 2, 3, 4, 5) + layer("r", "ReLU", "x", "y"), TEST) as net:
        net.blobs["x"].data[...] = np.arange(120).reshape(2, 3, 4, 5) - 60
        (made,) = extract_features(net, [("y", tmp_path / "db")], 2)
        assert made == Features("y", tmp_path / "db", 4, (3, 4, 5))
        rows = lmdb_rows(tmp_path / "db")
        assert [key for key, _ in rows] == [b"0000000000", b"0000000001", b"0000000002", b"0000000003"]
        datum = caffe_pb2.Datum.FromString(rows[3][1])
        assert (datum.channels, datum.height, datum.width) == (3, 4, 5)
        np.testing.assert_array_equal(datum.float_data, net.blobs["y"].data[1].ravel())
        assert not datum.HasField("label")


def test_a_blob_with_too_many_axes(tmp_path: Path) -> None:
    with Net(input_layer("x", 1, 2, 1, 2, 1), TEST) as net, pytest.raises(UsageError) as caught:
        extract_features(net, [("x", tmp_path / "db")], 1)
    assert str(caught.value) == (
        "error: blob 'x' is 1 x 2 x 1 x 2 x 1: a Datum has channels, height and width, no more\n"
        "  put a Reshape or Flatten layer behind it"
    )
    assert not (tmp_path / "db").exists()
