"""Losses on Euclidean distances."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import ShapeError
from netcc.testing import make_layer, run_layer

A = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
B = np.array([[3.0, 4.0], [1.0, 2.0], [0.0, 1.5]])
DISTANCES = np.array([5.0, 1.0, 0.5])


def test_euclidean_halves_the_squares_and_divides_by_the_items_alone() -> None:
    a, b = np.zeros((2, 3, 4)), np.full((2, 12), 2.0)
    result = run_layer(make_layer("EuclideanLoss", bottoms=2), [a, b], top_diffs=[3.0])
    assert result.tops[0] == 24 * 4 / (2 * 2)
    np.testing.assert_array_equal(result.bottom_diffs[0], np.full((2, 3, 4), -2.0 * 3 / 2))
    np.testing.assert_array_equal(result.bottom_diffs[1], np.full((2, 12), 2.0 * 3 / 2))


def test_both_bottoms_of_euclidean_get_a_gradient() -> None:
    layer = make_layer("EuclideanLoss", bottoms=2)
    assert layer.gradient_allowed(0)
    assert layer.gradient_allowed(1)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 4), (3, 5)], "3 x 4 and 3 x 5 cannot be compared: 12 and 15 numbers"),
        (
            [(3, 4), (4, 3)],
            "the bottoms of a loss hold the same number of items on their first axis, not 3 x 4 and 4 x 3",
        ),
        ([(), ()], "the bottoms of a loss hold the same number of items on their first axis, not scalar and scalar"),
    ],
)
def test_bottoms_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("EuclideanLoss", bottoms=2).infer(shapes, 1)
    assert caught.value.message == message


def contrastive(marks: list[float], fields: str = "") -> float:
    layer = make_layer("ContrastiveLoss", f"contrastive_loss_param {{ {fields} }}", bottoms=3)
    return float(run_layer(layer, [A, B, marks]).tops[0])


def test_alike_pairs_cost_their_squared_distance() -> None:
    assert contrastive([1, 1, 1]) == pytest.approx((25 + 1 + 0.25) / 6)


def test_unlike_pairs_cost_what_they_lack_of_the_margin_squared() -> None:
    assert contrastive([0, 0, 0]) == pytest.approx(0.25 / 6)
    assert contrastive([0, 0, 0], "margin: 2") == pytest.approx((1 + 1.5**2) / 6)


def test_legacy_unlike_pairs_cost_what_the_square_lacks_of_the_margin() -> None:
    assert contrastive([0, 0, 0], "margin: 2 legacy_version: true") == pytest.approx((1 + 1.75) / 6)


def test_the_integer_part_of_the_mark_counts() -> None:
    assert contrastive([0.9, -0.9, 0.1]) == contrastive([0, 0, 0])
    assert contrastive([2, -1, 1.5]) == contrastive([1, 1, 1])


def test_gradient_of_unlike_pairs_divides_by_a_little_more_than_the_distance() -> None:
    layer = make_layer("ContrastiveLoss", "contrastive_loss_param { margin: 2 }", bottoms=3)
    result = run_layer(layer, [A, B, [0, 0, 1]], top_diffs=[1.0])
    push = (A - B) * np.array([[0], [-1 / (1 + 1e-4)], [1]]) / 3
    np.testing.assert_allclose(result.bottom_diffs[0], push, rtol=1e-12)
    np.testing.assert_allclose(result.bottom_diffs[1], -push, rtol=1e-12)


def test_unlike_pairs_in_one_place_have_no_gradient_but_a_loss() -> None:
    layer = make_layer("ContrastiveLoss", bottoms=3)
    result = run_layer(layer, [A, A, [0, 0, 0]], top_diffs=[1.0])
    assert result.tops[0] == 0.5
    np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros((3, 2)))


def test_marks_get_no_gradient() -> None:
    layer = make_layer("ContrastiveLoss", bottoms=3)
    assert [layer.gradient_allowed(bottom) for bottom in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            [(3, 4, 2), (3, 4, 2), (3,)],
            "a distance needs one vector for each item (N x C or N x C x 1 x 1), not 3 x 4 x 2",
        ),
        ([(3, 4), (3, 2), (3,)], "3 x 4 and 3 x 2 cannot be compared: 12 and 6 numbers"),
        ([(3, 4), (3, 4), (3, 2)], "3 items need 3 marks of alike or not, one for each, not 3 x 2"),
    ],
)
def test_pairs_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("ContrastiveLoss", bottoms=3).infer(shapes, 1)
    assert caught.value.message == message


def test_triplets_cost_what_the_unlike_lacks_of_the_margin_beyond_the_like() -> None:
    anchor, alike, unlike = [[0.0], [0.0], [0.0]], [[1.0], [1.0], [3.0]], [[2.0], [1.5], [0.0]]
    layer = make_layer("TripletLoss", "triplet_loss_param { margin: 2 }", bottoms=3)
    result = run_layer(layer, [anchor, alike, unlike], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx((0 + (2 + 1 - 2.25) + (2 + 9)) / 6)
    np.testing.assert_allclose(result.bottom_diffs[0], np.array([[0], [0.5], [-3]]) / 3)
    np.testing.assert_allclose(result.bottom_diffs[1], np.array([[0], [1], [3]]) / 3)
    np.testing.assert_allclose(result.bottom_diffs[2], np.array([[0], [-1.5], [0]]) / 3)


def test_weights_of_triplets_are_not_read() -> None:
    layer = make_layer("TripletLoss", bottoms=4)
    weighted = run_layer(layer, [A, B, 2 * B, [7.0, 8.0, 9.0]], top_diffs=[1.0])
    assert weighted.tops[0] == run_layer(make_layer("TripletLoss", bottoms=3), [A, B, 2 * B]).tops[0]
    assert weighted.bottom_diffs[3] is None
