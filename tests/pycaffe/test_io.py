"""`caffe.io`: images, Transformer, messages."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netcc.errors import ArrayError, DataError, UsageError
from netcc.pycaffe import io
from netcc.schema import caffe_pb2

RAMP = np.arange(4, dtype=np.float32).reshape(1, 4, 1)
COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [51, 51, 51]]], np.uint8)


def save(path: Path, pixels: Any, mode: str | None = None) -> str:
    Image.fromarray(np.asarray(pixels, np.uint8)).convert(mode).save(path)
    return str(path)


def test_images_are_red_green_blue_from_0_to_1(tmp_path: Path) -> None:
    image = io.load_image(save(tmp_path / "a.png", COLOURS))
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, COLOURS / 255, rtol=1e-6)
    grey = io.load_image(str(tmp_path / "a.png"), color=False)
    np.testing.assert_allclose(grey[:, :, 0], [[0.2125, 0.7154], [0.0721, 0.2]], rtol=1e-5)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_grey_and_transparent_images_get_three_channels(tmp_path: Path, mode: str, channels: int) -> None:
    path = save(tmp_path / "a.png", COLOURS, mode)
    with Image.open(path) as saved:
        assert len(saved.getbands()) == channels
    image = io.load_image(path)
    assert image.shape == (2, 2, 3)
    assert io.load_image(path, False).shape == (2, 2, 1)
    if mode == "L":
        assert np.ptp(image, axis=2).max() == 0


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"a\.png: the encoded image cannot be decoded: unknown format"):
        io.load_image(str(tmp_path / "a.png"))
    with pytest.raises(DataError, match=r"cannot read .*b\.png: no such file"):
        io.load_image(str(tmp_path / "b.png"))
    with pytest.raises(OSError, match=r"^error: cannot read .*b\.png: no such file or directory$"):  # as scripts do
        io.load_image(str(tmp_path / "b.png"))


@pytest.mark.parametrize(
    ("order", "width", "expected"),
    [
        (1, 2, [0.5, 2.5]),
        (1, 8, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 2.4375 - 0.1875]),
        (0, 2, [1, 3]),
        (0, 8, [0, 0, 1, 1, 2, 2, 3, 3]),
        (3, 2, [0.4375, 2.75]),
    ],
)
def test_pixels_are_laid_out_side_by_side(order: int, width: int, expected: list[float]) -> None:
    """Between pixel centres; where an image is stretched its last row fades to its least value, as in Caffe."""
    np.testing.assert_allclose(io.resize_image(RAMP, (1, width), order).reshape(-1), expected, atol=1e-6)


def test_other_numbers_of_channels_keep_their_corners() -> None:
    image = np.concatenate([RAMP, 10 * RAMP], axis=2)
    resized = io.resize_image(image, (1, 7))
    np.testing.assert_allclose(resized[0, :, 0], np.arange(7) / 2)
    np.testing.assert_allclose(resized[0, :, 1], np.arange(7) * 5)
    with pytest.raises(UsageError, match="interp_order 3 needs an image of 1 or 3 channels, not 2"):
        io.resize_image(image, (1, 7), 3)


def test_resizing_to_the_same_size_changes_nothing() -> None:
    image = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
    for order in (0, 1, 3):
        np.testing.assert_allclose(io.resize_image(image, (5, 7), order), image, rtol=1e-6, atol=1e-7)
    assert io.resize_image(np.full((2, 2, 3), 7), (4, 9)).tolist() == [[[7.0] * 3] * 9] * 4


@pytest.mark.parametrize(
    ("image", "size", "order", "message"),
    [
        (np.ones((2, 2)), (4, 4), 1, "the image is 2 x 2; expected height x width x channels"),
        (RAMP, (0, 4), 1, "an image cannot be resized to 0 x 4"),
        (RAMP, (4, 4), 2, r"interp_order is 2; expected 0 \(nearest\), 1 \(linear\) or 3 \(cubic\)"),
    ],
)
def test_images_that_cannot_be_resized(image: Any, size: Any, order: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        io.resize_image(image, size, order)


def test_ten_crops_are_corners_centre_and_mirrors() -> None:
    image = np.arange(5 * 6 * 2).reshape(5, 6, 2)
    crops = io.oversample([image, -image], (2, 3))
    assert crops.shape == (20, 2, 3, 2)
    corners = [(0, 0), (0, 3), (3, 0), (3, 3), (1, 1)]
    for place, (top, left) in enumerate(corners):
        part = image[top : top + 2, left : left + 3]
        np.testing.assert_array_equal(crops[place], part)
        np.testing.assert_array_equal(crops[5 + place], part[:, ::-1])
        np.testing.assert_array_equal(crops[10 + place], -part)
    with pytest.raises(UsageError, match="crops of 6 x 3 are larger than the image, 5 x 6"):
        io.oversample([image], (6, 3))


@pytest.fixture
def transformer() -> io.Transformer:
    made = io.Transformer({"data": (1, 3, 4, 5)})
    made.set_transpose("data", (2, 0, 1))
    made.set_channel_swap("data", (2, 1, 0))
    made.set_raw_scale("data", 255)
    made.set_mean("data", np.array([104.0, 117, 123]))
    made.set_input_scale("data", 0.5)
    return made


def test_an_image_becomes_an_input_and_back(transformer: io.Transformer) -> None:
    image = np.random.default_rng(0).random((4, 5, 3)).astype(np.float32)
    given = image.copy()
    data = transformer.preprocess("data", image)
    assert data.shape == (3, 4, 5)
    np.testing.assert_allclose(data[0], (image[:, :, 2] * 255 - 104) / 2, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(image, given)
    np.testing.assert_allclose(transformer.deprocess("data", data[np.newaxis]), image, atol=1e-5)


def test_images_of_another_size_are_resized(transformer: io.Transformer) -> None:
    image = np.random.default_rng(0).random((8, 9, 3)).astype(np.float32)
    resized = transformer.preprocess("data", io.resize_image(image, (4, 5)))
    np.testing.assert_allclose(transformer.preprocess("data", image), resized, rtol=1e-5)


def test_a_mean_image_is_brought_to_the_size_of_the_input(transformer: io.Transformer) -> None:
    mean = np.random.default_rng(0).random((3, 8, 10))
    transformer.set_mean("data", mean)
    blocks = mean.reshape(3, 4, 2, 5, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(transformer.mean["data"], blocks, rtol=1e-5)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("mean", np.zeros(4), "the mean has 4 channels, the input 'data' 3"),
        ("mean", np.zeros((2, 4, 5)), "the mean is 2 x 4 x 5; the input 'data' 3 x 4 x 5"),
        ("mean", np.zeros((1, 3, 4, 5)), "the mean is 1 x 3 x 4 x 5; the input 'data' 3 x 4 x 5"),
        ("transpose", (1, 0), r"transpose is \(1, 0\); expected an order of the 3 axes of 'data'"),
        ("channel_swap", (1, 0), r"channel_swap is \(1, 0\); expected one number for each of 3 channels"),
    ],
)
def test_settings_that_do_not_fit_the_input(
    transformer: io.Transformer, setting: str, value: Any, message: str
) -> None:
    with pytest.raises(ArrayError, match=message) as caught:
        getattr(transformer, f"set_{setting}")("data", value)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ArrayError, match="'dat' is not an input of the net\n  inputs: data\n  did you mean 'data'"):
        getattr(transformer, f"set_{setting}")("dat", value)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1, 2, 3, 4, 5)])
def test_blobs_keep_shape_data_and_diff(shape: tuple[int, ...]) -> None:
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    blob = io.array_to_blobproto(data, -data)
    np.testing.assert_array_equal(io.blobproto_to_array(blob), data)
    np.testing.assert_array_equal(io.blobproto_to_array(blob, return_diff=True), -data)
    (again,) = io.blobprotovector_str_to_arraylist(io.arraylist_to_blobprotovector_str([data]))
    np.testing.assert_array_equal(again, data)


def test_old_blobs_have_four_axes() -> None:
    blob = caffe_pb2.BlobProto(num=1, channels=2, height=1, width=3, data=range(6))
    assert io.blobproto_to_array(blob).tolist() == [[[[0, 1, 2]], [[3, 4, 5]]]]


def test_numbers_that_do_not_fill_a_shape_are_refused() -> None:
    with pytest.raises(ArrayError, match="the blob has 2 numbers, but its shape is scalar") as caught:
        io.blobproto_to_array(caffe_pb2.BlobProto(data=[1, 2]))
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ArrayError, match="diff is 3, data 2"):
        io.array_to_blobproto(np.zeros(2), np.zeros(3))
    with pytest.raises(ArrayError, match="a datum holds channels x height x width, not 4 x 4"):
        io.array_to_datum(np.zeros((4, 4)))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_records_keep_image_and_label(dtype: type[Any]) -> None:
    image = np.arange(24).reshape(2, 3, 4).astype(dtype)
    datum = io.array_to_datum(image, 7)
    assert datum.label == 7
    assert (len(datum.data) == 24) == (dtype is np.uint8)
    np.testing.assert_array_equal(io.datum_to_array(datum), image)
    assert not io.array_to_datum(image).HasField("label")


def test_the_package_has_the_module(caffe: ModuleType) -> None:
    import caffe.io  # type: ignore[import-not-found]

    assert caffe.io is io
    assert caffe.io.caffe_pb2 is caffe_pb2
