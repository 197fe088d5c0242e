"""Dropout."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError
from netcc.testing import make_layer, run_layer
from netcc.types import TEST


def test_drops_a_share_and_scales_the_rest() -> None:
    layer = make_layer("Dropout", "dropout_param { dropout_ratio: 0.8 }")
    result = run_layer(layer, [np.ones((100, 1000))], top_diffs=[np.ones((100, 1000))])
    y = result.tops[0]
    assert set(np.round(np.unique(y), 5)) == {0, 5}
    assert np.mean(y == 0) == pytest.approx(0.8, abs=0.005)
    np.testing.assert_array_equal(result.bottom_diffs[0], y)


def test_a_seed_drops_the_same_numbers_in_both_precisions() -> None:
    layer = make_layer("Dropout")
    kept = [run_layer(layer, [np.ones((20, 30))], dtype=dtype, seed=5).tops[0] != 0 for dtype in (np.float32, float)]
    np.testing.assert_array_equal(*kept)
    other = run_layer(layer, [np.ones((20, 30))], seed=6).tops[0] != 0
    assert (other != kept[0]).any()


def test_every_pass_draws_anew() -> None:
    layer = make_layer("Dropout")
    result = run_layer(layer, [np.ones((20, 30))])
    first = result.tops[0].copy()
    layer.forward(result.operands)
    assert (result.tops[0] != first).any()


def test_does_nothing_in_the_test_phase() -> None:
    layer = make_layer("Dropout", "dropout_param { dropout_ratio: 0.7 }", phase=TEST)
    x = np.random.default_rng(0).uniform(size=(4, 5))
    result = run_layer(layer, [x], top_diffs=[x + 1])
    np.testing.assert_array_equal(result.tops[0], x)
    np.testing.assert_array_equal(result.bottom_diffs[0], x + 1)
    assert result.signature.saved == result.signature.scratch == ()


@pytest.mark.parametrize("ratio", ["1", "-0.1", "1.5", "nan"])
def test_refused_ratios(ratio: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Dropout", f"dropout_param {{ dropout_ratio: {ratio} }}")
    assert caught.value.message == f"dropout_ratio must be at least 0 and below 1, not {ratio}"
    assert caught.value.field == ("dropout_param", "dropout_ratio")
