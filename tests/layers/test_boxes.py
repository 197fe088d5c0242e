"""Box arithmetic: overlaps, suppression, codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.errors import DataError
from netcc.layers.boxes import BoxCode, Suppression, areas, best_first, overlaps
from netcc.schema import caffe_pb2
from netcc.types import Array

CODES = caffe_pb2.PriorBoxParameter.CodeType.values()
UNIT = np.array([0.0, 0.0, 1.0, 1.0])


def boxes(number: int, seed: int) -> Array:
    random = np.random.default_rng(seed)
    near = random.uniform(0, 1, (number, 2))
    return np.concatenate([near, near + random.uniform(0.1, 0.6, (number, 2))], axis=1)


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ([0, 0, 1, 1], 1),
        ([0.5, 0, 1, 1], 0.5),
        ([0.5, 0.5, 1.5, 1.5], 0.25 / 1.75),
        ([1, 0, 2, 1], 0),
        ([2, 2, 3, 3], 0),
        ([0.8, 0.8, 0.2, 0.2], 0),
    ],
)
def test_overlap_with_the_unit_square(other: list[float], shared: float) -> None:
    assert overlaps(UNIT, np.array(other)) == pytest.approx(shared)
    assert overlaps(np.array(other), UNIT) == pytest.approx(shared)


def test_boxes_of_whole_pixels_hold_their_far_corner() -> None:
    one, two = np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 1.0, 2.0, 2.0])
    assert areas(one, extent=1) == 4
    assert overlaps(one, two, extent=1) == pytest.approx(1 / 7)


def test_area_of_a_box_turned_inside_out_is_0() -> None:
    np.testing.assert_array_equal(areas(np.array([[0.0, 0, 2, 3], [2, 0, 0, 3], [2, 3, 0, 0]])), [6, 0, 0])


def test_equal_scores_keep_their_order() -> None:
    np.testing.assert_array_equal(best_first(np.array([1.0, 3, 1, 3, 2])), [1, 3, 4, 0, 2])
    np.testing.assert_array_equal(best_first(np.array([1.0, 3, 1, 3, 2]), 3), [1, 3, 4])


@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.floats(0.05, 0.95))
def test_suppression_keeps_the_best_of_those_that_overlap(seed: int, number: int, threshold: float) -> None:
    candidates = boxes(number, seed)
    shared = overlaps(candidates[:, None], candidates)
    kept = Suppression(threshold).keep(candidates)
    for index in range(number):
        better = kept[kept < index]
        assert (index in kept) == (not (shared[index, better] > threshold).any())


def test_from_the_threshold_on_if_inclusive() -> None:
    pair = np.array([[0.0, 0, 1, 1], [0.5, 0, 1, 1]])  # overlap 0.5
    assert len(Suppression(0.5).keep(pair)) == 2
    assert len(Suppression(0.5, inclusive=True).keep(pair)) == 1


def test_eta_shrinks_the_threshold_after_each_box_kept_while_it_is_above_one_half() -> None:
    # Overlaps with the first box: 0 (far away), 0.6, 0.5.
    candidates = np.array([[0.0, 0, 1, 1], [5, 5, 6, 6], [0, 0, 0.6, 1], [0, 0, 1, 0.5]])
    assert Suppression(0.65).keep(candidates).tolist() == [0, 1, 2, 3]
    # 0.65 -> 0.585 after the first box, 0.5265 after the second: the third goes, the fourth stays.
    assert Suppression(0.65, eta=0.9).keep(candidates).tolist() == [0, 1, 3]
    # 0.65 -> 0.325, which is not above one half and shrinks no more.
    assert Suppression(0.65, eta=0.5).keep(candidates).tolist() == [0, 1]


def test_at_most_so_many_are_kept() -> None:
    apart = np.arange(5.0)[:, None] * 2 + np.array([0.0, 0, 1, 1])
    assert Suppression(0.5).keep(apart, 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("variance_in_target", [False, True])
@pytest.mark.parametrize("kind", CODES)
def test_decode_undoes_encode(kind: int, variance_in_target: bool) -> None:
    code = BoxCode(kind, variance_in_target)
    truths, priors = boxes(7, 1), boxes(7, 2)
    variances = np.random.default_rng(3).uniform(0.1, 0.5, (7, 4))
    numbers = code.encode(truths, priors, variances)
    np.testing.assert_allclose(code.decode(numbers, priors, variances), truths, rtol=1e-12)
    assert np.allclose(numbers, BoxCode(kind, not variance_in_target).encode(truths, priors, variances)) is False


def test_centre_size_code() -> None:
    prior, variance = np.array([0.2, 0.2, 0.6, 0.4]), np.array([0.1, 0.1, 0.2, 0.2])
    code = BoxCode(caffe_pb2.PriorBoxParameter.CENTER_SIZE, False)
    decoded = code.decode(np.array([1, -2, 0, np.log(2) / 0.2]), prior, variance)
    np.testing.assert_allclose(decoded, [0.24, 0.26 - 0.2, 0.64, 0.26 + 0.2], rtol=1e-12)


def test_box_without_sides() -> None:
    flat = np.array([[0.1, 0.2, 0.4, 0.2]])
    with pytest.raises(DataError) as caught:
        BoxCode(caffe_pb2.PriorBoxParameter.CENTER_SIZE, False).encode(flat, UNIT[None], np.ones((1, 4)))
    expected = "code_type CENTER_SIZE needs boxes with positive sides, not (0.1, 0.2, 0.4, 0.2)"
    assert caught.value.message == expected
    with pytest.raises(DataError) as caught:
        BoxCode(caffe_pb2.PriorBoxParameter.CORNER_SIZE, False).decode(UNIT[None], flat, np.ones((1, 4)))
    assert caught.value.message == expected.replace("CENTER_SIZE", "CORNER_SIZE")
