"""Center loss: the way from features to centers, and of centers to features."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import DataError, LayerError
from netcc.testing import Result, make_layer, run_layer

X = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [5.0, 5.0]])
LABELS = [0, 0, 2, 0]
CENTERS = np.array([[1.0, 1.0], [9.0, 9.0], [0.0, 3.0]])
WAY = np.array([[0.0, 1.0], [2.0, -1.0], [0.0, -2.0], [4.0, 4.0]])


def run(fields: str = "", top_diff: float = 1.0) -> Result:
    layer = make_layer("CenterLoss", f"center_loss_param {{ num_output: 3 {fields} }}", bottoms=2)
    return run_layer(layer, [X, LABELS], [CENTERS], top_diffs=[top_diff])


def test_half_squared_distances() -> None:
    result = run(top_diff=3)
    assert result.tops[0] == pytest.approx((1 + 5 + 4 + 32) / 8)
    np.testing.assert_allclose(result.bottom_diffs[0], WAY * 3 / 4)
    assert result.bottom_diffs[1] is None


def test_absolute_distances() -> None:
    result = run('distance_type: "L1"')
    assert result.tops[0] == pytest.approx((1 + 3 + 2 + 8) / 4)
    np.testing.assert_allclose(result.bottom_diffs[0], np.sign(WAY) / 4)
    np.testing.assert_allclose(result.parameter_diffs[0], [[-2 / 4, -1 / 4], [0, 0], [0, 1 / 2]])


@pytest.mark.parametrize("top_diff", [1.0, 0.01])
def test_centers_are_drawn_whatever_the_loss_weight(top_diff: float) -> None:
    result = run(top_diff=top_diff)
    np.testing.assert_allclose(result.parameter_diffs[0], [[-6 / 4, -4 / 4], [0, 0], [0, 2 / 2]])


def test_centers_have_a_row_for_each_class_of_the_size_of_the_features() -> None:
    layer = make_layer("CenterLoss", "center_loss_param { num_output: 7 }", bottoms=2)
    assert [spec.shape for spec in layer.infer([(4, 3, 2), (4,)], 1).parameters] == [(7, 6)]


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ("", "CenterLoss needs num_output, the number of classes", "num_output"),
        ('num_output: 2 distance_type: "l2"', "distance_type is L1 or L2, not 'l2'", "distance_type"),
    ],
)
def test_fields_that_make_no_sense(fields: str, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("CenterLoss", f"center_loss_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message
    assert caught.value.field == ("center_loss_param", field)


def test_label_that_is_no_class() -> None:
    layer = make_layer("CenterLoss", "center_loss_param { num_output: 3 }", bottoms=2)
    with pytest.raises(DataError) as caught:
        run_layer(layer, [X, [0, 0, 3, 0]], [CENTERS])
    assert caught.value.message == "label 3 at (2,) is outside the 3 classes (0 to 2)"
