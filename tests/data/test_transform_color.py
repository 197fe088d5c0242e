"""Distortions of colour: their limits, their probabilities, and hues against the standard library."""

from __future__ import annotations

import colorsys
import sys
from typing import Any

import numpy as np
import pytest

from netcc.data.transform_color import EIGENVALUES, EIGENVECTORS, Distortion, PrincipalJitter
from netcc.data.transform_steps import WHOLE
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 6, 7), dtype=np.uint8)


def distorted(seed: int = 0, image: Array = IMAGE, **fields: Any) -> Array:
    step = Distortion(caffe_pb2.DistortionParameter(**fields))
    result, window = step.apply(image, np.random.default_rng(seed))
    assert window == WHOLE
    return result


def test_nothing_without_probabilities() -> None:
    fields = {"brightness_delta": 32, "contrast_upper": 2, "hue_delta": 18, "saturation_upper": 2}
    np.testing.assert_array_equal(distorted(**fields), IMAGE)


def test_the_image_is_left_alone() -> None:
    before = IMAGE.copy()
    PrincipalJitter(0.1).apply(IMAGE, np.random.default_rng(0))
    for seed in range(5):
        distorted(seed, brightness_prob=1, brightness_delta=50, random_order_prob=1, hue_prob=1, hue_delta=90)
    np.testing.assert_array_equal(IMAGE, before)


def test_brightness_adds() -> None:
    grey = np.full((3, 2, 2), 100, np.uint8)
    shifts = [int(distorted(seed, grey, brightness_prob=1, brightness_delta=32)[0, 0, 0]) - 100 for seed in range(80)]
    assert -32 <= min(shifts) < -20
    assert 20 < max(shifts) <= 32
    bright = distorted(3, np.full((3, 2, 2), 250, np.uint8), brightness_prob=1, brightness_delta=200)
    assert bright.dtype == np.uint8
    assert bright.max() in range(256)


def test_probability() -> None:
    changed = [not (distorted(seed, brightness_prob=0.3, brightness_delta=60) == IMAGE).all() for seed in range(300)]
    assert 50 < sum(changed) < 130


def test_contrast_multiplies() -> None:
    grey = np.full((3, 2, 2), 100, np.uint8)
    values = {int(distorted(s, grey, contrast_prob=1, contrast_lower=0.5, contrast_upper=1.5).max()) for s in range(80)}
    assert 50 <= min(values) < 60
    assert 140 < max(values) <= 150


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.5, 4.0])
def test_saturation(factor: float) -> None:
    result = distorted(image=IMAGE, saturation_prob=1, saturation_lower=factor, saturation_upper=factor)
    for column in range(7):
        before, after = IMAGE[::-1, 2, column] / 255, result[::-1, 2, column] / 255
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        expected = colorsys.hsv_to_rgb(hue, min(1, saturation * factor), value)
        # Hues count in steps of two degrees, saturations in bytes.
        np.testing.assert_allclose(after, expected, atol=(3 + factor) / 255)


def hue_of(image: Array) -> float:
    """Of the first pixel, in OpenCV's half degrees."""
    return colorsys.rgb_to_hsv(*(image[::-1, 0, 0] / 255))[0] * 180


def test_hues() -> None:
    """They turn by at most `hue_delta`, and stop at red below."""
    green, orange = (np.array(colour, np.uint8).reshape(3, 1, 1) for colour in ((0, 255, 0), (0, 85, 255)))
    assert round(hue_of(orange)) == 10
    turned = [
        [hue_of(distorted(seed, image, hue_prob=1, hue_delta=30)) for seed in range(80)] for image in (green, orange)
    ]
    assert 29.5 <= min(turned[0]) < 35
    assert 85 < max(turned[0]) <= 90.5
    assert 15 < turned[1].count(0) < 40
    assert 35 < max(turned[1]) <= 40.5


def test_greys_have_no_hue() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 16, 16), 3, axis=0)
    np.testing.assert_array_equal(distorted(image=grey, hue_prob=1, hue_delta=30), grey)


def test_the_same_without_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {f"{name}_prob": 0.8 for name in ("brightness", "contrast", "saturation", "hue", "random_order")}
    limits = {"brightness_delta": 32, "contrast_lower": 0.5, "contrast_upper": 1.5, "hue_delta": 18}
    fields = {**everything, **limits, "saturation_lower": 0.5, "saturation_upper": 1.5}
    expected = [distorted(seed, **fields) for seed in range(10)]
    monkeypatch.setitem(sys.modules, "cv2", None)
    for seed, image in enumerate(expected):
        np.testing.assert_array_equal(distorted(seed, **fields), image)


def test_order_of_the_channels() -> None:
    orders = {
        tuple(distorted(seed, random_order_prob=1)[:, 0, 0].tolist()) == tuple(IMAGE[:, 0, 0].tolist())
        for seed in range(30)
    }
    assert orders == {True, False}
    assert sorted(distorted(1, random_order_prob=1)[:, 0, 0]) == sorted(IMAGE[:, 0, 0])


def test_principal_jitter() -> None:
    """The shift is one for all pixels, and its spread that of ImageNet's colours along each direction."""
    shifts = []
    for seed in range(4000):
        result, _ = PrincipalJitter(0.1).apply(IMAGE[:, :1, :2], np.random.default_rng(seed))
        difference = result - IMAGE[:, :1, :2]
        np.testing.assert_allclose(difference[:, 0, 0], difference[:, 0, 1], atol=1e-4)
        shifts.append(difference[::-1, 0, 0])
    along = np.array(shifts) @ EIGENVECTORS
    np.testing.assert_allclose(along.std(axis=0), 0.1 * EIGENVALUES, rtol=0.06)
    np.testing.assert_allclose(EIGENVECTORS.T @ EIGENVECTORS, np.eye(3), atol=2e-3)


@pytest.mark.parametrize(
    ("step", "field"),
    [(PrincipalJitter(0.1), "pca_jitter"), (Distortion(caffe_pb2.DistortionParameter()), "distort_param")],
)
def test_grey_images(step: Any, field: str) -> None:
    with pytest.raises(DataError) as caught:
        step.apply(IMAGE[:1], np.random.default_rng(0))
    assert caught.value.message == f"{field} needs three channels, the image has 1"
