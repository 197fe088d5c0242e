"""`caffe.Classifier` and `caffe.Detector` on a net whose answers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.nets import input_layer, layer
from PIL import Image

from netcc.errors import UsageError

MEANS = input_layer("data", 3, 3, 4, 4) + layer(
    "mean", "Pooling", "data", "mean", "pooling_param { pool: AVE global_pooling: true }"
)


@pytest.fixture
def net(write: Callable[[str, str], str]) -> str:
    return write("means.prototxt", MEANS)


@pytest.fixture
def image() -> Any:
    return np.random.default_rng(0).random((6, 8, 3)).astype(np.float32)


def classifier(caffe: ModuleType, net: str, **settings: Any) -> Any:
    return caffe.Classifier(net, None, channel_swap=(2, 1, 0), raw_scale=255, mean=np.array([1.0, 2, 3]), **settings)


def test_the_centre_is_classified(caffe: ModuleType, net: str, image: Any) -> None:
    made = classifier(caffe, net, image_dims=(6, 8))
    assert isinstance(made, caffe.Net)
    (prediction,) = made.predict([image], oversample=False)
    expected = image[1:5, 2:6].mean(axis=(0, 1))[::-1] * 255 - [1, 2, 3]
    np.testing.assert_allclose(prediction.reshape(-1), expected, rtol=1e-4)


def test_ten_crops_are_averaged(caffe: ModuleType, net: str, image: Any) -> None:
    made = classifier(caffe, net, image_dims=(6, 8))
    predictions = made.predict([image, 0 * image])
    corners = [(0, 0), (0, 4), (2, 0), (2, 4), (1, 2)]
    crops = [image[top : top + 4, left : left + 4].mean(axis=(0, 1)) for top, left in corners]
    np.testing.assert_allclose(predictions[0], np.mean(crops, axis=0)[::-1] * 255 - [1, 2, 3], rtol=1e-4)
    np.testing.assert_allclose(predictions[1], [-1, -2, -3], rtol=1e-5)


def test_images_are_scaled_to_the_input_by_default(caffe: ModuleType, net: str, image: Any) -> None:
    predictions = caffe.Classifier(net, None).predict([image[:, :, :]], oversample=False)
    small = caffe.io.resize_image(image, (4, 4))
    np.testing.assert_allclose(predictions.reshape(-1), small.mean(axis=(0, 1)), rtol=1e-5)


def test_settings_that_leave_nothing_to_classify(caffe: ModuleType, net: str) -> None:
    with pytest.raises(UsageError, match=r"image_dims is \(3, 8\), smaller than the input of the net, 4 x 4"):
        caffe.Classifier(net, None, image_dims=(3, 8))
    with pytest.raises(UsageError, match="there are no images to classify"):
        caffe.Classifier(net, None).predict([])


@pytest.fixture
def file(tmp_path: Path) -> str:
    pixels = np.zeros((20, 24, 3), np.uint8)
    pixels[4:16, 6:18] = [255, 51, 0]
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_windows_of_an_image_are_classified(caffe: ModuleType, net: str, file: str) -> None:
    windows = [(4, 6, 8, 10), (16, 0, 20, 4), (2, 6, 6, 10)]
    found = caffe.Detector(net, None).detect_windows([(file, windows)])
    assert [item["window"] for item in found] == windows
    assert {item["filename"] for item in found} == {file}
    for item, expected in zip(found, ([1, 0.2, 0], [0, 0, 0], [0.5, 0.1, 0]), strict=True):
        np.testing.assert_allclose(item["prediction"].reshape(-1), expected, atol=1e-6)


def test_context_shows_what_is_around_a_window(caffe: ModuleType, net: str, file: str) -> None:
    detector = caffe.Detector(net, None, mean=np.array([0.5, 0.25, 0.125]), channel_swap=(2, 1, 0), context_pad=1)
    image = caffe.io.load_image(file)
    inside = detector.crop(image, (9, 11, 11, 13))
    np.testing.assert_allclose(inside, np.broadcast_to([1, 0.2, 0], (4, 4, 3)), atol=1e-6)
    corner = detector.crop(image, (0, 0, 3, 3))
    assert corner.shape == (4, 4, 3)
    np.testing.assert_allclose(corner[0], np.broadcast_to([0.125, 0.25, 0.5], (4, 3)))  # the mean, outside of the image
    np.testing.assert_array_equal(corner[1:, 1:], 0)


def test_windows_that_cannot_be_cropped(caffe: ModuleType, net: str, file: str) -> None:
    detector = caffe.Detector(net, None)
    with pytest.raises(UsageError, match=r"the window \(20, 0, 25, 5\) is empty in an image of 20 x 24 x 3"):
        detector.detect_windows([(file, [(20, 0, 25, 5)])])
    with pytest.raises(UsageError, match="context_pad 2 needs a square input larger than twice that, not 4 x 4"):
        detector.configure_crop(2)
    assert detector.detect_windows([]) == []


def test_selective_search_is_asked_if_it_is_there(
    caffe: ModuleType, net: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = caffe.Detector(net, None)
    with pytest.raises(UsageError, match="there is no Selective Search to propose windows"):
        detector.detect_selective_search([file])
    search = ModuleType("selective_search_ijcv_with_python")
    search.get_windows = lambda names, cmd: [[(4, 6, 8, 10)] for _ in names]  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, search.__name__, search)
    (found,) = detector.detect_selective_search([file])
    assert found["window"] == (4, 6, 8, 10)
