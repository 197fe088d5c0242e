"""(x - mean) * scale, crop and mirror against a plain loop over pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.transform import Transformer
from netcc.errors import LayerError
from netcc.schema import caffe_pb2
from netcc.types import TEST, TRAIN, Array, Phase


def transformer(phase: Phase = TEST, **fields: object) -> Transformer:
    return Transformer.from_message(caffe_pb2.TransformationParameter(**fields), phase)


def images(count: int, channels: int = 2, height: int = 4, width: int = 5) -> list[Array]:
    """Every pixel of every image has a value of its own."""
    values = np.arange(count * channels * height * width, dtype=np.float32)
    return list(values.reshape(count, channels, height, width))


def applied(made: Transformer, rows: list[Array], seed: int = 0) -> Array:
    batch = np.full((len(rows), *made.shape(rows[0].shape)), np.nan, np.float32)
    made.apply(rows, batch, np.random.default_rng(seed))
    return batch


@given(
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 6),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from(["none", "one", "each"]),
)
def test_without_chance(channels: int, height: int, width: int, crop: int, scale: float, mean: str) -> None:
    crop = min(crop, height, width)
    means = {"none": [], "one": [7.25], "each": [7.25, 1.0, -2.0][:channels]}[mean]
    image = np.random.default_rng(1).integers(0, 256, (channels, height, width), dtype=np.uint8)
    made = transformer(TEST, crop_size=crop, scale=scale, mean_value=means)
    (result,) = applied(made, [image])
    rows, columns = (crop, crop) if crop else (height, width)
    assert result.shape == (channels, rows, columns)
    for c in range(channels):
        for h in range(rows):
            for w in range(columns):
                pixel = image[c, h + (height - rows) // 2, w + (width - columns) // 2]
                offset = means[c if mean == "each" else 0] if means else 0
                assert result[c, h, w] == (np.float32(pixel) - np.float32(offset)) * np.float32(scale)


def test_a_crop_in_training_lies_anywhere() -> None:
    rows = images(1) * 400
    corners = {
        (int(row[0, 0, 0]) // 5, int(row[0, 0, 0]) % 5) for row in applied(transformer(TRAIN, crop_size=3), rows)
    }
    assert corners == {(top, left) for top in (0, 1) for left in (0, 1, 2)}


def test_a_crop_in_testing_is_the_centre() -> None:
    assert set(applied(transformer(TEST, crop_size=3), images(1) * 50)[:, 0, 0, 0].tolist()) == {1.0}


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_mirrors_are_random_in_both_phases(phase: Phase) -> None:
    (image,) = images(1)
    batch = applied(transformer(phase, mirror=True), [image] * 200)
    mirrored = [bool((row == image[:, :, ::-1]).all()) for row in batch]
    plain = [bool((row == image).all()) for row in batch]
    assert sum(mirrored) + sum(plain) == 200
    assert 60 < sum(mirrored) < 140


def test_crops_and_mirrors_are_independent() -> None:
    made = transformer(TRAIN, crop_size=4, mirror=True)
    first_rows = {tuple(row[0, 0].tolist()) for row in applied(made, images(1) * 200)}
    assert first_rows == {(0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 3, 4), (4, 3, 2, 1)}


def test_the_mean_image_stays_with_its_pixels(tmp_path: Path) -> None:
    """Cropped and mirrored, an image minus itself is still zero everywhere."""
    (image,) = images(1)
    blob = caffe_pb2.BlobProto(num=1, channels=2, height=4, width=5, data=image.ravel().tolist())
    (tmp_path / "mean").write_bytes(blob.SerializeToString())
    made = transformer(TRAIN, crop_size=3, mirror=True, mean_file=str(tmp_path / "mean"), scale=2)
    assert not applied(made, [image] * 50).any()
    assert applied(made, [image + 1] * 50).tolist() == np.full((50, 2, 3, 3), 2).tolist()


def test_one_generator_state_one_batch() -> None:
    made = transformer(TRAIN, crop_size=3, mirror=True)
    rows = images(20)
    np.testing.assert_array_equal(applied(made, rows, seed=3), applied(made, rows, seed=3))
    assert (applied(made, rows, seed=3) != applied(made, rows, seed=4)).any()


def test_nothing_is_drawn_without_need() -> None:
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    made = transformer(TEST, crop_size=3)
    made.apply(images(2), np.empty((2, 2, 3, 3), np.float32), random)
    assert random.bit_generator.state == before


def test_the_images_are_left_alone() -> None:
    rows = images(2)
    applied(transformer(TEST, scale=2, mean_value=[3]), rows)
    np.testing.assert_array_equal(rows, images(2))


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ({"mean_file": "m", "mean_value": [1]}, "mean_file and mean_value exclude each other", "mean_value"),
        ({"force_color": True, "force_gray": True}, "force_color and force_gray exclude each other", "force_gray"),
    ],
)
def test_contradictions(fields: dict, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        transformer(**fields)
    assert caught.value.message == message
    assert caught.value.field == ("transform_param", field)
