"""Mean images, bit for bit those of compute_image_mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.records import MakeDatabase, datum

from netcc.data.database_writer import open_writer
from netcc.data.lmdb_writer import write_lmdb
from netcc.data.tools.mean import Mean, mean_image, write_mean
from netcc.errors import DataError, OutputError
from netcc.schema import caffe_pb2

GOLDEN = Path(__file__).parents[2] / "golden" / "data"


@pytest.mark.parametrize("name", ["gray", "png", "resized"])
def test_the_file_is_that_of_compute_image_mean(name: str, tmp_path: Path) -> None:
    write_mean(tmp_path / "mean.binaryproto", mean_image(GOLDEN / f"{name}_lmdb"))
    written = (tmp_path / "mean.binaryproto").read_bytes()
    assert written == (GOLDEN / f"{name}_mean.binaryproto").read_bytes()


def test_encoded_images_count_as_they_are(tmp_path: Path) -> None:
    """Caffe decodes them too: png_encoded_lmdb holds the images of png_lmdb."""
    np.testing.assert_array_equal(mean_image(GOLDEN / "png_encoded_lmdb").image, mean_image(GOLDEN / "png_lmdb").image)


def test_floats_and_a_leveldb(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(70, 2, 1, 3)).astype(np.float32)
    with open_writer(tmp_path / "db", "leveldb") as writer:
        for index, row in enumerate(rows):
            record = caffe_pb2.Datum(channels=2, height=1, width=3, float_data=row.ravel().tolist())
            writer.put(b"%04d" % index, record.SerializeToString())
    seen: list[int] = []
    mean = mean_image(tmp_path / "db", seen.append, lambda total: seen.append(-total))
    np.testing.assert_allclose(mean.image, rows.mean(axis=0), rtol=1e-6)
    assert mean.records == 70
    assert mean.image.dtype == np.float32
    assert seen == [-70, *[1] * 70]


def test_sums_beyond_the_precision_of_float32(tmp_path: Path) -> None:
    value = datum(np.full((1, 1, 1), 253, np.uint8)).SerializeToString()
    write_lmdb(tmp_path / "db", ((b"%08d" % index, value) for index in range(70001)))
    assert mean_image(tmp_path / "db").image.tolist() == [[[253.0]]]


def test_means_of_channels() -> None:
    mean = Mean(np.array([[[1.0, 2.0]], [[3.0, 4.0]]], np.float32), 2)
    assert mean.values == [1.5, 3.5]


def test_images_of_two_sizes(make_database: MakeDatabase) -> None:
    path = make_database([datum(np.zeros((1, 2, 3), np.uint8)), datum(np.zeros((1, 3, 2), np.uint8))])
    with pytest.raises(DataError) as caught:
        mean_image(path)
    assert str(caught.value) == (
        f"error: record '00000001' of {path}: it is 1 x 3 x 2, the first is 1 x 2 x 3\n"
        "  a mean needs images of one size: make the database with --resize-height and --resize-width"
    )


def test_a_broken_record(make_database: MakeDatabase) -> None:
    path = make_database([datum(np.zeros((1, 2, 3), np.uint8)), b"\x22\xff\x01short"])
    with pytest.raises(DataError) as caught:
        mean_image(path)
    assert caught.value.message == f"record '00000001' of {path}: it is not a Datum"


def test_an_existing_file(tmp_path: Path) -> None:
    mean = Mean(np.ones((1, 1, 1), np.float32), 1)
    (tmp_path / "mean.binaryproto").write_text("mine")
    with pytest.raises(OutputError) as caught:
        write_mean(tmp_path / "mean.binaryproto", mean)
    assert str(caught.value) == f"error: {tmp_path}/mean.binaryproto exists already\n  --force replaces it"
    assert (tmp_path / "mean.binaryproto").read_text() == "mine"
    write_mean(tmp_path / "mean.binaryproto", mean, force=True)
    blob = caffe_pb2.BlobProto.FromString((tmp_path / "mean.binaryproto").read_bytes())
    assert (blob.num, blob.channels, blob.height, blob.width, list(blob.data)) == (1, 1, 1, 1, [1.0])
