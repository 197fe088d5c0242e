"""Focal loss."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError
from netcc.testing import make_layer, run_layer
from netcc.types import Array

X = np.random.default_rng(7).uniform(-2, 2, (5, 3))
LABELS = np.array([0, 2, 1, 1, 0])


def loss(fields: str) -> float:
    layer = make_layer("FocalLoss", f"focal_loss_param {{ {fields} }}", bottoms=2)
    return float(run_layer(layer, [X, LABELS]).tops[0])


def chosen() -> Array:
    return (np.exp(X) / np.exp(X).sum(axis=1, keepdims=True))[np.arange(5), LABELS]


def test_places_that_are_right_count_little() -> None:
    p = chosen()
    assert loss("") == pytest.approx(-((1 - p) ** 2 * np.log(p)).mean())
    assert loss("gamma: 0.5 alpha: 0.25") == pytest.approx(-(0.25 * (1 - p) ** 0.5 * np.log(p)).mean())


def test_one_add_p() -> None:
    p = chosen()
    assert loss("type: ONEADDP gamma: 3 alpha: 2") == pytest.approx(-(2 * (1 + p) ** 3 * np.log(p)).mean())


def test_linear_is_the_same_as_origin() -> None:
    assert loss("type: LINEAR gamma: 1.5") == loss("gamma: 1.5")


def test_gamma_0_is_the_softmax_loss() -> None:
    result = run_layer(make_layer("SoftmaxWithLoss", bottoms=2), [X, LABELS], top_diffs=[1.0])
    layer = make_layer("FocalLoss", "focal_loss_param { gamma: 0 }", bottoms=2)
    focal = run_layer(layer, [X, LABELS], top_diffs=[1.0])
    assert focal.tops[0] == pytest.approx(result.tops[0])
    np.testing.assert_allclose(focal.bottom_diffs[0], result.bottom_diffs[0], rtol=1e-12)


def test_a_sure_place_has_neither_loss_nor_gradient() -> None:
    for fields in ("", "focal_loss_param { gamma: 0.5 }"):
        layer = make_layer("FocalLoss", fields, bottoms=2)
        result = run_layer(layer, [[[500.0, 0.0]], [0]], top_diffs=[1.0], dtype=np.float32)
        assert result.tops[0] == 0
        np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros((1, 2)))


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ("gamma: -1", "gamma must not be negative, not -1", "gamma"),
        ("gamma: nan", "gamma must not be negative, not nan", "gamma"),
        ("alpha: 0", "alpha must be positive, not 0", "alpha"),
    ],
)
def test_fields_that_make_no_sense(fields: str, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("FocalLoss", f"focal_loss_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message
    assert caught.value.field == ("focal_loss_param", field)
