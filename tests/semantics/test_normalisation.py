"""Rules of normalizing layers: what holds where the net says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.nets import input_layer, layer

import netcc
from netcc.testing import make_layer, run_layer


def test_running_statistics_keep_999_of_1000_unless_told() -> None:
    net = netcc.Net(input_layer("x", 2, 1) + layer("n", "BatchNorm", "x", "y"), netcc.TRAIN)
    net.forward(x=[[1], [3]])
    net.forward(x=[[1], [3]])
    mean, variance, factor = (float(blob.data[0]) for blob in net.params["n"])
    assert factor == pytest.approx(1.999)
    assert mean == pytest.approx(2 * 1.999)
    assert variance == pytest.approx(2 * 1.999)  # unbiased: 2, though the output is divided by the root of 1


def test_old_rates_of_batch_norm_become_zero() -> None:
    """Nets of its first months gave three `param` blocks, which Caffe's upgrade overrules."""
    rates = "param { lr_mult: 1 decay_mult: 1 } " * 3
    net = netcc.Net(input_layer("x", 2, 1) + layer("n", "BatchNorm", "x", "y", rates), netcc.TRAIN)
    assert [parameter.lr_mult for parameter in net.graph.parameters()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "x", "first"),
    [
        ("BatchNorm", [[math.sqrt(1e-5)], [-math.sqrt(1e-5)]], math.sqrt(0.5)),  # eps 1e-5 inside the root
        ("MVN", [[[[1e-9, -1e-9]]]], 0.5),  # eps 1e-9 outside
        ("Normalize", [[[[1e-5, 0.0]]]], math.sqrt(0.5)),  # eps 1e-10 inside
    ],
)
def test_eps_of_each_normalization(kind: str, x: list[object], first: float) -> None:
    parameters = {"BatchNorm": [[0], [0], [0]], "MVN": [], "Normalize": [1]}[kind]
    y = run_layer(make_layer(kind), [np.array(x)], parameters).tops[0]
    assert y.reshape(-1)[0] == pytest.approx(first)


def test_normalize_joins_all_places_and_has_one_scale_unless_told() -> None:
    y = run_layer(make_layer("Normalize"), [np.ones((1, 2, 2))], [6]).tops[0]
    np.testing.assert_allclose(y, np.full((1, 2, 2), 3))


def test_channels_are_normalized_apart_and_to_unit_variance_unless_told() -> None:
    x = np.array([[[[1.0, 3.0]], [[10.0, 50.0]]]])
    np.testing.assert_allclose(run_layer(make_layer("MVN"), [x]).tops[0].reshape(-1), [-1, 1, -1, 1], rtol=1e-6)


def test_lrn_defaults() -> None:
    """Five channels, alpha 1, beta 0.75, k 1."""
    y = run_layer(make_layer("LRN"), [np.ones((1, 5, 1, 1))]).tops[0].reshape(-1)
    np.testing.assert_allclose(y, (1 + np.array([3, 4, 5, 4, 3]) / 5) ** -0.75)


def test_dropout_drops_half_unless_told() -> None:
    y = run_layer(make_layer("Dropout"), [np.ones((100, 100))]).tops[0]
    assert set(np.unique(y)) == {0, 2}
    assert np.mean(y == 0) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("kind", ["Exp", "Log"])
def test_a_base_of_minus_one_is_e(kind: str) -> None:
    fields = f"{kind.lower()}_param {{ base: -1 scale: 2 shift: 3 }}"
    expected = math.exp(5) if kind == "Exp" else math.log(5)
    assert run_layer(make_layer(kind, fields), [[1.0]]).tops[0] == pytest.approx(expected)
