"""Activations at their corners."""

from __future__ import annotations

import numpy as np

from netcc.testing import make_layer, run_layer


def test_relu_gradient_at_zero_is_that_of_the_negative_side() -> None:
    x, dy = np.array([-2.0, 0.0, 3.0]), np.array([10.0, 10.0, 10.0])
    plain = run_layer(make_layer("ReLU"), [x], top_diffs=[dy])
    np.testing.assert_array_equal(plain.tops[0], [0, 0, 3])
    np.testing.assert_array_equal(plain.bottom_diffs[0], [0, 0, 10])
    leaky = run_layer(make_layer("ReLU", "relu_param { negative_slope: 0.5 }"), [x], top_diffs=[dy])
    np.testing.assert_array_equal(leaky.tops[0], [-1, 0, 3])
    np.testing.assert_array_equal(leaky.bottom_diffs[0], [5, 5, 10])


def test_relu_passes_nan_on() -> None:
    assert np.isnan(run_layer(make_layer("ReLU"), [np.array([np.nan])]).tops[0]).all()


def test_sigmoid_and_tanh_do_not_overflow() -> None:
    x = np.array([-1e4, -1.0, 0.0, 1.0, 1e4])
    sigmoid = run_layer(make_layer("Sigmoid"), [x], dtype=np.float32).tops[0]
    np.testing.assert_allclose(sigmoid, [0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1], rtol=1e-6)
    tanh = run_layer(make_layer("TanH"), [x], dtype=np.float32).tops[0]
    np.testing.assert_allclose(tanh, np.tanh(x), rtol=1e-6)
