"""`type: "AnnotatedData"`: images whose boxes stay on their objects through every change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.records import MakeDatabase, data_layer, datum, opened
from google.protobuf import text_format

from netcc.data.annotated import Annotator
from netcc.data.bad_records import BadRecords, using
from netcc.data.objects import Objects
from netcc.data.source import Source
from netcc.data.transform import Transformer
from netcc.errors import DataError, LayerError, NetccWarning
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.types import TEST, TRAIN, Array, Phase

SIZE = 40
EXPANSION = "expand_param { prob: 1 max_expand_ratio: 3 }"
SAMPLER = "batch_sampler { max_sample: 1 sampler { min_scale: 0.4 } sample_constraint { min_object_coverage: 1 } }"
CENTRES = "emit_constraint { emit_type: CENTER }"


def annotated(index: int, boxes: int = 1) -> caffe_pb2.AnnotatedDatum:
    """A dark image with a bright rectangle for each box; label and instance are the number of the image."""
    pixels = np.zeros((3, SIZE, SIZE), np.uint8)
    message = caffe_pb2.AnnotatedDatum(type=caffe_pb2.AnnotatedDatum.BBOX)
    for number in range(boxes):
        left, top = 4 + 20 * number, 8 + 3 * index
        pixels[:, top : top + 10, left : left + 12] = 200
        annotation = message.annotation_group.add(group_label=index).annotation.add(instance_id=number)
        corners = [left / SIZE, top / SIZE, (left + 12) / SIZE, (top + 10) / SIZE]
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
            setattr(annotation.bbox, name, value)
    message.datum.CopyFrom(datum(pixels))
    return message


@pytest.fixture
def database(make_database: MakeDatabase) -> Path:
    """Images with one, two and no box."""
    return make_database([annotated(index, boxes).SerializeToString() for index, boxes in enumerate((1, 2, 0))])


def annotated_layer(path: Path, batch_size: int, transform: str = "", sampler: str = "") -> caffe_pb2.LayerParameter:
    text = f"""
      name: "data" type: "AnnotatedData" top: "data" top: "label"
      data_param {{ source: "{path}" batch_size: {batch_size} backend: LMDB }}
      transform_param {{ {transform} }} annotated_data_param {{ {sampler} }}
    """
    return text_format.Parse(text, caffe_pb2.LayerParameter())


def batch_of(source: Source) -> list[Array]:
    tops = [np.full(shape, np.nan, np.float32) for shape in source.shapes(2)]
    source.read(tops)
    return tops


def bright(image: Array) -> list[float]:
    """Left, top, right, bottom of what is bright, as shares of the image."""
    rows, columns = np.nonzero(image[0] > 100)
    high, wide = image.shape[1:]
    return [columns.min() / wide, rows.min() / high, (columns.max() + 1) / wide, (rows.max() + 1) / high]


def test_batches_have_as_many_rows_as_objects(database: Path) -> None:
    source = opened(annotated_layer(database, 2))
    assert source.shapes(2) == ((2, 3, SIZE, SIZE), (1, 1, 3, 8))
    data, label = batch_of(source)
    assert label[0, 0, :, :3].tolist() == [[0, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert label[0, 0, 0, 3:].tolist() == pytest.approx([*bright(data[0]), 0])
    assert source.shapes(2)[1] == (1, 1, 1, 8)
    assert batch_of(source)[1][0, 0, 0, 0] == 1
    source.close()


def test_no_object_is_a_row_of_minus_one(database: Path) -> None:
    source = opened(annotated_layer(database, 1))
    labels = [batch_of(source)[1] for _ in range(3)]
    assert labels[2].tolist() == [[[[-1] * 8]]]
    source.close()


@pytest.mark.parametrize(
    ("transform", "sampler"),
    [
        ("mirror: true", ""),
        ("resize_param { height: 60 width: 90 interp_mode: NEAREST }", ""),
        ("resize_param { resize_mode: FIT_LARGE_SIZE_AND_PAD height: 80 width: 120 interp_mode: NEAREST }", ""),
        ("resize_param { resize_mode: FIT_SMALL_SIZE height: 80 width: 120 interp_mode: NEAREST }", ""),
        (EXPANSION, ""),
        (CENTRES, SAMPLER),
        (f"{EXPANSION} mirror: true resize_param {{ height: 90 width: 90 interp_mode: NEAREST }}", SAMPLER),
        ("crop_size: 36", ""),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_boxes_stay_on_their_objects(make_database: MakeDatabase, transform: str, sampler: str, seed: int) -> None:
    path = make_database([annotated(index).SerializeToString() for index in range(4)])
    batch_size = 1 if "expand" in transform or sampler else 4
    source = opened(annotated_layer(path, batch_size, transform, sampler), TRAIN, seed)
    for _ in range(4):
        data, label = batch_of(source)
        assert label.shape[2] == batch_size
        for row in label[0, 0]:
            image = data[int(row[0])]
            # Sides are cut at whole pixels; boxes follow the window as a sampler drew it.
            tolerance = 1.5 / (0.4 * SIZE if sampler else min(image.shape[1:]))
            np.testing.assert_allclose(row[3:7], bright(image), atol=tolerance)
    source.close()


def test_boxes_are_cut_at_the_edges_and_empty_ones_go(make_database: MakeDatabase) -> None:
    message = caffe_pb2.AnnotatedDatum(type=caffe_pb2.AnnotatedDatum.BBOX, datum=datum(np.zeros((3, 8, 8), np.uint8)))
    group = message.annotation_group.add(group_label=3)
    for corners in ((-0.25, 0.5, 0.5, 1.5), (0.5, 0.5, 0.5, 0.75), (1.25, 0, 1.5, 1)):
        box = caffe_pb2.NormalizedBBox(**dict(zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)))
        group.annotation.add().bbox.CopyFrom(box)
    path = make_database([message.SerializeToString()])
    assert batch_of(opened(annotated_layer(path, 1)))[1].tolist() == [[[[0, 3, 0, 0, 0.5, 0.5, 1, 0]]]]
    inside = "emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.5 }"
    assert batch_of(opened(annotated_layer(path, 1, inside)))[1].tolist() == [[[[-1] * 8]]]


def test_a_sample_by_hand() -> None:
    """The image is cut to whole pixels, boxes to the window as it was drawn (`CropImage` there)."""
    pixels = np.arange(3 * 10 * 20, dtype=np.int32).astype(np.uint8).reshape(3, 10, 20)
    message = caffe_pb2.AnnotatedDatum(datum=datum(pixels))
    bbox = caffe_pb2.NormalizedBBox(xmin=0.3, ymin=0.3, xmax=0.5, ymax=0.95)
    message.annotation_group.add().annotation.add().bbox.CopyFrom(bbox)
    annotator = Annotator(Transformer.from_message(caffe_pb2.TransformationParameter(), TRAIN), (), None)
    image, objects = annotator._sample(pixels, Objects.from_message(message), (0.26, 0.15, 0.749, 1.04))
    # 0.26 * 20 = 5.2 and 0.489 * 20 = 9.78 columns; 0.15 * 10 = 1.5 and 0.85 * 10 = 8.5 rows
    np.testing.assert_array_equal(image, pixels[:, 1:9, 5:14])
    expected = [(0.3 - 0.26) / 0.489, 0.15 / 0.85, (0.5 - 0.26) / 0.489, 0.8 / 0.85]
    np.testing.assert_allclose(objects.boxes[0], expected, rtol=1e-6)


def test_boxes_that_count_in_images_of_another_size(database: Path) -> None:
    scaled = "resize_param { resize_mode: FIT_SMALL_SIZE height: 80 width: 120 height_scale: %d width_scale: 60 }"
    plain, other = (batch_of(opened(annotated_layer(database, 1, text))) for text in ("", scaled % 40))
    assert other[0].shape == (1, 3, 120, 120)
    np.testing.assert_allclose(other[1][..., 3:7], plain[1][..., 3:7] * [2, 3, 2, 3], rtol=1e-6)
    assert refusal(annotated_layer(database, 1, scaled % 121)).message == (
        f"record '00000000' of {database}: its image is 120 x 120, smaller than height_scale and width_scale"
    )


def test_several_sizes(database: Path) -> None:
    sizes = "resize_param { height: 20 width: 20 prob: 0.5 } resize_param { height: 30 width: 30 prob: 0.5 }"
    source = opened(annotated_layer(database, 2, sizes))
    assert {batch_of(source)[0].shape for _ in range(12)} == {(2, 3, 20, 20), (2, 3, 30, 30)}


def plain(label: int | None) -> bytes:
    """A record that names no type of annotation."""
    made = datum(np.zeros((3, SIZE, SIZE), np.uint8), label or 0)
    if label is None:
        made.ClearField("label")
    content: bytes = caffe_pb2.AnnotatedDatum(datum=made).SerializeToString()
    return content


def test_labels_where_no_type_is_named(make_database: MakeDatabase) -> None:
    path = make_database([plain(5), plain(7)])
    source = opened(annotated_layer(path, 2))
    assert source.shapes(2) == ((2, 3, SIZE, SIZE), (2,))
    assert batch_of(source)[1].tolist() == [5, 7]
    assert batch_of(opened(annotated_layer(path, 2, sampler="anno_type: BBOX")))[1].tolist() == [[[[-1] * 8]]]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (plain(5), plain(None), "it has neither a type of annotation nor a label"),
        (annotated(0).SerializeToString(), plain(5), "it has no type of annotation, but the first record has"),
    ],
)
def test_records_without_what_the_first_has(
    make_database: MakeDatabase, first: bytes, second: bytes, fault: str
) -> None:
    path = make_database([first, second])
    assert refusal(annotated_layer(path, 2)).message == f"record '00000001' of {path}: {fault}"


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_a_position_leads_back(database: Path, phase: Phase) -> None:
    layer = annotated_layer(database, 2, "mirror: true resize_param { height: 20 width: 20 }", SAMPLER)
    source, other = opened(layer, phase), opened(layer, phase, seed=9)
    batch_of(source)
    for begun in (False, True):
        if begun:
            source.shapes(2)
        position = json.loads(json.dumps(source.position()))
        expected = [batch_of(source) for _ in range(2)]
        other.shapes(2)
        other.restore(position)
        for batch in expected:
            for ours, theirs in zip(batch_of(other), batch, strict=True):
                np.testing.assert_array_equal(ours, theirs)
    source.close()
    other.close()


def refusal(layer: caffe_pb2.LayerParameter, kind: type[Exception] = DataError) -> Any:
    with pytest.raises(kind) as caught:
        opened(layer).shapes(2)
    return caught.value


def test_bad_records(make_database: MakeDatabase) -> None:
    path = make_database([annotated(0).SerializeToString(), b"\xff\xff"])
    name = f"record '00000001' of {path}"
    assert refusal(annotated_layer(path, 2)).message == f"{name}: it is not an AnnotatedDatum"
    bad = BadRecords("skip")
    with using(bad):
        source = opened(annotated_layer(path, 2))
    with pytest.warns(NetccWarning, match="not an AnnotatedDatum"):
        label = batch_of(source)[1]
    assert label[0, 0, :, 1].tolist() == [0, 0]
    assert list(bad.reasons) == [name]
    source.close()


def test_records_for_the_other_layer(make_database: MakeDatabase, tmp_path: Path) -> None:
    path = make_database([datum(np.zeros((3, 4, 4), np.uint8))])
    name = f"record '00000000' of {path}"
    error = refusal(annotated_layer(path, 1))
    assert error.message == f"{name}: it is a Datum, not an AnnotatedDatum"
    assert error.diagnostics[0].notes == ("layers of type Data read it",)
    (path / "data.mdb").unlink()
    make_database([annotated(0).SerializeToString()])
    assert refusal(data_layer(path, 1)).message == f"{name}: it is an AnnotatedDatum of SSD, not a Datum"


def test_sizes_that_differ(make_database: MakeDatabase) -> None:
    other = annotated(1)
    other.datum.CopyFrom(datum(np.zeros((3, 5, 6), np.uint8)))
    path = make_database([annotated(0).SerializeToString(), other.SerializeToString()])
    assert refusal(annotated_layer(path, 2)).message == (
        f"record '00000001' of {path}: its image becomes 3 x 5 x 6, unlike those before it in the batch"
    )


def test_fields(database: Path) -> None:
    assert refusal(annotated_layer(database, 0), LayerError).message == "batch_size must be at least 1"
    layer = annotated_layer(database, 1)
    layer.top.append("map")
    assert refusal(layer, LayerError).message == "netcc reads no map of classes for a third top"
    lanes = refusal(annotated_layer(database, 1, sampler="anno_type: LANE"), LayerError)
    assert lanes.message == "netcc reads boxes alone, not LANE"
    yolo = refusal(annotated_layer(database, 1, sampler="yolo_data_type: 1"), LayerError)
    assert yolo.message == "netcc makes no labels in the form of MobileNet-YOLO"
    tiny = refusal(annotated_layer(database, 1, sampler="batch_sampler { sampler { min_scale: 0 } }"), LayerError)
    assert tiny.message == "a sampler needs 0 < min_scale <= max_scale <= 1"


def test_a_net_follows_the_number_of_objects(database: Path) -> None:
    text = text_format.MessageToString(caffe_pb2.NetParameter(layer=[annotated_layer(database, 1)]))
    with Net(text, TEST) as net:
        shapes = []
        for _ in range(4):
            net.forward()
            shapes.append(net.blobs["label"].shape)
    assert shapes == [(1, 1, 1, 8), (1, 1, 2, 8), (1, 1, 1, 8), (1, 1, 1, 8)]
