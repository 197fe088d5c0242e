"""Choosing hard examples."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array

IMAGES = [0, 1, 0, 0, 1, 0]
LOSSES = [0.5, 9.0, 2.0, 0.1, 8.0, 2.0]
LABELS = [1, 2, 3, 4, 5, 6]


def choose(kept: int, fields: str = "", losses: list[float] = LOSSES) -> tuple[Array, Array]:
    regions = np.zeros((6, 5))
    regions[:, 0] = IMAGES
    weights = np.arange(1, 13.0).reshape(6, 2)
    text = f"box_annotator_ohem_param {{ roi_per_img: {kept} {fields} }}"
    layer = make_layer("BoxAnnotatorOHEM", text, bottoms=4, tops=2)
    labels, boxes = run_layer(layer, [regions, losses, LABELS, weights], tops=2).tops
    np.testing.assert_array_equal(boxes[:, :, 0, 0], np.where(labels[:, 0, 0] > 0, weights, 0))
    return labels[:, 0, 0, 0], boxes


def test_highest_losses_of_each_image_are_kept() -> None:
    np.testing.assert_array_equal(choose(1)[0], [-1, 2, 3, -1, -1, -1])
    np.testing.assert_array_equal(choose(2)[0], [-1, 2, 3, -1, 5, 6])
    np.testing.assert_array_equal(choose(3, "ignore_label: -5")[0], [1, 2, 3, -5, 5, 6])


def test_of_equal_losses_the_first_are_kept() -> None:
    np.testing.assert_array_equal(choose(2, losses=[1.0] * 6)[0], [1, 2, 3, -1, 5, -1])


def test_every_place_of_a_map_of_regions_is_an_example() -> None:
    regions = np.zeros((2, 5, 1, 2))
    regions[1, 0] = 1
    losses, labels = np.array([[[[1, 2]]], [[[4, 3]]]]), np.array([[[[5, 6]]], [[[7, 8]]]])
    layer = make_layer("BoxAnnotatorOHEM", "box_annotator_ohem_param { roi_per_img: 1 }", bottoms=4, tops=2)
    tops = run_layer(layer, [regions, losses, labels, np.ones((2, 3, 1, 2))], tops=2).tops
    np.testing.assert_array_equal(tops[0], [[[[-1, 6]]], [[[7, -1]]]])
    np.testing.assert_array_equal(tops[1][:, 1], [[[0, 1]], [[1, 0]]])


def test_some_regions_are_kept() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("BoxAnnotatorOHEM", "box_annotator_ohem_param { roi_per_img: 0 }", bottoms=4, tops=2)
    assert caught.value.message == "BoxAnnotatorOHEM needs a positive roi_per_img"
    assert caught.value.field == ("box_annotator_ohem_param", "roi_per_img")


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(6, 4), (6,), (6,), (6, 8)], "regions are R x 5 or R x 5 x h x w, not 6 x 4"),
        ([(6, 5), (5,), (6,), (6, 8)], "6 x 5 regions need 6 losses, not 5"),
        ([(6, 5, 2, 2), (6, 1, 2, 2), (6,), (6, 8, 2, 2)], "6 x 5 x 2 x 2 regions need 24 labels, not 6"),
        ([(6, 5), (6,), (6,), (6, 8, 2, 2)], "box weights of 6 x 5 regions are 6 x B x 1 x 1, not 6 x 8 x 2 x 2"),
    ],
)
def test_bottoms_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    layer = make_layer("BoxAnnotatorOHEM", "box_annotator_ohem_param { roi_per_img: 1 }", bottoms=4, tops=2)
    with pytest.raises(ShapeError) as caught:
        layer.infer(shapes, 2)
    assert caught.value.message == message
