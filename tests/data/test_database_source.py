"""`type: "Data"`: batches, positions, and what is said when records do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data.records import MakeDatabase, batch, data_layer, datum, labels_of, opened

from netcc.data.database_writer import open_writer
from netcc.data.leveldb_reader import LevelDbReader
from netcc.errors import DataError, LayerError, NetccError
from netcc.schema import caffe_pb2
from netcc.types import TRAIN


def refusal(layer: caffe_pb2.LayerParameter, kind: type[NetccError] = DataError) -> NetccError:
    with pytest.raises(kind) as caught:
        batch(opened(layer))
    return caught.value


def test_shapes(five_records: Path) -> None:
    source = opened(data_layer(five_records, 4))
    assert source.shapes(2) == ((4, 1, 2, 3), (4,))
    assert source.shapes(1) == ((4, 1, 2, 3),)
    source.close()


def test_wraps_within_a_batch_and_goes_on(five_records: Path) -> None:
    source = opened(data_layer(five_records, 3))
    assert [labels_of(source) for _ in range(4)] == [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1]]
    data, _ = batch(source)
    assert data[:, 0, 1, 2].tolist() == [2, 3, 4]
    source.close()


def test_a_batch_larger_than_the_database(five_records: Path) -> None:
    source = opened(data_layer(five_records, 12))
    assert labels_of(source) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    source.close()


def test_without_labels_of(five_records: Path) -> None:
    source = opened(data_layer(five_records))
    (data,) = batch(source, tops=1)
    assert data.shape == (2, 1, 2, 3)
    source.close()


def test_train_and_test_may_read_one_database(five_records: Path) -> None:
    train, test = opened(data_layer(five_records)), opened(data_layer(five_records))
    labels_of(train)
    assert labels_of(test) == [0, 1]
    train.close()
    assert labels_of(test) == [2, 3]
    test.close()


def test_position_is_json_and_resumes(five_records: Path) -> None:
    source = opened(data_layer(five_records, 3))
    labels_of(source)
    position = json.loads(json.dumps(source.position()))
    expected = [labels_of(source) for _ in range(3)]
    source.close()
    again = opened(data_layer(five_records, 3))
    again.restore(position)
    assert [labels_of(again) for _ in range(3)] == expected
    with pytest.raises(DataError, match="has no record 5"):
        again.restore({"record": 5})
    with pytest.raises(DataError, match="has no record -1"):
        again.restore({})
    again.close()


def test_rand_skip(five_records: Path) -> None:
    layer = data_layer(five_records, 1)
    layer.data_param.rand_skip = 4
    first = {labels_of(opened(layer, seed=seed))[0] for seed in range(60)}
    assert first == {0, 1, 2, 3}
    layer.data_param.rand_skip = 1000
    assert {labels_of(opened(layer, seed=seed))[0] for seed in range(60)} == {0, 1, 2, 3, 4}


def test_a_leveldb_is_not_counted_to_skip_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_writer(tmp_path / "db", "leveldb") as writer:
        for index in range(5):
            writer.put(b"%d" % index, datum(np.zeros((1, 1, 1), np.uint8), index).SerializeToString())
    monkeypatch.setattr(LevelDbReader, "__len__", lambda reader: pytest.fail("it was counted"))
    layer = data_layer(tmp_path / "db", 1)
    layer.data_param.MergeFrom(caffe_pb2.DataParameter(backend=caffe_pb2.DataParameter.LEVELDB, rand_skip=4))
    assert labels_of(opened(layer, seed=1))[0] in range(4)


def test_bytes_beat_floats(make_database: MakeDatabase) -> None:
    both = datum(np.full((1, 1, 2), 7, np.uint8))
    both.float_data.extend([0.5, 1.5])
    source = opened(data_layer(make_database([both]), 1))
    assert batch(source)[0].ravel().tolist() == [7, 7]
    source.close()


def test_a_label_that_is_absent_is_zero(make_database: MakeDatabase) -> None:
    record = datum(np.zeros((1, 1, 1), np.uint8))
    record.ClearField("label")
    source = opened(data_layer(make_database([record]), 1))
    assert labels_of(source) == [0]
    source.close()


def test_sizes_may_differ_where_they_are_cropped(make_database: MakeDatabase) -> None:
    small, large = np.arange(9, dtype=np.uint8).reshape(1, 3, 3), np.arange(35, dtype=np.uint8).reshape(1, 5, 7)
    source = opened(data_layer(make_database([datum(small), datum(large)]), 2, crop_size=1))
    assert batch(source)[0].ravel().tolist() == [4, 17]
    source.close()


def test_shapes_follow_the_next_record(make_database: MakeDatabase) -> None:
    """Caffe takes images of any size with a batch of one."""
    path = make_database([datum(np.zeros((1, 3, 3), np.uint8)), datum(np.zeros((1, 5, 7), np.uint8))])
    source = opened(data_layer(path, 1))
    assert [batch(source)[0].shape for _ in range(3)] == [(1, 1, 3, 3), (1, 1, 5, 7), (1, 1, 3, 3)]
    source.close()


def test_sizes_that_differ(make_database: MakeDatabase) -> None:
    path = make_database([datum(np.zeros((1, 3, 3), np.uint8)), datum(np.zeros((1, 5, 7), np.uint8))])
    assert str(refusal(data_layer(path))) == (
        f"error: record '00000001' of {path}: its image is 1 x 5 x 7, but the batch holds images of 1 x 3 x 3\n"
        "  images of one batch must have one size, or be cropped to it"
    )


def test_crop_larger_than_the_image(five_records: Path) -> None:
    assert str(refusal(data_layer(five_records, crop_size=3))) == (
        f"error: record '00000000' of {five_records}: crop_size 3 is larger than the image (1 x 2 x 3)\n"
        "  images are never padded: make them larger, or crop_size smaller"
    )


def test_number_of_mean_values(five_records: Path) -> None:
    assert str(refusal(data_layer(five_records, mean_value=[1, 2, 3]))) == (
        f"error: record '00000000' of {five_records}: 3 mean_values for an image with 1 channels\n"
        "  expected one mean_value, or one for each channel"
    )


def test_mean_file_of_another_size(five_records: Path, tmp_path: Path) -> None:
    mean = caffe_pb2.BlobProto(num=1, channels=1, height=2, width=2, data=[0] * 4)
    (tmp_path / "mean.binaryproto").write_bytes(mean.SerializeToString())
    assert str(refusal(data_layer(five_records, mean_file=str(tmp_path / "mean.binaryproto")))) == (
        f"error: record '00000000' of {five_records}: the mean file is 1 x 2 x 2 but the image is 1 x 2 x 3\n"
        "  the mean must have the size of the image before it is cropped"
    )


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (b"\x22\xff\x01short", "it is not a Datum"),
        (b"", "its size makes no sense: 0 x 0 x 0"),
        (caffe_pb2.Datum(channels=1, height=-2, width=-2, data=b"abcd"), "its size makes no sense: 1 x -2 x -2"),
        (caffe_pb2.Datum(channels=1, height=2, width=2, data=b"abc"), "it has 3 values, but its size is 1 x 2 x 2"),
        (caffe_pb2.Datum(channels=1, height=2, width=2), "it has 0 values, but its size is 1 x 2 x 2"),
        (
            caffe_pb2.Datum(channels=1, height=1, width=2, float_data=[1, 2, 3]),
            "it has 3 values, but its size is 1 x 1 x 2",
        ),
        (
            caffe_pb2.Datum(encoded=True, data=b"not an image"),
            "the encoded image cannot be decoded: unknown format",
        ),
        (caffe_pb2.Datum(encoded=True), "the encoded image is empty"),
    ],
)
def test_broken_records(make_database: MakeDatabase, record: caffe_pb2.Datum | bytes, fault: str) -> None:
    path = make_database([datum(np.zeros((1, 2, 2), np.uint8)), record])
    assert str(refusal(data_layer(path))) == f"error: record '00000001' of {path}: {fault}"


def test_a_broken_first_record(make_database: MakeDatabase) -> None:
    path = make_database([b"\x22\xff\x01short"])
    source = opened(data_layer(path))
    with pytest.raises(DataError, match=r"record '00000000' of .* is not a Datum"):
        source.shapes(1)
    source.close()


def test_a_missing_database(tmp_path: Path) -> None:
    assert str(refusal(data_layer(tmp_path / "none"))) == f"error: database {tmp_path}/none does not exist"


def test_a_leveldb_in_place_of_an_lmdb(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").touch()
    assert refusal(data_layer(tmp_path)).message == f"{tmp_path} is a LevelDB database"


def test_backend_leveldb(five_records: Path, tmp_path: Path) -> None:
    layer = data_layer(five_records)
    layer.data_param.backend = caffe_pb2.DataParameter.LEVELDB
    error = refusal(layer, LayerError)
    assert str(error) == (f"error: {five_records} is an LMDB, but the backend is LEVELDB\n  write `backend: LMDB`")
    assert isinstance(error, LayerError)
    assert error.field == ("data_param", "backend")
    layer.data_param.ClearField("backend")
    assert refusal(layer, LayerError).message == (f"{five_records} is an LMDB, but without a backend, LEVELDB is meant")
    layer.data_param.source = str(tmp_path)
    assert refusal(layer).message == f"{tmp_path} is not a LevelDB: it has no CURRENT"


def test_fields_that_are_missing(five_records: Path) -> None:
    assert refusal(data_layer(five_records, 0), LayerError).message == "batch_size must be at least 1"
    assert refusal(data_layer(""), LayerError).message == "source is missing: the folder of the database"


def test_random_crops_are_the_generators(five_records: Path) -> None:
    """The same generator state gives the same batches, so a run can be resumed exactly."""
    layer = data_layer(five_records, 4, mirror=True, crop_size=2)
    runs = []
    for _ in range(2):
        source = opened(layer, TRAIN, seed=7)
        runs.append(np.stack([batch(source)[0] for _ in range(5)]))
        source.close()
    np.testing.assert_array_equal(*runs)
