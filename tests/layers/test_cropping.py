"""Crop, CropCenter and Padding: where a part begins, how wide a rim is."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

VOLUME = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)


def crop_shape(fields: str, whole: Shape, like: Shape) -> Shape:
    return make_layer("Crop", f"crop_param {{ {fields} }}", bottoms=2).infer([whole, like], 1).tops[0]


@pytest.mark.parametrize(
    ("fields", "like", "expected"),
    [
        ("", (1, 1, 2, 3), VOLUME[:, :, :2, :3]),
        ("offset: 1", (1, 1, 2, 3), VOLUME[:, :, 1:3, 1:4]),
        ("offset: 2 offset: 0", (1, 1, 2, 3), VOLUME[:, :, 2:, :3]),
        ("axis: 1 offset: 1 offset: 0 offset: 2", (1, 2, 4, 3), VOLUME[:, 1:, :, 2:]),
        ("axis: -1", (9, 9, 9, 2), VOLUME[..., :2]),
    ],
)
def test_crop_starts_at_the_offset(fields: str, like: Shape, expected: Array) -> None:
    layer = make_layer("Crop", f"crop_param {{ {fields} }}", bottoms=2)
    result = run_layer(layer, [VOLUME, np.zeros(like)], top_diffs=[np.ones(expected.shape)])
    np.testing.assert_array_equal(result.tops[0], expected)
    whole, reference = result.bottom_diffs
    np.testing.assert_array_equal(whole, np.isin(VOLUME, expected))
    np.testing.assert_array_equal(reference, np.zeros(like))


@pytest.mark.parametrize(
    ("fields", "like", "message"),
    [
        ("", (1, 1, 5, 4), "on axis 2 a part of 5 at offset 0 does not fit into 4"),
        ("offset: 1 offset: 3", (1, 1, 3, 3), "on axis 3 a part of 3 at offset 3 does not fit into 5"),
        (
            "axis: 1 offset: 0 offset: 0",
            (1, 1, 2, 2),
            "2 offsets for the 3 axes from axis 1 on: give one for each, one for all, or none",
        ),
        ("", (1, 2, 2), "bottom 1 (1 x 2 x 2) has fewer axes than bottom 0 (2 x 3 x 4 x 5)"),
        ("axis: 4", (1, 1, 1, 1), "axis 4 is outside a blob of 4 axes (allowed: -4 to 3)"),
    ],
)
def test_refused_crops(fields: str, like: Shape, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        crop_shape(fields, VOLUME.shape, like)
    assert caught.value.message == message


def test_crop_center_cuts_both_ends() -> None:
    layer = make_layer("CropCenter", "crop_center_param { crop_size: [0, 1, 1, 2] }")
    np.testing.assert_array_equal(run_layer(layer, [VOLUME]).tops[0], VOLUME[:, 1:2, 1:3, 2:3])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ("[0, 1]", "crop_size is given 2 times for a bottom of 4 axes"),
        ("[0, 0, 2, 0]", "cutting 0 x 0 x 2 x 0 from both ends of 2 x 3 x 4 x 5 leaves nothing"),
    ],
)
def test_refused_center_crops(sizes: str, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("CropCenter", f"crop_center_param {{ crop_size: {sizes} }}").infer([VOLUME.shape], 1)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("fields", "rims"),
    [
        ("pad_t: 1 pad_b: 2 pad_l: 3 pad_r: 4", ((1, 2), (3, 4))),
        ("pad: 2", ((2, 2), (2, 2))),
        ("pad_h: 1 pad_w: 3", ((1, 1), (3, 3))),
        ("pad_h_top: 1 pad_w_right: 2", ((1, 0), (0, 2))),
        ("pad_h: 1 pad_h_top: 7 pad_w_left: 2", ((1, 1), (2, 0))),
        ("pad_to_power_of_2: true", ((0, 0), (1, 2))),
        ("pad_w: 2 pad_t: 1 pad_to_power_of_2: true", ((1 + 1, 2), (2 + 3, 2 + 4))),
    ],
)
def test_padding_sides(fields: str, rims: tuple[tuple[int, int], tuple[int, int]]) -> None:
    layer = make_layer("Padding", f"padding_param {{ pad_value: 7 {fields} }}")
    expected = np.pad(VOLUME, ((0, 0), (0, 0), *rims), constant_values=7)
    np.testing.assert_array_equal(run_layer(layer, [VOLUME]).tops[0], expected)


def test_refused_padding() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Padding").infer([(3,)], 1)
    assert caught.value.message == "Padding needs a bottom with rows and columns, not 3"
