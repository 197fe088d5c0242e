"""What forks add to the softmax loss: fixed divisors, class weights, losses of single places."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array

X = np.random.default_rng(5).uniform(-1, 1, (2, 3, 4))
LABELS = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
WEIGHTED = "loss_param { weight_by_label_freqs: true class_weighting: 0.5 class_weighting: 2 class_weighting: 4 }"


def probabilities() -> Array:
    return np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)


def at_labels(values: Array) -> Array:
    return np.take_along_axis(values, LABELS[:, None, :], axis=1)[:, 0]


def run(fields: str = "", type_name: str = "SoftmaxWithLoss", tops: int = 1) -> Result:
    layer = make_layer(type_name, fields, bottoms=2, tops=tops)
    diffs = [1.0, np.zeros(X.shape), np.zeros(LABELS.shape)][:tops]
    return run_layer(layer, [X, LABELS], top_diffs=diffs, tops=tops)


@pytest.mark.parametrize("type_name", ["SoftmaxWithLoss", "SoftmaxWithLossOHEM", "FocalLoss"])
@pytest.mark.parametrize(("given", "divisor"), [(2.5, 2.5), (0.25, 1), (-3, 1)])
def test_pre_fixed_divides_by_the_given_number_if_it_is_at_least_1(
    type_name: str, given: float, divisor: float
) -> None:
    whole = run("loss_param { normalization: NONE }", type_name)
    part = run(f"loss_param {{ normalization: PRE_FIXED pre_fixed_normalizer: {given} }}", type_name)
    assert part.tops[0] == pytest.approx(whole.tops[0] / divisor)
    np.testing.assert_allclose(part.bottom_diffs[0], whole.bottom_diffs[0] / divisor)


def test_pre_fixed_divides_by_1_where_no_number_is_given() -> None:
    assert run("loss_param { normalization: PRE_FIXED }").tops[0] == run("loss_param { normalization: NONE }").tops[0]


def test_a_fixed_divisor_without_pre_fixed_is_not_read() -> None:
    assert run("loss_param { pre_fixed_normalizer: 100 }").tops[0] == run().tops[0]


def test_class_weights_multiply_the_loss_and_the_gradient_but_not_the_divisor() -> None:
    weights = np.array([0.5, 2, 4])[LABELS]
    result = run(WEIGHTED)
    assert result.tops[0] == pytest.approx((weights * -np.log(at_labels(probabilities()))).sum() / 8)
    one_hot = np.arange(3)[None, :, None] == LABELS[:, None, :]
    expected = (probabilities() - one_hot) * weights[:, None, :] / 8
    np.testing.assert_allclose(result.bottom_diffs[0], expected, rtol=1e-12)


def test_class_weights_are_read_only_when_asked_for() -> None:
    assert run("loss_param { class_weighting: 7 }").tops[0] == run().tops[0]


def test_weight_of_an_ignored_label_does_not_matter() -> None:
    result = run(WEIGHTED.replace("}", "ignore_label: 1 }"))
    weights = np.array([0.5, 0, 4])[LABELS]
    assert result.tops[0] == pytest.approx((weights * -np.log(at_labels(probabilities()))).sum() / 5)
    assert result.bottom_diffs[0] is not None
    np.testing.assert_array_equal(result.bottom_diffs[0].transpose(0, 2, 1)[LABELS == 1], np.zeros((3, 3)))


def test_further_tops_are_the_probabilities_and_the_loss_of_each_place() -> None:
    tops = run("loss_param { ignore_label: 1 }", "SoftmaxWithLossOHEM", tops=3).tops
    expected = np.where(LABELS == 1, 0, -np.log(at_labels(probabilities())))
    np.testing.assert_allclose(tops[1], probabilities(), rtol=1e-12)
    np.testing.assert_allclose(tops[2], expected, rtol=1e-12)
    assert tops[0] == pytest.approx(expected.sum() / 5)


def test_losses_of_places_have_the_shape_of_the_labels() -> None:
    layer = make_layer("SoftmaxWithLossOHEM", bottoms=2, tops=3)
    assert layer.infer([(6, 3), (6, 1, 1, 1)], 3).tops == ((), (6, 3), (6, 1, 1, 1))


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        (
            "weight_by_label_freqs: true",
            "weight_by_label_freqs needs class_weighting, once for each class",
            "weight_by_label_freqs",
        ),
        ("label_smoothing: 0.1", "label_smoothing is not supported", "label_smoothing"),
    ],
)
def test_fields_that_make_no_sense(fields: str, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("SoftmaxWithLoss", f"loss_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message
    assert caught.value.field == ("loss_param", field)


def test_as_many_weights_as_classes() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SoftmaxWithLoss", WEIGHTED, bottoms=2).infer([(2, 5), (2,)], 1)
    assert caught.value.message == "class_weighting is given 3 times for 5 classes"
    assert caught.value.field == ("loss_param", "class_weighting")


def test_first_axes_agree() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SoftmaxWithLoss", bottoms=2).infer([(2, 5, 3), (3, 2)], 1)
    assert caught.value.message == (
        "the bottoms of a loss hold the same number of items on their first axis, not 2 x 5 x 3 and 3 x 2"
    )
    assert caught.value.field == ("bottom", "1")


def test_one_top_as_in_caffe() -> None:
    assert not make_layer("SoftmaxWithLoss", bottoms=2).tops.allows(2)
