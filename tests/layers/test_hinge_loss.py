"""Hinge loss."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import DataError, ShapeError
from netcc.testing import make_layer, run_layer

X = [[2.0, 0.5, -3.0], [0.25, -0.5, 1.0]]
LABELS = [0, 0]
# Missing margins: 0, 1.5, 0 and 0.75, 0.5, 2.


def test_the_label_is_to_be_above_1_and_all_others_below_minus_1() -> None:
    assert run_layer(make_layer("HingeLoss", bottoms=2), [X, LABELS]).tops[0] == (1.5 + 0.75 + 0.5 + 2) / 2


def test_squares_have_no_half() -> None:
    layer = make_layer("HingeLoss", "hinge_loss_param { norm: L2 }", bottoms=2)
    result = run_layer(layer, [X, LABELS], top_diffs=[1.0])
    assert result.tops[0] == (1.5**2 + 0.75**2 + 0.5**2 + 2**2) / 2
    np.testing.assert_array_equal(result.bottom_diffs[0], [[0, 1.5, 0], [-0.75, 0.5, 2]])


def test_gradient_is_the_side_of_the_margin() -> None:
    result = run_layer(make_layer("HingeLoss", bottoms=2), [X, LABELS], top_diffs=[3.0])
    np.testing.assert_array_equal(result.bottom_diffs[0], [[0, 1.5, 0], [-1.5, 1.5, 1.5]])


def test_no_gradient_on_the_margin() -> None:
    result = run_layer(make_layer("HingeLoss", bottoms=2), [[[1.0, -1.0]], [0]], top_diffs=[1.0])
    np.testing.assert_array_equal(np.abs(result.bottom_diffs[0]), [[0, 0]])


def test_one_label_for_each_item() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("HingeLoss", bottoms=2).infer([(2, 3), (2, 2)], 1)
    assert caught.value.message == "2 items need 2 labels, one for each, not 2 x 2"


def test_label_that_is_no_class() -> None:
    with pytest.raises(DataError) as caught:
        run_layer(make_layer("HingeLoss", bottoms=2), [X, [0, 3]])
    assert caught.value.message == "label 3 at (1,) is outside the 3 classes (0 to 2)"
