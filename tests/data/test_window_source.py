"""`type: "WindowData"`: which windows are drawn, where they lie in the crop, and lists that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.records import batch, opened
from PIL import Image

from netcc.data.bad_records import BadRecords, using
from netcc.data.readers.windows import place_window
from netcc.errors import DataError, LayerError, NetccWarning
from netcc.schema import caffe_pb2
from netcc.types import TRAIN

LIST = "# 0\n{}/a.png\n3 6 8\n3\n1 0.9 0 0 3 3\n2 0.6 4 2 7 5\n3 0.1 2 1 5 4\n# 1\n{}/b.png\n3 6 8\n1\n4 0.7 1 1 2 2\n"


@pytest.fixture
def windows(tmp_path: Path) -> Path:
    for value, name in ((50, "a.png"), (90, "b.png")):
        Image.new("RGB", (8, 6), (value, value + 1, value + 2)).save(tmp_path / name)
    (tmp_path / "windows.txt").write_text(LIST.format(tmp_path, tmp_path))
    return tmp_path / "windows.txt"


def window_layer(source: Path, transform: dict[str, Any] | None = None, **fields: Any) -> caffe_pb2.LayerParameter:
    layer = caffe_pb2.LayerParameter(name="windows", type="WindowData", top=["data", "label"])
    given = {"batch_size": 8, "fg_fraction": 0.5, **fields}
    layer.window_data_param.MergeFrom(caffe_pb2.WindowDataParameter(source=str(source), **given))
    layer.transform_param.MergeFrom(caffe_pb2.TransformationParameter(**{"crop_size": 4, **(transform or {})}))
    return layer


def refusal(source: Path, kind: type[Exception] = DataError, **fields: Any) -> Any:
    with pytest.raises(kind) as caught:
        batch(opened(window_layer(source, **fields)))
    return caught.value


def test_background_first_then_objects(windows: Path) -> None:
    source = opened(window_layer(windows), TRAIN)
    assert source.shapes(2) == ((8, 3, 4, 4), (8,))
    seen = set()
    for _ in range(10):
        data, labels = batch(source)
        assert labels[:4].tolist() == [0] * 4
        seen |= set(labels[4:].tolist())
        assert (data[:, 0] == np.where(labels == 4, 92, 52)[:, np.newaxis, np.newaxis]).all()
    assert seen == {1, 2, 4}


def test_thresholds(windows: Path) -> None:
    labels = batch(opened(window_layer(windows, fg_threshold=0.8, bg_threshold=0.65)))[1]
    assert set(labels.tolist()) == {0, 1}
    assert refusal(windows, fg_threshold=0.95).message == (
        f"window file {windows} has no window with an object, of overlap fg_threshold or more"
    )
    assert refusal(windows, bg_threshold=0.05).message == (
        f"window file {windows} has no window of background, of overlap below bg_threshold"
    )


def test_cached_images_are_the_same(windows: Path) -> None:
    layer = window_layer(windows)
    expected = batch(opened(layer, seed=4))
    layer.window_data_param.cache_images = True
    cached = opened(layer, seed=4)
    for ours, theirs in zip(batch(cached), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_mean_and_scale(windows: Path, tmp_path: Path) -> None:
    """Caffe scales by the field of window_data_param, not by that of transform_param."""
    transform = {"mean_value": [50, 51, 52], "scale": 100}
    data, labels = batch(opened(window_layer(windows, transform, scale=0.5)))
    assert (data[labels != 4] == np.array([1, 0, -1], np.float32).reshape(3, 1, 1)).all()
    mean = caffe_pb2.BlobProto(num=1, channels=3, height=6, width=6, data=np.arange(108).tolist())
    (tmp_path / "mean").write_bytes(mean.SerializeToString())
    data, labels = batch(opened(window_layer(windows, {"mean_file": str(tmp_path / "mean")})))
    assert data[0, 0].tolist() == (52 - np.arange(36).reshape(6, 6)[1:5, 1:5]).tolist()
    assert refusal(windows, transform={"mean_file": str(tmp_path / "mean"), "crop_size": 7}).message == (
        f"the mean file {tmp_path}/mean is 3 x 6 x 6, too small for a crop of 7"
    )


def test_mirrors(windows: Path, tmp_path: Path) -> None:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[:, :4] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    layer = window_layer(windows, {"mirror": True, "crop_size": 4}, fg_fraction=0, batch_size=40)
    data = batch(opened(layer))[0]
    assert set(data[:, 0, 0, 0].tolist()) == {0, 200}


@pytest.mark.parametrize(
    ("box", "pad", "square", "mirrored", "expected"),
    [
        ((2, 1, 5, 4), 0, False, False, ((2, 1, 5, 4), 0, 0, 8, 8)),
        ((0, 0, 7, 3), 0, True, False, ((0, 0, 8, 6), 2, 0, 6, 8)),
        ((0, 2, 3, 5), 2, False, False, ((0, 0, 6, 8), 0, 2, 8, 6)),
        ((0, 2, 3, 5), 2, False, True, ((0, 0, 6, 8), 0, 0, 8, 6)),
    ],
)
def test_places(box: tuple, pad: int, square: bool, mirrored: bool, expected: tuple) -> None:
    place = place_window(box, 20, 20, 8, pad, square, mirrored)
    assert (place.box, place.top, place.left, place.height, place.width) == expected


def test_bad_images(windows: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    fault = f"{tmp_path}/a.png: the encoded image cannot be decoded: unknown format"
    assert refusal(windows).message == fault
    bad = BadRecords("skip")
    with using(bad), pytest.warns(NetccWarning, match="unknown format"):
        labels = batch(opened(window_layer(windows, fg_fraction=1)))[1]
    assert labels.tolist() == [4] * 8
    with using(BadRecords("skip")), pytest.warns(NetccWarning), pytest.raises(DataError) as caught:
        batch(opened(window_layer(windows)))
    assert caught.value.message == f"no image of window file {windows} can be used"


def test_a_window_outside_of_its_image(windows: Path, tmp_path: Path) -> None:
    windows.write_text(LIST.format(tmp_path, tmp_path).replace("2 1 5 4", "2 1 8 4"))
    assert str(refusal(windows)) == (
        f"error: {tmp_path}/a.png: window 2 1 8 4 is outside the image, which has 8 x 6 pixels\n  listed in {windows}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "error: window file {} is empty"),
        ("x", "error: {}:1: found 'x'\n  expected '#'"),
        ("# 1", "error: {}:1: found image 1\n  expected the images are counted from 0: 0"),
        ("# 0\na 3 4", "error: window file {} is cut short\n  expected width at its end"),
        ("# 0\na 3 4 4 1\n1 x 0 0 1 1", "error: {}:3: found 'x'\n  expected an overlap"),
        ("# 0\na 3 4 4 1\n1 1 2 0 1 1", "error: {}:3: found window 2 0 1 1\n  expected x1 <= x2 and y1 <= y2"),
        (
            "# 0\na 3 4 4 1\n0 1 0 0 1 1",
            "error: {}:3: found label 0 of an object\n  expected a label from 1; 0 is the background",
        ),
    ],
)
def test_lists(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "w.txt").write_text(text)
    assert str(refusal(tmp_path / "w.txt")) == message.format(tmp_path / "w.txt")


def test_fields(windows: Path) -> None:
    assert refusal(windows, LayerError, context_pad=2).message == "context_pad leaves nothing of the crop"
    assert refusal(windows, LayerError, transform={"mean_value": [1, 2]}).message == "2 mean_values for 3 channels"
    layer = window_layer(windows)
    layer.window_data_param.source = ""
    with pytest.raises(LayerError, match="source is missing: the window file"):
        opened(layer)
