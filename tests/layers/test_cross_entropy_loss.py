"""Cross entropy of sigmoids with targets, and of probabilities with labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netcc.errors import DataError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array

TARGETS = np.array([[0.0, 1.0, 1.0], [2.0, 0.0, 1.0]])


def sigmoid_loss(x: object, targets: object, fields: str = "", dtype: type = np.float64) -> float:
    layer = make_layer("SigmoidCrossEntropyLoss", fields, bottoms=2)
    return float(run_layer(layer, [np.array(x), np.array(targets)], dtype=dtype).tops[0])


@given(
    arrays.arrays(np.float64, (2, 3), elements=st.floats(-15, 15)),
    arrays.arrays(np.float64, (2, 3), elements=st.floats(0, 1)),
)
def test_it_is_the_cross_entropy(x: Array, targets: Array) -> None:
    s = 1 / (1 + np.exp(-x))
    expected = -(targets * np.log(s) + (1 - targets) * np.log(1 - s)).sum() / 2
    assert sigmoid_loss(x, targets) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_large_scores_do_not_overflow() -> None:
    assert sigmoid_loss([[1000, -1000]], [[1, 0]], dtype=np.float32) == 0
    assert sigmoid_loss([[1000, -1000]], [[0, 1]], dtype=np.float32) == 2000


@pytest.mark.parametrize(
    ("fields", "divisor"),
    [
        ("", 2),
        ("normalize: true", 4),
        ("normalize: false", 2),
        ("normalization: VALID", 4),
        ("normalization: VALID normalize: false", 4),
        ("normalization: FULL", 6),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 8", 8),
    ],
)
def test_divisor_is_the_batch_size_unless_the_net_says_otherwise(fields: str, divisor: float) -> None:
    x = np.zeros((2, 3))
    loss = sigmoid_loss(x, TARGETS, f"loss_param {{ ignore_label: 0 {fields} }}")
    assert loss == pytest.approx((3 * np.log(2) + np.log(2)) / divisor)


def test_targets_are_ignored_by_their_integer_part() -> None:
    targets = [[0.0, 0.9, -0.9, 1.0]]
    layer = make_layer("SigmoidCrossEntropyLoss", "loss_param { ignore_label: 0 }", bottoms=2)
    result = run_layer(layer, [np.zeros((1, 4)), targets], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx(np.log(2))
    np.testing.assert_array_equal(result.bottom_diffs[0], [[0, 0, 0, -0.5]])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (2, 4)], "2 x 3 and 2 x 4 cannot be compared: 6 and 8 numbers"),
        (
            [(2, 3), (3, 2)],
            "the bottoms of a loss hold the same number of items on their first axis, not 2 x 3 and 3 x 2",
        ),
    ],
)
def test_bottoms_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SigmoidCrossEntropyLoss", bottoms=2).infer(shapes, 1)
    assert caught.value.message == message


def logistic(p: object, labels: object, dtype: type = np.float64) -> float:
    layer = make_layer("MultinomialLogisticLoss", bottoms=2)
    return float(run_layer(layer, [np.array(p), np.array(labels)], dtype=dtype).tops[0])


def test_the_bottom_holds_probabilities() -> None:
    assert logistic([[0.5, 0.25], [0.1, 1.0]], [1, 0]) == pytest.approx((np.log(4) + np.log(10)) / 2)


def test_probabilities_are_cut_at_1e_20_in_the_gradient_too() -> None:
    layer = make_layer("MultinomialLogisticLoss", bottoms=2)
    result = run_layer(layer, [[[0.0, 1.0]], [0]], top_diffs=[2.0], dtype=np.float32)
    assert result.tops[0] == pytest.approx(20 * np.log(10))
    np.testing.assert_allclose(result.bottom_diffs[0], [[-2e20, 0]], rtol=1e-6)


def test_gradient_is_that_of_the_logarithm() -> None:
    layer = make_layer("MultinomialLogisticLoss", bottoms=2)
    result = run_layer(layer, [[[0.5, 0.2], [0.3, 0.8]], [1, 0]], top_diffs=[1.0])
    np.testing.assert_allclose(result.bottom_diffs[0], [[0, -1 / 0.2 / 2], [-1 / 0.3 / 2, 0]])


def test_one_label_for_each_item() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("MultinomialLogisticLoss", bottoms=2).infer([(2, 3, 4), (2, 4)], 1)
    assert caught.value.message == "2 items need 2 labels, one for each, not 2 x 4"


def test_label_that_is_no_class() -> None:
    with pytest.raises(DataError) as caught:
        logistic([[0.5, 0.5]], [2])
    assert caught.value.message == "label 2 at (0,) is outside the 2 classes (0 to 1)"
