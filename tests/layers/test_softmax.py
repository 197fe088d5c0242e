"""Softmax and the loss on it."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import DataError, LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array

MODES = {"FULL": 6, "VALID": 4, "BATCH_SIZE": 2, "NONE": 1}


def loss(x: Array, labels: Array, fields: str = "", **options: object) -> float:
    layer = make_layer("SoftmaxWithLoss", fields, bottoms=2)
    return float(run_layer(layer, [x, labels], **options).tops[0])  # type: ignore[arg-type]


def log_softmax(x: Array) -> Array:
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def test_probabilities_sum_to_one_on_the_axis() -> None:
    x = np.random.default_rng(0).uniform(-3, 3, (2, 3, 4))
    for axis in (0, 1, 2, -1):
        y = run_layer(make_layer("Softmax", f"softmax_param {{ axis: {axis} }}"), [x]).tops[0]
        np.testing.assert_allclose(y, np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True), rtol=1e-12)


def test_large_scores_do_not_overflow() -> None:
    y = run_layer(make_layer("Softmax"), [[[1000.0, 1000.0, -1000.0]]], dtype=np.float32).tops[0]
    np.testing.assert_array_equal(y, [[0.5, 0.5, 0]])


def test_axis_outside() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Softmax", "softmax_param { axis: 4 }").infer([(2, 4, 6, 6)], 1)
    assert caught.value.message == "axis 4 is outside a blob of 4 axes (allowed: -4 to 3)"
    assert caught.value.field == ("softmax_param", "axis")


@pytest.mark.parametrize(("mode", "divisor"), MODES.items())
def test_normalizations_with_an_ignored_label(mode: str, divisor: int) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (2, 4, 3))
    labels = np.array([[0, 2, 3], [2, 1, 3]])
    logs = np.take_along_axis(log_softmax(x), labels[:, None, :], axis=1)[:, 0]
    expected = -logs[labels != 2].sum() / divisor
    fields = f"loss_param {{ ignore_label: 2 normalization: {mode} }}"
    assert loss(x, labels, fields) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("fields", "divisor"),
    [
        ("", 6),
        ("normalize: true", 6),
        ("normalize: false", 2),
        ("normalize: false normalization: NONE", 1),
        ("normalize: true normalization: BATCH_SIZE", 2),
        ("normalize: false normalization: VALID", 6),
    ],
)
def test_old_normalize_means_batch_size_and_loses_to_normalization(fields: str, divisor: int) -> None:
    x, labels = np.zeros((2, 4, 3)), np.zeros((2, 3))
    expected = 6 * np.log(4) / divisor
    assert loss(x, labels, f"loss_param {{ {fields} }}") == pytest.approx(expected)


def test_nothing_counts() -> None:
    x, labels = np.ones((2, 3)), np.full(2, 7)
    layer = make_layer("SoftmaxWithLoss", "loss_param { ignore_label: 7 }", bottoms=2)
    result = run_layer(layer, [x, labels], top_diffs=[1.0])
    assert result.tops[0] == 0
    np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros((2, 3)))


def test_negative_ignored_label() -> None:
    assert loss(np.zeros((2, 3)), np.array([-1, 0]), "loss_param { ignore_label: -1 }") == pytest.approx(np.log(3))


def test_loss_is_at_most_that_of_the_smallest_float() -> None:
    assert loss(np.array([[0.0, 500.0]]), np.zeros(1), dtype=np.float32) == pytest.approx(87.3365, abs=1e-4)


def test_gradient_is_probability_less_one_at_the_label_and_zero_where_ignored() -> None:
    x = np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]])
    layer = make_layer("SoftmaxWithLoss", "loss_param { ignore_label: 2 }", bottoms=2)
    result = run_layer(layer, [x, np.array([1, 2])], top_diffs=[2.0])
    np.testing.assert_allclose(result.bottom_diffs[0], [[1, -1.5, 0.5], [0, 0, 0]], atol=1e-12)
    assert result.bottom_diffs[1] is None


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[0, 1, 2], [3, 1, 2]], "label 3 at (1, 0) is outside the 3 classes (0 to 2)"),
        ([[0, 1, 2], [0, 1, -1]], "label -1 at (1, 2) is outside the 3 classes (0 to 2)"),
        ([[0, 1, np.nan], [0, 1, 9]], "label nan at (0, 2) is outside the 3 classes (0 to 2)"),
    ],
)
def test_label_that_is_no_class(labels: list[list[float]], message: str) -> None:
    with pytest.raises(DataError) as caught:
        loss(np.zeros((2, 3, 3)), np.array(labels))
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 4), (4,)], "3 x 4 scores with classes on axis 1 need 3 labels, not 4"),
        ([(3, 4), (3, 2)], "3 x 4 scores with classes on axis 1 need 3 labels, not 3 x 2"),
        ([(2, 3, 4, 4), (2,)], "2 x 3 x 4 x 4 scores with classes on axis 1 need 32 labels, not 2"),
    ],
)
def test_labels_that_do_not_fit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SoftmaxWithLoss", bottoms=2).infer(shapes, 1)
    assert caught.value.message == message


def test_labels_get_no_gradient() -> None:
    layer = make_layer("SoftmaxWithLoss", bottoms=2)
    assert [layer.gradient_allowed(bottom) for bottom in (0, 1)] == [True, False]
    assert layer.is_loss


def test_metrics_have_no_backward() -> None:
    layer = make_layer("Accuracy", bottoms=2)
    result = run_layer(layer, [np.zeros((2, 3)), np.zeros(2)])
    with pytest.raises(LayerError) as caught:
        layer.backward(result.operands)
    assert caught.value.message == "Accuracy has no backward pass"
