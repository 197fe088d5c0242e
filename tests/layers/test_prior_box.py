"""PriorBox: sizes, order and steps of boxes."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array


def priors(fields: str, cells: tuple[int, int] = (1, 1), image: tuple[int, int] = (100, 100)) -> tuple[Array, Array]:
    """Boxes in pixels of the image (P, 4) and variances (P, 4)."""
    layer = make_layer("PriorBox", f"prior_box_param {{ {fields} }}", bottoms=2)
    top = run_layer(layer, [np.zeros((1, 2, *cells)), np.zeros((1, 3, *image))]).tops[0]
    boxes, variances = top.reshape(2, -1, 4)
    return boxes * (image[1], image[0], image[1], image[0]), variances


def sides(boxes: Array) -> list[list[float]]:
    return np.round(boxes[:, 2:] - boxes[:, :2], 3).tolist()


def test_square_then_the_one_between_then_ratios_each_with_its_inverse() -> None:
    boxes, _ = priors("min_size: 16 max_size: 25 aspect_ratio: 4")
    assert sides(boxes) == [[16, 16], [20, 20], [32, 8], [8, 32]]


def test_ratios_that_are_there_already_are_left_out() -> None:
    assert len(priors("min_size: 16 aspect_ratio: 1 aspect_ratio: 2 aspect_ratio: 0.5 aspect_ratio: 2")[0]) == 3
    assert sides(priors("min_size: 16 aspect_ratio: 4 flip: false")[0]) == [[16, 16], [32, 8]]


def test_all_of_one_min_size_before_the_next() -> None:
    boxes, _ = priors("min_size: 4 min_size: 10 max_size: 9 max_size: 40")
    assert sides(boxes) == [[4, 4], [6, 6], [10, 10], [20, 20]]


def test_sizes_are_cut_to_whole_pixels() -> None:
    boxes, _ = priors("min_size: 4.9 max_size: 9.9")
    assert sides(boxes) == [[4, 4], [6, 6]]


def test_cells_run_along_rows_with_the_step_of_image_over_map() -> None:
    boxes, _ = priors("min_size: 2", cells=(2, 3), image=(20, 60))
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    np.testing.assert_allclose(centres, [[10, 5], [30, 5], [50, 5], [10, 15], [30, 15], [50, 15]], rtol=1e-6)


def test_own_step_offset_and_image_size() -> None:
    boxes, _ = priors("min_size: 2 step_h: 8 step_w: 4 offset: 0 img_h: 50 img_w: 25", cells=(2, 2))
    np.testing.assert_allclose(boxes[3], [4 * (4 - 1), 2 * (8 - 1), 4 * (4 + 1), 2 * (8 + 1)], rtol=1e-6)


def test_boxes_are_cut_at_the_border_if_asked_for() -> None:
    assert priors("min_size: 200")[0].tolist() == [[-50, -50, 150, 150]]
    assert priors("min_size: 200 clip: true")[0].tolist() == [[0, 0, 100, 100]]


def test_variances() -> None:
    for fields, expected in (
        ("", [0.1] * 4),
        ("variance: 0.5", [0.5] * 4),
        ("variance: 0.1 variance: 0.2 variance: 0.3 variance: 0.4", [0.1, 0.2, 0.3, 0.4]),
    ):
        np.testing.assert_allclose(priors(f"min_size: 4 aspect_ratio: 2 {fields}")[1], [expected] * 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ("", "PriorBox needs a min_size", ()),
        ("min_size: 0", "min_size must be positive", ("min_size",)),
        ("min_size: 4 max_size: 4", "max_size 4 is not above min_size 4", ("max_size",)),
        (
            "min_size: 4 min_size: 5 max_size: 9",
            "1 max_size for 2 min_size: give one for each, or none",
            ("max_size",),
        ),
        ("min_size: 4 aspect_ratio: 0", "aspect_ratio must be positive", ("aspect_ratio",)),
        ("min_size: 4 variance: 1 variance: 2", "variance takes 1 or 4 numbers, not 2", ("variance",)),
        ("min_size: 4 variance: -1", "variance must be positive", ("variance",)),
        ("min_size: 4 step: 2 step_h: 3", "step and step_h, step_w exclude each other", ("step",)),
        ("min_size: 4 step_h: 3", "step_w must be positive", ("step_w",)),
        ("min_size: 4 img_size: 0", "img_size must be positive", ("img_size",)),
        ("min_size: 4 img_size: 3 img_w: 3", "img_size and img_h, img_w exclude each other", ("img_size",)),
    ],
)
def test_refusals(fields: str, message: str, field: tuple[str, ...]) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("PriorBox", f"prior_box_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message
    assert caught.value.field == ("prior_box_param", *field)


def test_bottoms_without_planes() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("PriorBox", "prior_box_param { min_size: 4 }", bottoms=2).infer([(1, 2, 3, 4), (1, 3)], 1)
    assert caught.value.message == "PriorBox needs bottoms of 4 axes (N x C x H x W), not 1 x 3"
