"""Accuracy of segmentations."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import DataError, ShapeError
from netcc.layers.base import Layer
from netcc.testing import make_layer, run_layer
from netcc.types import Array

LABELS = np.array([[0, 0, 0, 1, 1, 2]])
PREDICTED = np.array([[0, 0, 1, 1, 0, 2]])


def scores(predicted: Array, classes: int = 4) -> Array:
    return (np.arange(classes)[None, :, None] == predicted[:, None, :]).astype(float)


def layer_of(fields: str = "") -> Layer:
    return make_layer("SegAccuracy", f"seg_accuracy_param {{ {fields} }}", bottoms=2)


def test_pixels_classes_and_overlap() -> None:
    top = run_layer(layer_of(), [scores(PREDICTED), LABELS]).tops[0]
    assert top.shape == (1, 1, 1, 3)
    overlap = (2 / 4 + 1 / 3 + 1 + 1) / 4  # class 3 neither occurs nor is predicted
    np.testing.assert_allclose(top[0, 0, 0], [4 / 6, (2 / 3 + 1 / 2 + 1) / 3, overlap])


def test_several_ignored_labels_may_be_no_classes() -> None:
    labels = np.array([[0, 0, 255, 1, -1, 2]])
    top = run_layer(layer_of("ignore_label: 255 ignore_label: -1"), [scores(PREDICTED), labels]).tops[0]
    np.testing.assert_array_equal(top[0, 0, 0], [1, 1, 1])


def test_of_equal_scores_the_last_class_wins() -> None:
    top = run_layer(layer_of(), [np.zeros((1, 3, 4)), np.array([[2, 2, 0, 1]])]).tops[0]
    assert top[0, 0, 0, 0] == 0.5


def test_nothing_counts() -> None:
    top = run_layer(layer_of("ignore_label: 1"), [scores(PREDICTED), np.ones((1, 6))]).tops[0]
    np.testing.assert_array_equal(top[0, 0, 0], [0, 0, 1])


@pytest.mark.parametrize(("reset", "expected"), [("true", 1.0), ("false", 10 / 12)])
def test_counts_add_up_without_reset(reset: str, expected: float) -> None:
    layer = layer_of(f"reset: {reset}")
    result = run_layer(layer, [scores(PREDICTED), LABELS])
    result.operands.bottoms[0][...] = scores(LABELS)
    layer.forward(result.operands)
    assert result.tops[0][0, 0, 0, 0] == pytest.approx(expected)


def test_label_that_is_no_class() -> None:
    with pytest.raises(DataError) as caught:
        run_layer(layer_of("ignore_label: 255"), [scores(PREDICTED), np.array([[0, 255, 0, 1, 4, 2]])])
    assert caught.value.message == "label 4 at (0, 4) is outside the 4 classes (0 to 3)"


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(4,), (4,)], "SegAccuracy needs scores of N x C x H x W, not 4"),
        (
            [(2, 3, 4, 5), (2, 1, 4, 4)],
            "2 x 3 x 4 x 5 scores with classes on axis 1 need 40 labels, not 2 x 1 x 4 x 4",
        ),
    ],
)
def test_bottoms_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer_of().infer(shapes, 1)
    assert caught.value.message == message
