"""What is counted in a database."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from data.records import MakeDatabase, datum

from netcc.data.database_writer import open_writer
from netcc.data.tools.info import database_info
from netcc.errors import DataError
from netcc.schema import caffe_pb2

GOLDEN = Path(__file__).parents[2] / "golden" / "data"


@pytest.mark.parametrize(
    ("name", "images"),
    [
        ("png_lmdb", {((3, 9, 8), "raw"): 12}),
        ("png_encoded_lmdb", {((3, 9, 8), "png"): 12}),
        ("jpg_encoded_lmdb", {((3, 16, 16), "jpeg"): 6}),
        ("features_lmdb", {((4, 1, 1), "float"): 12}),
    ],
)
def test_databases_of_caffes_tools(name: str, images: dict[object, int]) -> None:
    info = database_info(GOLDEN / name)
    assert dict(info.images) == images
    assert info.records == sum(images.values())
    assert info.backend == "lmdb"


def test_labels_bytes_and_the_first_images() -> None:
    seen: list[int] = []
    info = database_info(GOLDEN / "png_lmdb", 2, seen.append, lambda total: seen.append(-total))
    assert info.labels == {0: 2, 1: 2, 2: 1, 3: 1, 4: 2, 5: 1, 6: 1, 7: 1, 300: 1}
    assert info.value_bytes == 2749
    assert [(image.shape, label) for image, label in info.first] == [((3, 9, 8), 3), ((3, 9, 8), 7)]
    assert seen == [-12, *[1] * 12]


def test_objects_of_annotated_records(make_database: MakeDatabase) -> None:
    records = []
    for labels in ((3, 3, 5), (), (5,)):
        message = caffe_pb2.AnnotatedDatum(datum=datum(np.zeros((3, 4, 5), np.uint8), 9))
        for label in labels:
            message.annotation_group.add(group_label=label).annotation.add()
        records.append(message.SerializeToString())
    info = database_info(make_database(records), 3)
    assert (info.records, info.annotated) == (3, 3)
    assert info.images == {((3, 4, 5), "raw"): 3}
    assert info.labels == {3: 2, 5: 2}
    assert [label for _, label in info.first] == [3, -1, 5]


def test_sizes_that_differ(make_database: MakeDatabase) -> None:
    shapes = [(1, 2, 3), (1, 3, 2), (1, 2, 3)]
    info = database_info(make_database([datum(np.zeros(shape, np.uint8)) for shape in shapes]))
    assert info.images == {((1, 2, 3), "raw"): 2, ((1, 3, 2), "raw"): 1}


def test_a_leveldb_is_told_by_its_files(tmp_path: Path) -> None:
    with open_writer(tmp_path / "db", "leveldb") as writer:
        writer.put(b"k", datum(np.zeros((1, 1, 1), np.uint8), 4).SerializeToString())
    before = {path.name: path.stat().st_size for path in (tmp_path / "db").iterdir()}
    info = database_info(tmp_path / "db")
    assert (info.backend, info.records, info.labels) == ("leveldb", 1, {4: 1})
    assert {path.name: path.stat().st_size for path in (tmp_path / "db").iterdir()} == before


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (b"\x22\xff\x01short", "it is not a Datum"),
        (caffe_pb2.Datum(encoded=True, data=b"x"), "the encoded image cannot be decoded: unknown format"),
    ],
)
def test_a_broken_record(record: caffe_pb2.Datum | bytes, fault: str, make_database: MakeDatabase) -> None:
    path = make_database([record])
    with pytest.raises(DataError) as caught:
        database_info(path)
    assert caught.value.message == f"record '00000000' of {path}: {fault}"


def test_a_database_cut_short(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "big_lmdb", tmp_path / "db")
    content = (tmp_path / "db" / "data.mdb").read_bytes()
    (tmp_path / "db" / "data.mdb").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="is cut short"):
        database_info(tmp_path / "db")


@pytest.mark.parametrize("name", ["none", "empty"])
def test_no_database(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"does not exist|is not an LMDB: it has no data\.mdb"):
        database_info(tmp_path / name)
