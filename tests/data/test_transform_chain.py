"""Which steps the fields of transform_param make, in which order, and fields that contradict each other."""

from __future__ import annotations

import re

import numpy as np
import pytest
from google.protobuf import text_format

from netcc.data.transform import Transformer
from netcc.data.transform_color import Distortion, PrincipalJitter
from netcc.data.transform_geometry import Expansion, RandomResizedCrop, Resizing, ShortSide
from netcc.data.transform_oversample import oversample
from netcc.errors import LayerError, NetccWarning, UsageError
from netcc.schema import caffe_pb2
from netcc.types import TEST, TRAIN, Array, Phase


def transformer(text: str, phase: Phase = TRAIN) -> Transformer:
    return Transformer.from_message(text_format.Parse(text, caffe_pb2.TransformationParameter()), phase)


SHARES = {4: 0.25, 5: 0.25, 6: 0.5}
RANDOM = np.random.default_rng(0)


def image(height: int = 6, width: int = 8) -> Array:
    return np.random.default_rng(3).integers(0, 256, (3, height, width), dtype=np.uint8)


def test_no_steps_without_fields() -> None:
    made, pixels = transformer("mirror: true crop_size: 3 scale: 2"), image()
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    assert made.prepare(pixels, random) is pixels
    assert random.bit_generator.state == before


def test_order() -> None:
    made = transformer(
        "resize_param { height: 4 width: 4 } expand_param { max_expand_ratio: 2 } pca_jitter: 0.1 min_side: 5 "
        "distort_param { } random_resize_param { min_size: 3 max_size: 4 } "
        "random_aspect_ratio_param { resize_param { height: 9 width: 9 } } mean_value: 104"
    )
    assert [type(step) for step in made.before] == [Distortion, PrincipalJitter, Expansion]
    assert [type(step) for step in made.sizing] == [RandomResizedCrop, ShortSide, ShortSide, Resizing]
    assert made.before[2] == Expansion(1, 2, (104,))
    assert made.sizing[1:3] == (ShortSide(3, 4), ShortSide(5, 5))


def test_one_of_several_resizings_is_for_a_whole_batch() -> None:
    sizes = "".join(f"resize_param {{ height: {side} width: {side} prob: {share} }}" for side, share in SHARES.items())
    made = transformer(sizes)
    assert len(made.sizing) == 1
    drawn = [made.for_batch(np.random.default_rng(seed)).prepare(image(), RANDOM).shape[1] for seed in range(300)]
    for side, share in SHARES.items():
        assert drawn.count(side) == pytest.approx(300 * share, abs=40)
    single = transformer("resize_param { height: 4 width: 4 prob: 0.5 }")
    assert single.for_batch(np.random.default_rng(0)) is single


def test_a_random_crop_is_resized_to_the_crop_if_nothing_is_said() -> None:
    (step,) = transformer("random_aspect_ratio_param { } crop_size: 224").sizing
    assert step == RandomResizedCrop(224, 224, (0.5, 1), 1, 10)


def test_what_one_image_draws_does_not_move_the_next() -> None:
    made = transformer("random_aspect_ratio_param { resize_param { height: 4 width: 4 } max_attempt: 50 }")
    results = []
    for first in (image(), image(30, 2)):
        random = np.random.default_rng(5)
        made.prepare(first, random)
        results.append(made.prepare(image(), random))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("fields", ["crop_h: 3 crop_w: 5", "crop_height: 3 crop_width: 5"])
def test_crops_that_are_no_squares(fields: str) -> None:
    pixels = image()
    made = transformer(fields, TEST)
    assert made.shape(pixels.shape) == (3, 3, 5)
    batch = np.empty((1, 3, 3, 5), np.float32)
    assert made.apply([pixels], batch, np.random.default_rng(0)) == [(0, 1, 1)]
    np.testing.assert_array_equal(batch[0], pixels[:, 1:4, 1:6])
    corners = {
        choice[1:]
        for seed in range(60)
        for choice in transformer(fields).apply([pixels], batch, np.random.default_rng(seed))
    }
    assert corners == {(row, column) for row in range(4) for column in range(4)}


def test_a_crop_that_is_larger() -> None:
    with pytest.raises(Exception, match=re.escape("the crop of 7 x 5 is larger than the image (3 x 6 x 8)")):
        transformer("crop_h: 7 crop_w: 5").shape((3, 6, 8))


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        ("crop_h: 3", "give crop_size alone, or both crop_h and crop_w", "crop_h"),
        ("crop_size: 2 crop_h: 3 crop_w: 3", "give crop_size alone, or both crop_h and crop_w", "crop_h"),
        ("resize_param { height: 3 }", "resize_param needs height and width", "resize_param"),
        (
            "resize_param { height: 3 width: 3 prob: 0.5 } resize_param { height: 4 width: 4 prob: 0.4 }",
            "the prob of all resize_param must make 1 together, not 0.9",
            "resize_param",
        ),
        ("expand_param { prob: 0.5 }", "expand_param needs max_expand_ratio > 1", "expand_param"),
        (
            "distort_param { contrast_prob: 1 contrast_lower: 2 contrast_upper: 1 }",
            "distort_param needs 0 <= contrast_lower <= contrast_upper",
            "distort_param",
        ),
        (
            "distort_param { saturation_prob: 1 saturation_lower: -1 }",
            "distort_param needs 0 <= saturation_lower <= saturation_upper",
            "distort_param",
        ),
        ("distort_param { hue_prob: 1 hue_delta: -1 }", "distort_param needs hue_delta >= 0", "distort_param"),
        (
            "random_resize_param { min_size: 3 max_size: 2 }",
            "random_resize_param needs 0 < min_size <= max_size",
            "random_resize_param",
        ),
        (
            "random_aspect_ratio_param { }",
            "random_aspect_ratio_param needs resize_param { height, width }, or crop_size",
            "random_aspect_ratio_param",
        ),
        (
            "crop_size: 3 random_aspect_ratio_param { max_area_ratio: 2 }",
            "random_aspect_ratio_param needs 0 < min_area_ratio <= max_area_ratio <= 1 and aspect_ratio_change >= 1",
            "random_aspect_ratio_param",
        ),
    ],
)
def test_fields_that_make_no_sense(text: str, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        transformer(text)
    assert caught.value.message == message
    assert caught.value.field == ("transform_param", field)


def test_fields_that_netcc_does_not_act_on() -> None:
    with pytest.warns(NetccWarning) as told:
        transformer("smooth_filtering: true display: true")
    assert [str(warning.message) for warning in told] == [
        "warning: transform_param: netcc does not act on smooth_filtering, which a fork of Caffe has"
    ]


def test_ten_crops() -> None:
    first, second = image(), image(5, 5)
    crops = oversample([first, second], 4, 4)
    assert crops.shape == (20, 3, 4, 4)
    assert crops.dtype == np.float32
    corners = [(0, 0), (0, 4), (2, 0), (2, 4), (1, 2)]
    for index, (row, column) in enumerate(corners):
        expected = first[:, row : row + 4, column : column + 4]
        np.testing.assert_array_equal(crops[index], expected)
        np.testing.assert_array_equal(crops[5 + index], expected[:, :, ::-1])
    np.testing.assert_array_equal(crops[14], second[:, :4, :4])
    with pytest.raises(UsageError) as caught:
        oversample([first], 7, 4)
    assert caught.value.message == "an image of 3 x 6 x 8 has no crop of 7 x 4"
