"""Inner products with an angular margin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcc.errors import LayerError
from netcc.layers.base import Layer
from netcc.testing import Result, make_layer, run_layer

MULTIPLES = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}
ANGLES = np.linspace(0.05, math.pi - 0.05, 40)
"""None of them on a joint of psi."""

FEATURES = np.stack([2 * np.cos(ANGLES), 2 * np.sin(ANGLES)], axis=1)
WEIGHTS = np.array([[3.0, 0.0], [0.0, 0.5]])
LABELS = np.zeros(len(ANGLES))


def layer_of(margin: str, fields: str = "base: 0") -> Layer:
    text = f"margin_inner_product_param {{ num_output: 2 type: {margin} {fields} }}"
    return make_layer("MarginInnerProduct", text, bottoms=2, tops=2)


def run(margin: str, fields: str = "base: 0") -> Result:
    diffs = np.zeros((len(ANGLES), 2))
    diffs[:, 0] = 1
    return run_layer(layer_of(margin, fields), [FEATURES, LABELS], [WEIGHTS], [diffs, [0.0]], tops=2)


@pytest.mark.parametrize("margin", MULTIPLES)
def test_scores_at_the_label_fall_with_the_multiple_of_the_angle(margin: str) -> None:
    multiple = MULTIPLES[margin]
    branch = np.floor(ANGLES * multiple / math.pi)
    expected = (-1) ** branch * np.cos(multiple * ANGLES) - 2 * branch
    scores = run(margin).tops[0]
    np.testing.assert_allclose(scores[:, 0], 2 * expected, atol=1e-12)
    np.testing.assert_allclose(scores[:, 1], FEATURES[:, 1], atol=1e-12)
    assert (np.diff(scores[:, 0]) < 0).all()


def test_lambda_mixes_the_plain_score_in() -> None:
    plain, turned = run("SINGLE").tops[0][:, 0], run("DOUBLE").tops[0][:, 0]
    scores, share = run("DOUBLE", "base: 9 gamma: 2 power: 0.5 iteration: 3").tops
    expected = 9 * (1 + 2 * 4) ** -0.5
    np.testing.assert_allclose(share, [expected])
    np.testing.assert_allclose(scores[:, 0], (expected * plain + turned) / (1 + expected), atol=1e-12)


def test_lambda_falls_from_pass_to_pass_down_to_its_least() -> None:
    layer = layer_of("DOUBLE", "base: 8 gamma: 1 lambda_min: 1.7")
    result = run_layer(layer, [FEATURES, LABELS], [WEIGHTS], tops=2)
    shares = [float(result.tops[1][0])]
    for _ in range(3):
        layer.forward(result.operands)
        shares.append(float(result.tops[1][0]))
    assert shares == pytest.approx([4, 8 / 3, 2, 1.7])


@pytest.mark.parametrize("margin", ["DOUBLE", "TRIPLE", "QUADRUPLE"])
def test_gradient_of_the_feature_is_the_derivative_with_factors_of_length_1(margin: str) -> None:
    """The derivative is f w + g x; the forks divide f and g by the length of (f, g)."""
    step, found = 1e-6, run(margin).bottom_diffs[0]
    assert found is not None
    derivative = np.empty_like(FEATURES)
    for axis in (0, 1):
        move = np.zeros(2)
        move[axis] = step
        above, below = (
            run_layer(layer_of(margin), [FEATURES + s * move, LABELS], [WEIGHTS], tops=2).tops[0] for s in (1, -1)
        )
        derivative[:, axis] = (above - below)[:, 0] / (2 * step)
    of_feature = derivative[:, 1] / FEATURES[:, 1]
    of_weights = derivative[:, 0] - of_feature * FEATURES[:, 0]
    expected = derivative / np.hypot(of_weights, of_feature)[:, None]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_gradient_of_the_weights_is_across_them() -> None:
    diff = run("QUADRUPLE").parameter_diffs[0]
    assert diff is not None
    np.testing.assert_allclose(diff[0], [0, FEATURES[:, 1].sum() / 3], atol=1e-12)


def test_labels_get_no_gradient() -> None:
    layer = layer_of("SINGLE")
    assert [layer.gradient_allowed(bottom) for bottom in (0, 1)] == [True, False]


def test_number_of_classes_is_needed() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("MarginInnerProduct", bottoms=2)
    assert caught.value.message == "MarginInnerProduct needs num_output"
    assert caught.value.field == ("margin_inner_product_param", "num_output")
