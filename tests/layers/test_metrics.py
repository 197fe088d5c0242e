"""Accuracy: ranks, ties, labels that do not count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netcc.errors import DataError, LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array


def accuracy(scores: object, labels: object, fields: str = "", tops: int = 1) -> tuple[Array, ...]:
    layer = make_layer("Accuracy", f"accuracy_param {{ {fields} }}", bottoms=2, tops=tops)
    return run_layer(layer, [np.array(scores), np.array(labels)], tops=tops).tops


def test_share_of_right_places() -> None:
    (share,) = accuracy([[1, 2, 3], [3, 2, 1], [1, 3, 2]], [2, 0, 0])
    assert share == pytest.approx(2 / 3)


def test_ties_go_against_the_label() -> None:
    assert accuracy(np.zeros((4, 3)), [0, 1, 2, 0])[0] == 0
    assert accuracy(np.zeros((4, 3)), [0, 1, 2, 0], "top_k: 2")[0] == 0
    assert accuracy(np.zeros((4, 3)), [0, 1, 2, 0], "top_k: 3")[0] == 1


def test_nan_scores_count_as_right() -> None:
    assert accuracy(np.full((2, 3), np.nan), [0, 2])[0] == 1
    assert accuracy([[np.nan, 5.0, 1.0]], [1])[0] == 1


@given(arrays.arrays(np.float64, (5, 4), elements=st.integers(-2, 2)), st.integers(1, 4))
@settings(deadline=None)
def test_rank_counts_scores_at_least_as_large(scores: Array, top_k: int) -> None:
    labels = np.array([0, 1, 2, 3, 0])
    right = sum(sum(score >= row[label] for score in row) <= top_k for row, label in zip(scores, labels, strict=True))
    assert accuracy(scores, labels, f"top_k: {top_k}")[0] == pytest.approx(right / 5)


def test_ignored_labels_do_not_count() -> None:
    scores = [[1, 0], [1, 0], [1, 0]]
    assert accuracy(scores, [0, 1, 1], "ignore_label: 1")[0] == 1
    assert accuracy(scores, [1, 1, 1], "ignore_label: 1")[0] == 0
    assert accuracy(scores, [0, 255, 1], "ignore_label: 255")[0] == 0.5


def test_share_of_each_class() -> None:
    scores = [[2, 1, 0, 0], [1, 2, 0, 0], [2, 1, 0, 0], [0, 0, 2, 0]]
    share, by_class = accuracy(scores, [0, 0, 1, 2], tops=2)
    assert share == 0.5
    np.testing.assert_array_equal(by_class, [0.5, 0, 1, 0])


def test_axis_and_places() -> None:
    scores = np.zeros((2, 3, 2))
    scores[0, 1, 0] = scores[0, 2, 1] = scores[1, 0, 0] = scores[1, 0, 1] = 1
    assert accuracy(scores, [[1, 2], [0, 0]])[0] == 1
    assert accuracy(scores.transpose(0, 2, 1), [[1, 2], [0, 1]], "axis: -1")[0] == 0.75


def test_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Accuracy", "accuracy_param { top_k: 0 }", bottoms=2)
    assert caught.value.message == "top_k must be at least 1"
    with pytest.raises(ShapeError) as shape:
        make_layer("Accuracy", "accuracy_param { top_k: 5 }", bottoms=2).infer([(3, 4), (3,)], 1)
    assert shape.value.message == "top_k 5 is more than the 4 classes"
    with pytest.raises(DataError) as label:
        accuracy([[1, 2]], [2])
    assert label.value.message == "label 2 at (0,) is outside the 2 classes (0 to 1)"
